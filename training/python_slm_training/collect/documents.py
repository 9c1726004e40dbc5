"""Documentation in files as prose: .rst, .md, .txt and unpacked HTML of a folder or a git repository."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from python_slm.errors import CorpusError
from python_slm_training.collect import git, licences
from python_slm_training.collect.files import PROJECT_FILES, LicenceMap, Origin
from python_slm_training.collect.folder import digest, walk
from python_slm_training.collect.maintext import main_text
from python_slm_training.collect.record import PROSE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from python_slm_training.collect.record import Record

MAX_BYTES = 5_000_000  # HTML is large around its text
_TEXTS, _PAGES = (".rst", ".md", ".txt"), (".html", ".htm")
_LISTS = re.compile(
    r"(?:^|/)(?:(?:.*requirements.*|constraints.*|cmakelists|sources|top_level|entry_points|robots|llms.*)\.txt"
    r"|(?:gen|py-mod)index.*\.html?|search\.html?|contents\.html?|pull_request_template\.md)$",
    re.IGNORECASE,
)
_MADE = {"_sources", "_static", "_images", "_downloads", "node_modules", ".github", "tests", "test", "testdata"}
_DOCUMENTATION = {"doc", "docs", "documentation", "guide", "guides", "tutorial", "tutorials", "howto", "manual"}


@dataclass(frozen=True)
class DocumentSource:
    """Documents of ``place``: a git directory, or a folder. ``licence`` is for those that nothing else covers."""

    place: Path
    is_git: bool
    repo: str
    revision: str
    modified_at: str | None
    licence: str = licences.UNKNOWN
    kind: str = "prose"

    def records(self, collected_at: str) -> Iterator[Record]:
        """Every document; HTML as the Markdown of its main text."""
        origin = Origin(self.kind, self.repo, self.revision, collected_at, self.modified_at, self.licence)
        with self._tree() as (paths, read):
            has_code = any(path.endswith(".py") for path in paths)
            plain = [path for path in paths if licences.is_licence_file(path) or path in PROJECT_FILES]
            cover = LicenceMap.of(plain, lambda path: _text(read(path)))
            for path in paths:
                data = read(path) if is_document(path, has_code=has_code) else None
                text, declared = _document(path, data) if data else ("", licences.UNKNOWN)
                if text.strip():
                    licence = declared if declared != licences.UNKNOWN else cover.of_file(path, "")
                    yield origin.record(path, text, licence, PROSE)

    @contextmanager
    def _tree(self) -> Iterator[tuple[list[str], Callable[[str], bytes | None]]]:
        if self.is_git:
            blobs = dict(git.blobs(self.place, _is_read, MAX_BYTES))
            with git.batch(self.place) as objects:
                yield list(blobs), lambda path: objects.read(blobs[path])
        else:
            yield list(walk(self.place, _is_read)), self._read

    def _read(self, path: str) -> bytes | None:
        file = self.place / path
        try:
            return None if file.is_symlink() or file.stat().st_size > MAX_BYTES else file.read_bytes()
        except OSError:
            return None


def of_folder(root: Path, name: str | None = None, licence: str = licences.UNKNOWN) -> DocumentSource:
    """A folder of documents, called ``name``, else as the folder. Raises CorpusError if it is absent."""
    if not root.is_dir():
        raise CorpusError(f"{root}: no such folder; name one that holds .rst, .md, .txt or .html files")
    files = tuple(walk(root, _is_read))
    newest = max(((root / path).stat().st_mtime for path in files), default=0.0)
    modified = datetime.fromtimestamp(newest, UTC).isoformat(timespec="seconds")
    return DocumentSource(root, False, name or root.resolve().name, digest(root, files), modified, licence)


def of_git(git_dir: Path, licence: str = licences.UNKNOWN) -> DocumentSource:
    """A git repository at HEAD. Raises CorpusError if it has none."""
    found = git.GitSource.of(git_dir)
    return DocumentSource(git_dir, True, found.repo, found.revision, found.committed_at, licence)


def is_document(path: str, *, has_code: bool) -> bool:
    """Whether a path is documentation. Beside code, .txt is so only below a folder for it: elsewhere it is data."""
    where = PurePosixPath(path)
    folders = {part.lower() for part in where.parts[:-1]}
    if _LISTS.search(path) or licences.is_licence_file(path) or not _MADE.isdisjoint(folders):
        return False
    if where.suffix.lower() == ".txt" and has_code:
        return not _DOCUMENTATION.isdisjoint(folders)
    return where.suffix.lower() in (*_TEXTS, *_PAGES)


def _is_read(path: str) -> bool:
    ending = PurePosixPath(path).suffix.lower()
    return ending in (*_TEXTS, *_PAGES, ".py") or path in PROJECT_FILES or licences.is_licence_file(path)


def _document(path: str, data: bytes) -> tuple[str, str]:
    """Its text, and the licence it names."""
    if path.lower().endswith(_PAGES):
        page = main_text(data)
        return (page.text, page.licence) if page else ("", licences.UNKNOWN)
    text = _text(data) or ""
    return text, licences.of_document(text)


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
