"""Folders, installed distributions and the standard library as sources."""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from python_slm.errors import CorpusError
from python_slm_training.collect import licences
from python_slm_training.collect.files import MAX_BYTES, PROJECT_FILES, LicenceMap, Origin, is_read, records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from python_slm_training.collect.record import Record

_SKIPPED_FOLDERS = {".git", ".hg", ".tox", ".venv", "venv", "node_modules", "__pycache__", "site-packages"}


@dataclass(frozen=True)
class FolderSource:
    """Files below ``root``. ``files`` are relative POSIX paths; ``revision`` changes when they do."""

    kind: str
    root: Path
    repo: str
    revision: str
    files: tuple[str, ...]
    licence: str = licences.UNKNOWN

    def records(self, collected_at: str) -> Iterator[Record]:
        """Every Python file of at most MAX_BYTES."""
        modified = max((self._modified(path) for path in self.files), default=0.0)
        at = datetime.fromtimestamp(modified, UTC).isoformat(timespec="seconds")
        origin = Origin(self.kind, self.repo, self.revision, collected_at, at, self.licence)
        python = [path for path in self.files if path.endswith(".py")]
        others = (path for path in self.files if not path.endswith(".py") or path in PROJECT_FILES)
        known = self.licence != licences.UNKNOWN
        cover = LicenceMap(self.licence) if known else LicenceMap.of(others, self._text)
        yield from records(origin, ((path, data) for path in python if (data := self._read(path)) is not None), cover)

    def _modified(self, path: str) -> float:
        try:
            return (self.root / path).stat().st_mtime
        except OSError:
            return 0.0

    def _read(self, path: str) -> bytes | None:
        file = self.root / path
        try:
            if file.is_symlink() or file.stat().st_size > MAX_BYTES:
                return None
            return file.read_bytes()
        except OSError:
            return None

    def _text(self, path: str) -> str | None:
        data = self._read(path)
        return None if data is None else data.decode("utf-8", "replace")


def folder(root: Path) -> FolderSource:
    """A folder of one's own code; its revision is a digest of paths, sizes and times. Raises CorpusError if absent."""
    if not root.is_dir():
        raise CorpusError(f"{root}: no such folder; name one that holds Python files")
    files = tuple(walk(root))
    return FolderSource("folder", root, root.resolve().name, digest(root, files), files)


def standard_library() -> FolderSource:
    """The standard library of the running interpreter."""
    root = Path(sysconfig.get_path("stdlib"))
    revision = ".".join(map(str, sys.version_info[:3]))
    return FolderSource("stdlib", root, "python/cpython", revision, tuple(walk(root)), "PSF-2.0")


def distributions() -> Iterator[FolderSource]:
    """Every distribution installed beside the running interpreter, by name; editable installs have no files here."""
    found = {str(each.metadata["Name"]): each for each in metadata.distributions() if each.metadata["Name"]}
    for name in sorted(found, key=str.lower):
        each = found[name]
        root = Path(str(each.locate_file("")))
        paths = (str(path).replace("\\", "/") for path in each.files or ())
        files = tuple(sorted(path for path in paths if not path.startswith(("..", "/"))))
        if any(path.endswith(".py") for path in files):
            yield FolderSource("installed", root, name, each.version, files, _declared(each, root, files))


def _declared(each: metadata.Distribution, root: Path, files: Iterable[str]) -> str:
    fields = each.metadata
    for names in (
        fields.get_all("License-Expression") or [],
        [text.removeprefix("License :: ").removeprefix("OSI Approved :: ") for text in _classifiers(fields)],
        [text for text in fields.get_all("License") or [] if "\n" not in text],
    ):
        licence = licences.of_names(names)
        if licence != licences.UNKNOWN:
            return licence
    texts = [root / path for path in files if ".dist-info/" in path and licences.is_licence_file(path)]
    found = [licences.of_text(path.read_text("utf-8", "replace")) for path in texts if path.is_file()]
    return licences.joined(name for name in found if name != licences.UNKNOWN)


def _classifiers(fields: metadata.PackageMetadata) -> list[str]:
    return [text for text in fields.get_all("Classifier") or [] if text.startswith("License :: ")]


def walk(root: Path, wanted: Callable[[str], bool] = is_read) -> Iterator[str]:
    """Paths below ``root`` that are ``wanted``, sorted, without environments and caches."""
    for where, folders, names in os.walk(root):  # Path.walk is newer than Python 3.11
        folders[:] = sorted(name for name in folders if name not in _SKIPPED_FOLDERS)
        for name in sorted(names):
            relative = (Path(where) / name).relative_to(root).as_posix()
            if wanted(relative):
                yield relative


def digest(root: Path, files: Iterable[str]) -> str:
    """Changes when the path, size or time of a file does."""
    found = hashlib.sha256()
    for path in files:
        stat = (root / path).stat()
        found.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
    return found.hexdigest()
