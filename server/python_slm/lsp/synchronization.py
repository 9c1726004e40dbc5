"""``didOpen``, ``didChange``, ``didClose``: keep the session's documents as the client has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from python_slm.lsp import accept, convert, lifecycle
from python_slm.text import Document

if TYPE_CHECKING:
    from python_slm.lsp.server import Server


def register(server: Server) -> None:
    """Follow documents, change by change."""
    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(did_open)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(did_change)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(did_close)


def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    """Follow the document, and index it while nobody waits."""
    lifecycle.follow_registry(ls)
    item = params.text_document
    language = item.language_id
    named = language.value if isinstance(language, types.LanguageKind) else language
    ls.session.open(Document(item.uri, item.text, item.version), named)
    snapshot = ls.session.snapshot(item.uri)
    if snapshot is not None:
        ls.surroundings.opened(snapshot)
        ls.diagnosis.opened(snapshot)
        ls.suggester.warm(snapshot)
    else:
        ls.diagnosis.lost(item.uri)


def did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    """Apply the changes and see what became of the suggestion on display; never waits for the worker."""
    document = params.text_document
    ls.session.change(document.uri, convert.changes(params.content_changes), document.version)
    snapshot = ls.session.snapshot(document.uri)
    if snapshot is not None:
        edited = _edited_until(ls, snapshot.document, params)
        ls.surroundings.changed(snapshot, edited)
        ls.diagnosis.changed(snapshot, edited)
    else:
        ls.diagnosis.lost(document.uri)
    taken = ls.session.ledger.changed(snapshot.document) if snapshot else None
    if taken is not None and not taken.completion.additional:
        accept.look_ahead(ls, taken)


def did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    """Forget the document and stop the work on it."""
    uri = params.text_document.uri
    ls.suggester.stop(uri)
    ls.session.ledger.closed(uri)
    ls.session.close(uri)
    ls.surroundings.closed(uri)
    ls.diagnosis.closed(uri)
    ls.display.clear(uri)


def _edited_until(ls: Server, document: Document, params: types.DidChangeTextDocumentParams) -> int | None:
    """Offset where the last change ends; None where the whole text came."""
    last = params.content_changes[-1] if params.content_changes else None
    if not isinstance(last, types.TextDocumentContentChangePartial):
        return None
    return document.offset_at(convert.position(last.range.start), ls.session.encoding) + len(last.text)
