"""From raw bytes of a source tree to records: which files count, how they are decoded, which licence covers them."""

from __future__ import annotations

import io
import tokenize
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from python_slm_training.collect import licences
from python_slm_training.collect.record import Metadata, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MAX_BYTES = 1_000_000  # a Python file above this is data
PROJECT_FILES = ("pyproject.toml", "setup.cfg", "setup.py")


@dataclass(frozen=True)
class Origin:
    """What all files of one source share. ``licence`` covers files that no licence file or header covers."""

    source: str
    repo: str
    revision: str
    collected_at: str
    modified_at: str | None = None
    licence: str = licences.UNKNOWN


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


def records(origin: Origin, files: Iterable[tuple[str, bytes]], cover: LicenceMap) -> Iterator[Record]:
    """A record for every ``(path, data)`` that decodes."""
    for path, data in files:
        text = decoded(data)
        if text is None:
            continue
        licence = cover.of_file(path, text)
        yield Record(
            text=text,
            id=f"{origin.repo}@{origin.revision[:12]}:{path}",
            metadata=Metadata(
                source=origin.source,
                repo=origin.repo,
                path=path,
                revision=origin.revision,
                licence=licence if licence != licences.UNKNOWN else origin.licence,
                collected_at=origin.collected_at,
                modified_at=origin.modified_at,
            ),
        )
