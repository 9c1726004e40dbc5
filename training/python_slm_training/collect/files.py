"""From raw bytes of a source tree to records: which files count, how they are decoded, which licence covers them."""

from __future__ import annotations

import io
import tokenize
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from python_slm_training.collect import licences
from python_slm_training.collect.record import PYTHON, Metadata, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

MAX_BYTES = 1_000_000  # a Python file above this is data
PROJECT_FILES = ("pyproject.toml", "setup.cfg", "setup.py")


@dataclass(frozen=True)
class Origin:
    """What all files of one source share. ``licence`` covers files that no licence file or header covers.

    ``extra`` is as in ``Metadata``.
    """

    source: str
    repo: str
    revision: str
    collected_at: str
    modified_at: str | None = None
    licence: str = licences.UNKNOWN
    extra: Mapping[str, Any] = field(default_factory=dict)

    def record(self, path: str, text: str, licence: str, content: str = PYTHON) -> Record:
        """One file of the source; ``licence`` may be unknown."""
        return Record(
            text=text,
            id=f"{self.repo}@{self.revision[:12]}:{path}",
            metadata=Metadata(
                source=self.source,
                repo=self.repo,
                path=path,
                revision=self.revision,
                licence=licence if licence != licences.UNKNOWN else self.licence,
                collected_at=self.collected_at,
                modified_at=self.modified_at,
                content=content,
                extra=self.extra,
            ),
        )


@dataclass
class LicenceMap:
    """Licences by folder: a file is under the nearest licence text above it."""

    project: str = licences.UNKNOWN
    by_folder: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, paths: Iterable[str], read: Callable[[str], str | None]) -> LicenceMap:
        """Read every licence text among ``paths``, then the project files at the top for what is still unknown."""
        found: dict[str, list[str]] = {}
        known = sorted(paths)
        for path in known:
            text = read(path) if licences.is_licence_file(path) else None
            name = licences.of_text(text) if text else licences.UNKNOWN
            if name != licences.UNKNOWN:
                found.setdefault(_covered_folder(path), []).append(name)
        by_folder = {folder: licences.joined(names) for folder, names in found.items()}
        project = licences.UNKNOWN
        for path in PROJECT_FILES:
            if path in known and project == licences.UNKNOWN:
                project = licences.of_project_file(read(path) or "")
        return cls(project, by_folder)

    def of_file(self, path: str, text: str) -> str:
        """Its own SPDX header, else the nearest licence text above it, else what the project declares."""
        header = licences.of_header(text)
        if header != licences.UNKNOWN:
            return header
        for folder in PurePosixPath(path).parents:
            if str(folder) in self.by_folder:
                return self.by_folder[str(folder)]
        return self.project


def _covered_folder(path: str) -> str:
    folder = PurePosixPath(path).parent
    return str(folder.parent if folder.name.lower() in {"licenses", "licences", "license"} else folder)


def decoded(data: bytes) -> str | None:
    r"""Python source as text with ``\\n`` line ends, by its PEP 263 encoding; None if it is not text."""
    if b"\0" in data:
        return None
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_read(path: str) -> bool:
    """Whether a file of a source tree is of any use: Python, a project file at the top, or a licence text."""
    return path.endswith(".py") or path in PROJECT_FILES or licences.is_licence_file(path)


def of_tree(origin: Origin, files: Mapping[str, bytes]) -> Iterator[Record]:
    """Records of a whole source tree in memory, by path, with what it says about licences."""

    def read(path: str) -> str:
        return files[path].decode("utf-8", "replace")

    cover = LicenceMap.of((path for path in files if not path.endswith(".py") or path in PROJECT_FILES), read)
    python = ((path, data) for path, data in files.items() if path.endswith(".py"))
    yield from records(origin, python, cover)


def records(origin: Origin, files: Iterable[tuple[str, bytes]], cover: LicenceMap) -> Iterator[Record]:
    """A record for every ``(path, data)`` that decodes."""
    for path, data in files:
        text = decoded(data)
        if text is None:
            continue
        yield origin.record(path, text, cover.of_file(path, text))
