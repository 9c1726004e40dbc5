"""Diagnostics: pulled by clients that can, else pushed with the version that they are about.

They are written as JSON at once, without lsprotocol's objects in between: a file may have hundreds, at every key.
"""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from python_slm.lsp.protocol import Written

if TYPE_CHECKING:
    from python_slm.findings import Finding
    from python_slm.lsp.server import Server
    from python_slm.text import Document, Encoding

SOURCE = "python-slm"
_log = logging.getLogger(__name__)
_SEVERITIES = {"error": 1, "warning": 2, "information": 3, "hint": 4}
_TAGS = {"unnecessary": 1, "deprecated": 2}
_NO_ITEMS = "[]"


def register(server: Server) -> None:
    """Answer pulls."""
    options = types.DiagnosticOptions(
        inter_file_dependencies=False, workspace_diagnostics=False, identifier="python-slm"
    )
    server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)(document_diagnostic)


async def document_diagnostic(ls: Server, params: types.DocumentDiagnosticParams) -> Written:
    """What is to be shown of the newest version, once syntax and ruff have been heard; ``unchanged`` where it is."""
    uri = params.text_document.uri
    while pulls(ls) and (snapshot := ls.session.snapshot(uri)) is not None:
        await ls.diagnosis.looked_at(snapshot)
        newest = ls.session.snapshot(uri)
        if newest is None or newest.document is snapshot.document:
            break
    items = ls.display.pulled(uri) if pulls(ls) else _NO_ITEMS
    name = identity(items)
    if params.previous_result_id == name:
        return Written(f'{{"kind": "unchanged", "resultId": "{name}"}}')
    return Written(f'{{"kind": "full", "resultId": "{name}", "items": {items}}}')


class Display:
    """What the client shows of each document, as far as we know."""

    def __init__(self, ls: Server) -> None:
        self._ls = ls
        self._names: dict[str, str] = {}
        self._refreshing = False

    def pulled(self, uri: str) -> str:
        """What is to be shown of a document now, as JSON, to a client that asked."""
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
            self._push(uri, _NO_ITEMS)

    def _items(self, uri: str) -> str:
        snapshot = self._ls.session.snapshot(uri)
        if snapshot is None:
            return _NO_ITEMS
        document, encoding = snapshot.document, self._ls.session.encoding
        return json.dumps([diagnostic(document, one, encoding) for one in self._ls.diagnosis.shown(uri)])

    def _push(self, uri: str, items: str) -> None:
        snapshot = self._ls.session.snapshot(uri)
        version = f', "version": {snapshot.document.version}' if snapshot and takes_versions(self._ls) else ""
        params = Written(f'{{"uri": {json.dumps(uri)}{version}, "diagnostics": {items}}}')
        self._ls.protocol.notify_written(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, params)

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


def diagnostic(document: Document, one: Finding, encoding: Encoding) -> dict[str, Any]:
    """A finding as LSP has it."""
    told: dict[str, Any] = {
        "range": _range(document, one.start, one.end, encoding),
        "message": one.message,
        "severity": _SEVERITIES[one.severity],
        "code": one.code,
        "source": "ruff" if one.origin == "ruff" else SOURCE,
        "data": {"origin": one.origin},
    }
    if one.url:
        told["codeDescription"] = {"href": one.url}
    if one.tags:
        told["tags"] = [_TAGS[tag] for tag in one.tags]
    if one.related:
        places = ((each, _range(document, each.start, each.end, encoding)) for each in one.related)
        told["relatedInformation"] = [
            {"location": {"uri": document.uri, "range": place}, "message": each.message} for each, place in places
        ]
    return told


def identity(items: str) -> str:
    """A name for what is shown: equal for equal diagnostics."""
    return hashlib.sha256(items.encode()).hexdigest()[:16]


def _range(document: Document, start: int, end: int, encoding: Encoding) -> dict[str, dict[str, int]]:
    ends = document.position_at(start, encoding), document.position_at(end, encoding)
    first, last = ({"line": one.line, "character": one.character} for one in ends)
    return {"start": first, "end": last}


_NOTHING = identity(_NO_ITEMS)
