"""Source archives read in memory: nothing is unpacked on the disk, so nothing can be written outside a folder.

What an archive from a stranger may try: paths that leave the folder, links, a small file that unpacks to gigabytes,
millions of members. Paths and sizes are checked against limits while the archive is read; links are not followed.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import stat
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, cast

from python_slm.errors import SourceError
from python_slm_training.collect.files import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_OPENERS = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\0", lzma.open))
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError)


@dataclass(frozen=True)
class Limits:
    """Above these an archive is refused: bytes of all members unpacked, and their number."""

    unpacked_bytes: int = 500_000_000
    members: int = 100_000


def read_archive(path: Path, wanted: Callable[[str], bool], limits: Limits | None = None) -> dict[str, bytes]:
    """Regular files of a tar (plain, gz, bz2, xz) or zip by their path below its top folder.

    ``wanted`` takes such a path; files above MAX_BYTES are left out. Raises SourceError if the archive is damaged,
    beyond ``limits``, or holds a path that leaves its folder.
    """
    limits = limits or Limits()
    found: dict[str, bytes] = {}
    try:
        reading = _zip_members(path, limits) if zipfile.is_zipfile(path) else _tar_members(path, limits)
        for count, (name, size, read) in enumerate(reading):
            if count >= limits.members:
                raise SourceError(f"{path.name}: more than {limits.members} members; refused")
            inner = _below_top(path, name)
            if size <= MAX_BYTES and wanted(inner):
                found[inner] = read()
    except _DAMAGED as error:
        raise SourceError(f"{path.name}: a damaged archive ({type(error).__name__}); fetch it again") from error
    return found


def _below_top(archive: Path, name: str) -> str:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if ".." in parts or (parts and (parts[0] == "/" or ":" in parts[0])):
        raise SourceError(f"{archive.name}: the path {name!r} leaves the archive's folder; refused")
    return "/".join(parts[1:]) or name


@dataclass
class _Counted:
    """A stream that fails when more than ``left`` bytes are read from it."""

    file: IO[bytes]
    name: str
    left: int

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size if 0 <= size <= self.left else self.left + 1)
        self.left -= len(data)
        if self.left < 0:
            raise SourceError(f"{self.name}: unpacks to more than the limit allows; refused")
        return data


def _tar_members(path: Path, limits: Limits) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
    with path.open("rb") as file:
        magic = file.read(6)
        file.seek(0)
        opener = next((opener for start, opener in _OPENERS if magic.startswith(start)), None)
        with cast("IO[bytes]", opener(file)) if opener else file as plain:
            # Counting below tarfile bounds its headers too, whose sizes the archive chooses.
            counted = cast("IO[bytes]", _Counted(plain, path.name, limits.unpacked_bytes))
            with tarfile.open(fileobj=counted, mode="r|") as archive:
                for member in archive:
                    if member.isreg():
                        yield member.name, member.size, partial(_content, archive, member)


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    assert file is not None  # regular
    return file.read()


def _zip_members(path: Path, limits: Limits) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > limits.unpacked_bytes:
            raise SourceError(f"{path.name}: unpacks to more than the limit allows; refused")
        for member in members:
            is_link = stat.S_ISLNK(member.external_attr >> 16)  # its upper half is st_mode
            if not member.is_dir() and not is_link:
                yield member.filename, member.file_size, partial(archive.read, member)
