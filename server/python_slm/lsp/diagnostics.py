"""Diagnostics: pulled by clients that can, else pushed with the version that they are about."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from python_slm.lsp import convert

if TYPE_CHECKING:
    from collections.abc import Iterable

    from python_slm.findings import Finding
    from python_slm.lsp.server import Server
    from python_slm.text import Document, Encoding

SOURCE = "python-slm"
_log = logging.getLogger(__name__)
_SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "information": types.DiagnosticSeverity.Information,
    "hint": types.DiagnosticSeverity.Hint,
}
_TAGS = {"unnecessary": types.DiagnosticTag.Unnecessary, "deprecated": types.DiagnosticTag.Deprecated}


def register(server: Server) -> None:
    """Answer pulls."""
    options = types.DiagnosticOptions(
        inter_file_dependencies=False, workspace_diagnostics=False, identifier="python-slm"
    )
    server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)(document_diagnostic)


async def document_diagnostic(
    ls: Server, params: types.DocumentDiagnosticParams
) -> types.RelatedFullDocumentDiagnosticReport | types.RelatedUnchangedDocumentDiagnosticReport:
    """What is to be shown of the newest version, once syntax and ruff have been heard; ``unchanged`` where it is."""
    uri = params.text_document.uri
    while pulls(ls) and (snapshot := ls.session.snapshot(uri)) is not None:
        await ls.diagnosis.looked_at(snapshot)
        newest = ls.session.snapshot(uri)
        if newest is None or newest.document is snapshot.document:
            break
    items = ls.display.pulled(uri) if pulls(ls) else []
    name = identity(items)
    if params.previous_result_id == name:
        return types.RelatedUnchangedDocumentDiagnosticReport(name)
    return types.RelatedFullDocumentDiagnosticReport(items, result_id=name)


class Display:
    """What the client shows of each document, as far as we know."""

    def __init__(self, ls: Server) -> None:
        self._ls = ls
        self._names: dict[str, str] = {}
        self._refreshing = False

    def pulled(self, uri: str) -> list[types.Diagnostic]:
        """What is to be shown of a document now, to a client that asked."""
        items = self._items(uri)
        self._names[uri] = identity(items)
        return items

    def show(self, uri: str, *, late: bool) -> None:
        """See to it that the client shows what there is now, if that is something else.

        What is not ``late`` is no more than what the client itself asks for after a change.
        """
        if pulls(self._ls) and not late:
            return
        items = self._items(uri)
        name = identity(items)
        if self._names.get(uri, _NOTHING) == name:
            return
        if not pulls(self._ls):
            self._names[uri] = name
            self._push(uri, items)
        elif not self._refreshing:
            self._refreshing = True
            self._ls.in_background(self._refresh())

    def clear(self, uri: str) -> None:
        """A document was closed: nothing is shown of it any more."""
        if self._names.pop(uri, _NOTHING) != _NOTHING and not pulls(self._ls):
            self._push(uri, [])

    def _items(self, uri: str) -> list[types.Diagnostic]:
        snapshot = self._ls.session.snapshot(uri)
        if snapshot is None:
            return []
        found = self._ls.diagnosis.shown(uri)
        return [diagnostic(snapshot.document, one, self._ls.session.encoding) for one in found]

    def _push(self, uri: str, items: list[types.Diagnostic]) -> None:
        snapshot = self._ls.session.snapshot(uri)
        version = snapshot.document.version if snapshot and takes_versions(self._ls) else None
        self._ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, items, version))

    async def _refresh(self) -> None:
        """Have the client ask again, for all documents; what changes until it answers is in what it asks for then."""
        try:
            await self._ls.workspace_diagnostic_refresh_async(None)
        except JsonRpcException as error:
            _log.info("workspace/diagnostic/refresh was refused: %s", error)
        finally:
            self._refreshing = False


def pulls(ls: Server) -> bool:
    """Whether the client asks for diagnostics, and again when told to; one that does not would miss what is late."""
    documents, workspace = ls.client_capabilities.text_document, ls.client_capabilities.workspace
    again = workspace.diagnostics.refresh_support if workspace and workspace.diagnostics else False
    return bool(again and documents and documents.diagnostic)


def takes_versions(ls: Server) -> bool:
    """Whether what is pushed may say which version it is about."""
    documents = ls.client_capabilities.text_document
    return bool(documents and documents.publish_diagnostics and documents.publish_diagnostics.version_support)


def diagnostic(document: Document, one: Finding, encoding: Encoding) -> types.Diagnostic:
    """A finding as LSP has it."""
    related = [
        types.DiagnosticRelatedInformation(
            types.Location(document.uri, convert.lsp_range(document, each.start, each.end, encoding)), each.message
        )
        for each in one.related
    ]
    return types.Diagnostic(
        range=convert.lsp_range(document, one.start, one.end, encoding),
        message=one.message,
        severity=_SEVERITIES[one.severity],
        code=one.code,
        code_description=types.CodeDescription(one.url) if one.url else None,
        source="ruff" if one.origin == "ruff" else SOURCE,
        tags=[_TAGS[tag] for tag in one.tags] or None,
        related_information=related or None,
        data={"origin": one.origin},
    )


def identity(items: Iterable[types.Diagnostic]) -> str:
    """A name for what is shown: equal for equal diagnostics."""
    told = [
        (
            *_ends(one.range),
            one.severity,
            one.code,
            one.message,
            one.tags,
            [_ends(each.location.range) for each in related],
        )
        for one in items
        for related in (one.related_information or (),)
    ]
    return hashlib.sha256(repr(told).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _ends(where: types.Range) -> tuple[int, int, int, int]:
    return where.start.line, where.start.character, where.end.line, where.end.character


_NOTHING = identity([])
