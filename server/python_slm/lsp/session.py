"""What one client has open: its documents, their block indexes and its settings. Hands out immutable snapshots."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pygls.uris import to_fs_path

from python_slm.lsp.ledger import Ledger
from python_slm.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from python_slm.lsp.models import LoadedModel
    from python_slm.syntax.blocks import BlockIndex
    from python_slm.text import Change, Document, Encoding

MAX_CHARACTERS = 1_000_000
"""Larger documents are followed but get no completions: every change copies the text."""

_log = logging.getLogger(__name__)


@dataclass
class OpenDocument:
    """An open document: its newest version, and the index of the newest version the worker has seen."""

    document: Document
    index: BlockIndex | None = None
    language: str = "python"
    """As the client calls it."""
    indexing: threading.Lock = field(default_factory=threading.Lock)
    """Held while ``index`` is brought up to date: completions and diagnosis want the same one."""
    in_sync: bool = True
    """False after a change that could not be understood, until the client sends the whole text again."""
    place: tuple[tuple[str, ...], str] | None = None
    """The folders in which its path was looked for, and the path."""


@dataclass(frozen=True)
class Snapshot:
    """One version of one document, and where it lies in the workspace (empty when it has no path)."""

    document: Document
    path: str
    opened: OpenDocument

    @property
    def language(self) -> str:
        """The document's language identifier."""
        return self.opened.language

    def with_selected(self, change: Change, encoding: Encoding) -> Snapshot:
        """The version that an accepted entry of the completion menu would make; the session knows nothing of it."""
        document = self.document.edited([change], self.document.version, encoding)
        return Snapshot(document, self.path, self.opened)

    def block_index(self) -> BlockIndex:
        """The index of this version, built from the one before. Not for the event loop: a cold one takes a second."""
        from python_slm.syntax.blocks import BlockIndex  # noqa: PLC0415 - libcst is slow to import; initialize is not

        with self.opened.indexing:
            before = self.opened.index
            index = BlockIndex.of(self.document.text) if before is None else before.updated(self.document.text)
            self.opened.index = index
        return index


@dataclass
class Session:
    """All state of one connection. Written on the event loop only, but for ``OpenDocument.index`` and ``model``."""

    defaults: Settings = field(default_factory=Settings)
    encoding: Encoding = "utf-16"
    roots: tuple[str, ...] = ()
    model: LoadedModel | None = None
    """Set by the worker once it is loaded; None before, and where it cannot be."""
    ledger: Ledger = field(default_factory=Ledger)
    """What became of the suggestions; who wants to know joins ``ledger.listeners``."""

    def __post_init__(self) -> None:
        self.settings = self.defaults
        self._silenced: set[str] = set()
        self._open: dict[str, OpenDocument] = {}

    def configure(self, values: object) -> None:
        """Take the client's settings over. Raises SettingsError, and keeps what was there, when they are wrong."""
        settings = Settings.from_dict(values)
        if not settings.model.path:
            settings = replace(settings, model=replace(settings.model, path=self.defaults.model.path))
        self.settings = settings
        self.silence(*self._silenced)

    def silence(self, *codes: str) -> None:
        """Let findings of these codes be off while the connection lasts, whatever settings come."""
        self._silenced.update(codes)
        severity = {**self.settings.diagnostics.severity, **dict.fromkeys(codes, "off")}
        self.settings = replace(self.settings, diagnostics=replace(self.settings.diagnostics, severity=severity))

    def open(self, document: Document, language: str = "python") -> Snapshot:
        """Follow a document from now on; one that is open already starts again."""
        self._open[document.uri] = OpenDocument(document, language=language)
        return self._snapshot(self._open[document.uri])

    def change(self, uri: str, changes: Iterable[Change], version: int) -> None:
        """Apply the client's changes, in their order. A document that was never opened is left alone."""
        opened = self._open.get(uri)
        if opened is None:
            _log.warning("change of a document that is not open: %s", uri)
            return
        if version <= opened.document.version:
            _log.warning("%s: version %d after %d", uri, version, opened.document.version)
        pending = list(changes)
        if not opened.in_sync:
            whole = [index for index, change in enumerate(pending) if change.start is None]
            if not whole:
                return
            pending, opened.in_sync = pending[whole[-1] :], True
        opened.document = opened.document.edited(pending, version, self.encoding)

    def lose(self, uri: str) -> None:
        """A change of this document was not understood: no snapshots until the whole text comes again."""
        if uri in self._open:
            self._open[uri].in_sync = False

    def forget(self) -> None:
        """The connection is over: let go of its documents and its model."""
        self._open.clear()
        self.model = None

    def close(self, uri: str) -> None:
        """Forget a document."""
        self._open.pop(uri, None)

    @property
    def uris(self) -> tuple[str, ...]:
        """The open documents."""
        return tuple(self._open)

    def snapshot(self, uri: str) -> Snapshot | None:
        """The newest version; None when it is not open, out of step with the client or above MAX_CHARACTERS."""
        opened = self._open.get(uri)
        if opened is None or not opened.in_sync or len(opened.document.text) > MAX_CHARACTERS:
            return None
        return self._snapshot(opened)

    def why_not(self, uri: str) -> str:
        """Why there is no snapshot of a document."""
        opened = self._open.get(uri)
        if opened is None:
            return "the document is not open"
        if not opened.in_sync:
            return "a change of the document was not understood; it is followed again once its whole text comes"
        return f"the document is longer than {MAX_CHARACTERS:,} characters"

    def _snapshot(self, opened: OpenDocument) -> Snapshot:
        place = opened.place
        if place is None or place[0] is not self.roots:
            opened.place = place = self.roots, self._path(opened.document.uri)
        return Snapshot(opened.document, place[1], opened)

    def root_of(self, uri: str) -> str:
        """The workspace folder that holds a document, the innermost if there are several; empty when none does."""
        path = _file(uri)
        holding = [root for root in self.roots if path is not None and path.is_relative_to(root)]
        return max(holding, key=len, default="")

    def file_of(self, uri: str) -> str:
        """Where a document lies on disk; empty for one that is not saved yet."""
        return str(_file(uri) or "")

    def _path(self, uri: str) -> str:
        """Path below the workspace folder that holds it, with forward slashes; else the file's name."""
        path, root = _file(uri), self.root_of(uri)
        if path is None:
            return ""
        return path.relative_to(root).as_posix() if root else path.name


def _file(uri: str) -> Path | None:
    """Where a document lies on disk; None for one that is not saved yet."""
    return Path(to_fs_path(uri) or "") if uri.startswith("file:") else None
