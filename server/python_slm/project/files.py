"""Which files of a workspace folder belong to the project: what git knows and does not ignore, else a walk.

Read from disk alone; nothing is imported or run but ``git ls-files``, without the hooks that a folder may bring.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from python_slm.project.secret import holds_key, is_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SUFFIXES = (".py", ".pyi")
MOST_FILE_BYTES = 1_000_000
"""Larger files are data."""
SKIPPED = frozenset({"__pycache__", "build", "dist", "env", "node_modules", "site-packages", "venv"})
"""Folders that hold what was installed or built; so do hidden ones and those with a ``pyvenv.cfg``."""
_GIT_SECONDS = 10
_GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")


@dataclass(frozen=True)
class ProjectFile:
    """A source file: ``path`` on disk, ``name`` relative to the workspace folder with forward slashes."""

    path: Path
    name: str
    mtime_ns: int
    size: int

    def text(self) -> str | None:
        """What it says, its lines ended by newlines alone; None when it went away, is not UTF-8 text or holds a key."""
        try:
            data = self.path.read_bytes()
        except OSError:
            return None
        if len(data) > MOST_FILE_BYTES or b"\0" in data:
            return None
        try:
            text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            return None
        return None if holds_key(text) else text


def source_files(
    folder: Path,
    *,
    most_bytes: int,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[ProjectFile]:
    """Python files below ``folder``, the newest first, at most ``most_bytes`` of them together.

    No files for secrets, nothing through a link out of the folder, no folders that were generated or installed. Empty
    when cancelled or when the folder is not there.
    """
    root = folder.resolve()
    found: list[ProjectFile] = []
    for name in _names(root):
        if cancelled():
            return []
        if not is_secret(name) and (file := _file(root, name)):
            found.append(file)
    found.sort(key=lambda file: (-file.mtime_ns, file.name))
    return _within(found, most_bytes)


def _names(root: Path) -> Iterator[str]:
    listed = _git_names(root)
    if not listed and not (root / ".git").exists():  # no repository, or one around the folder that ignores it whole
        yield from _walked_names(root)
        return
    for name in listed:
        if name.endswith(SUFFIXES) and SKIPPED.isdisjoint(name.split("/")[:-1]):
            yield name


def _git_names(root: Path) -> list[str]:
    """Tracked files and new ones that are not ignored; none where git or a repository is missing."""
    asked = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *(f"*{end}" for end in SUFFIXES)]
    try:
        done = subprocess.run(  # noqa: S603 - our words
            [*_GIT, "-C", str(root), *asked],
            capture_output=True,
            check=True,
            timeout=_GIT_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return list(dict.fromkeys(os.fsdecode(done.stdout).split("\0")[:-1]))


def _walked_names(root: Path) -> Iterator[str]:
    for folder, subfolders, files in os.walk(root):
        here = Path(folder)
        subfolders[:] = [
            name
            for name in subfolders
            if name not in SKIPPED and not name.startswith(".") and not (here / name / "pyvenv.cfg").exists()
        ]
        for name in files:
            if name.endswith(SUFFIXES):
                yield (here / name).relative_to(root).as_posix()


def _file(root: Path, name: str) -> ProjectFile | None:
    path = root / name
    try:
        status = path.stat()
        if path.resolve() != path and not path.resolve().is_relative_to(root):
            return None
    except OSError:
        return None
    if not path.is_file() or not 0 < status.st_size <= MOST_FILE_BYTES:
        return None
    return ProjectFile(path, name, status.st_mtime_ns, status.st_size)


def _within(files: list[ProjectFile], most_bytes: int) -> list[ProjectFile]:
    kept = []
    for file in files:
        if file.size <= most_bytes:
            kept.append(file)
            most_bytes -= file.size
    return kept
