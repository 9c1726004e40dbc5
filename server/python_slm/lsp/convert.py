"""Between lsprotocol's types and ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from python_slm.text import Change, Position

if TYPE_CHECKING:
    from collections.abc import Iterable

    from python_slm.text import Document, Edit, Encoding


def position(value: types.Position) -> Position:
    """Ours, of theirs."""
    return Position(value.line, value.character)


def lsp_range(document: Document, start: int, end: int, encoding: Encoding) -> types.Range:
    """Range of the offsets ``start`` to ``end``."""
    begin, stop = document.position_at(start, encoding), document.position_at(end, encoding)
    return types.Range(types.Position(begin.line, begin.character), types.Position(stop.line, stop.character))


def workspace_edit(
    document: Document, edits: Iterable[Edit], encoding: Encoding, *, versioned: bool
) -> types.WorkspaceEdit:
    """Edits of one document; ``versioned`` where the client takes it: it applies them to this version alone then."""
    found = [types.TextEdit(lsp_range(document, edit.start, edit.end, encoding), edit.text) for edit in edits]
    if not versioned:
        return types.WorkspaceEdit(changes={document.uri: found})
    identifier = types.OptionalVersionedTextDocumentIdentifier(document.uri, document.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(identifier, found)])


def changes(events: Iterable[types.TextDocumentContentChangeEvent]) -> list[Change]:
    """Changes in their order. Where a range's ends are swapped they are swapped back, as VS Code's own library does."""
    return [_change(event) for event in events]


def change(where: types.Range, text: str) -> Change:
    """Replace ``where`` by ``text``."""
    start, end = position(where.start), position(where.end)
    if (end.line, end.character) < (start.line, start.character):
        start, end = end, start
    return Change(text, start, end)


def _change(event: types.TextDocumentContentChangeEvent) -> Change:
    if isinstance(event, types.TextDocumentContentChangeWholeDocument):
        return Change(event.text)
    return change(event.range, event.text)
