"""Git repositories, bare or not, read at HEAD without a work tree: one ``ls-tree``, one ``cat-file --batch``."""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from python_slm.errors import CorpusError
from python_slm_training.collect.files import MAX_BYTES, PROJECT_FILES, LicenceMap, Origin, is_read, records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from python_slm_training.collect.record import Record

_REGULAR = {"100644", "100755"}  # neither symbolic links (120000) nor submodules (160000)
_REMOTE = re.compile(r"[/:]([^/:]+/[^/]+?)(?:\.git)?/?$")
_SEARCH_DEPTH = 3


def repositories(path: Path, depth: int = _SEARCH_DEPTH) -> list[Path]:
    """Git directories at ``path`` or below it: ``path``, ``path/.git``, or those of the folders inside."""
    if (path / "HEAD").is_file() and (path / "objects").is_dir():
        return [path]
    if (path / ".git").is_dir():
        return [path / ".git"]
    if depth == 0 or not path.is_dir():
        return []
    return [found for child in sorted(path.iterdir()) if child.is_dir() for found in repositories(child, depth - 1)]


@dataclass(frozen=True)
class GitSource:
    """A repository as a source. ``repo`` is owner/name from its remote, or else the name of its folder."""

    git_dir: Path
    repo: str
    revision: str
    committed_at: str
    kind: str = "git"

    @classmethod
    def of(cls, git_dir: Path) -> Self:
        """Raises CorpusError if HEAD cannot be read."""
        try:
            revision, committed_at = _git(git_dir, "log", "-1", "--format=%H %cI", "HEAD").split()
        except (subprocess.CalledProcessError, ValueError) as error:
            raise CorpusError(f"{git_dir}: HEAD cannot be read; is it a git directory with a commit?") from error
        return cls(git_dir, _name(git_dir), revision, committed_at)

    def records(self, collected_at: str) -> Iterator[Record]:
        """Every Python file of at most MAX_BYTES at HEAD; blobs that are missing are left out."""
        files = dict(blobs(self.git_dir, is_read))
        with batch(self.git_dir) as objects:
            cover = _cover(files, objects)
            origin = Origin(self.kind, self.repo, self.revision, collected_at, self.committed_at)
            python = ((path, objects.read(sha)) for path, sha in files.items() if path.endswith(".py"))
            yield from records(origin, ((path, data) for path, data in python if data is not None), cover)

    def cover(self) -> LicenceMap:
        """Which licence covers which path at HEAD."""
        with batch(self.git_dir) as objects:
            return _cover(dict(blobs(self.git_dir, is_read)), objects)


def blobs(git_dir: Path, wanted: Callable[[str], bool], max_bytes: int = MAX_BYTES) -> Iterator[tuple[str, str]]:
    """Path and id of the regular files at HEAD of at most ``max_bytes`` whose path is ``wanted``."""
    for entry in _git(git_dir, "ls-tree", "-r", "-z", "--long", "HEAD").split("\0"):
        head, _, path = entry.partition("\t")
        mode, _, sha, size = head.split() if head else ("", "", "", "")
        if mode in _REGULAR and size.isdigit() and int(size) <= max_bytes and wanted(path):
            yield path, sha


def _cover(files: dict[str, str], objects: Objects) -> LicenceMap:
    def read(path: str) -> str | None:
        data = objects.read(files[path])
        return None if data is None else data.decode("utf-8", "replace")

    return LicenceMap.of((path for path in files if not path.endswith(".py") or path in PROJECT_FILES), read)


@dataclass(frozen=True)
class Objects:
    """A running ``git cat-file --batch``."""

    process: subprocess.Popen[bytes]

    def read(self, sha: str) -> bytes | None:
        """Content of a blob; None if the repository lacks it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(sha.encode() + b"\n")
        self.process.stdin.flush()
        header = self.process.stdout.readline().split()
        if len(header) != 3:  # noqa: PLR2004  # "<sha> missing"
            return None
        data = self.process.stdout.read(int(header[2]))
        self.process.stdout.read(1)
        return data


@contextmanager
def batch(git_dir: Path) -> Iterator[Objects]:
    """Blobs of a repository by id, from one process."""
    command = ["git", f"--git-dir={git_dir}", "cat-file", "--batch"]
    with subprocess.Popen(  # noqa: S603  # fixed program, our own arguments
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment()
    ) as process:
        try:
            yield Objects(process)
        finally:
            process.kill()


def _git(git_dir: Path, *arguments: str) -> str:
    command = ["git", f"--git-dir={git_dir}", *arguments]
    result = subprocess.run(command, check=True, capture_output=True, env=environment())  # noqa: S603  # as above
    return result.stdout.decode("utf-8", "surrogateescape")


def environment() -> dict[str, str]:
    """For git: no fetch of what a partial clone lacks, no locks, messages in English."""
    return {**os.environ, "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}


def _name(git_dir: Path) -> str:
    try:
        remote = _git(git_dir, "config", "--get", "remote.origin.url").strip()
    except subprocess.CalledProcessError:
        remote = ""
    match = _REMOTE.search(remote)
    if match:
        return match[1]
    parts = [part for part in git_dir.absolute().parts if part not in {".git", "repo"}]
    return parts[-1].removesuffix(".git").replace("+", "/")
