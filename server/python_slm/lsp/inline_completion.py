"""``textDocument/inlineCompletion``: ghost text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lsprotocol import types

from python_slm.lsp import accept, convert, lifecycle
from python_slm.lsp.offer import Offer

if TYPE_CHECKING:
    from python_slm.lsp.server import Server
    from python_slm.speaking import Trigger
    from python_slm.tasks.complete import Completion
    from python_slm.text import Document, Encoding


def register(server: Server) -> None:
    """Offer ghost text. pygls does not advertise it without options."""
    server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())(inline_completion)


async def inline_completion(ls: Server, params: types.InlineCompletionParams) -> types.InlineCompletionList | None:
    """Up to ``completion.suggestions`` alternatives, the likeliest first; null when a newer request took over.

    Both trigger kinds get all of them, since editors cycle through the items of one answer. When the completion menu
    has an entry selected, the ghost text continues that entry.
    """
    lifecycle.follow_registry(ls)
    snapshot = ls.session.snapshot(params.text_document.uri)
    trigger = trigger_of(params.context)
    if snapshot is None:
        ls.suggester.refuse(params.text_document.uri, types.TEXT_DOCUMENT_INLINE_COMPLETION, trigger)
        return types.InlineCompletionList([])
    encoding, selected = ls.session.encoding, params.context.selected_completion_info
    offset = snapshot.document.offset_at(convert.position(params.position), encoding)
    begin = offset
    if selected is not None:
        begin = snapshot.document.offset_at(convert.position(selected.range.start), encoding)
        snapshot = snapshot.with_selected(convert.change(selected.range, selected.text), encoding)
        offset = begin + len(selected.text)
    found = await ls.suggester.suggest(snapshot, offset, types.TEXT_DOCUMENT_INLINE_COMPLETION, trigger)
    if found is None:
        return None
    now = ls.session.snapshot(params.text_document.uri)
    if now is not None and now.document.version != snapshot.document.version:
        found = [one for one in found if agrees(snapshot.document, offset, one, now.document)]
    fitting = [one for one in found if fits(snapshot.document, offset, one, alone=selected is None)]
    if selected is not None:
        fitting = [replace(one, text=selected.text + one.text, start=begin) for one in fitting]
    items = ls.session.ledger.offer(snapshot.document, offset, fitting)
    return types.InlineCompletionList(
        [
            types.InlineCompletionItem(
                one.completion.text,
                range=selected.range if selected else lsp_range(snapshot.document, one.completion, encoding),
                command=accept.command(one.id),
            )
            for one in items
        ]
    )


def trigger_of(context: types.InlineCompletionContext) -> Trigger:
    """Whether somebody asked, or the editor by itself."""
    return "hand" if context.trigger_kind == types.InlineCompletionTriggerKind.Invoked else "typing"


def agrees(document: Document, offset: int, one: Completion, now: Document) -> bool:
    """Whether what was typed since the request is what it says; some editors show an answer before they ask anew."""
    return Offer("", document, offset, one).reached(now.text) is not None


def fits(document: Document, offset: int, one: Completion, *, alone: bool) -> bool:
    """Whether an editor can show it: its range lies on the cursor's line, and is empty behind an entry of the menu."""
    if not alone:
        return one.start == one.end == offset
    return document.line_at(one.start) == document.line_at(one.end)


def lsp_range(document: Document, one: Completion, encoding: Encoding) -> types.Range:
    """What it replaces."""
    return convert.lsp_range(document, one.start, one.end, encoding)
