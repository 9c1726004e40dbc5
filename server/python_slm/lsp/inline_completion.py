"""``textDocument/inlineCompletion``: ghost text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from python_slm.lsp import convert, lifecycle

if TYPE_CHECKING:
    from python_slm.lsp.server import Server


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
    if snapshot is None:
        return types.InlineCompletionList([])
    encoding = ls.session.encoding
    document, offset = snapshot.document, snapshot.document.offset_at(convert.position(params.position), encoding)
    selected = params.context.selected_completion_info
    if selected is None:
        found = await ls.suggester.suggest(snapshot, offset, types.TEXT_DOCUMENT_INLINE_COMPLETION)
        if found is None:
            return None
        return types.InlineCompletionList(
            [
                types.InlineCompletionItem(one.text, range=convert.lsp_range(document, one.start, one.end, encoding))
                for one in found
            ]
        )
    chosen = snapshot.with_selected(convert.change(selected.range, selected.text), encoding)
    start = document.offset_at(convert.position(selected.range.start), encoding)
    found = await ls.suggester.suggest(chosen, start + len(selected.text), types.TEXT_DOCUMENT_INLINE_COMPLETION)
    if found is None:
        return None
    return types.InlineCompletionList(
        [
            types.InlineCompletionItem(selected.text + one.text, range=selected.range)
            for one in found
            if one.start == one.end
        ]
    )
