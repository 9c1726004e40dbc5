"""``textDocument/completion``: the same suggestions for editors without inline completion; docstrings for all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsprotocol import types

from python_slm.docstrings.opening import begins
from python_slm.lsp import accept, convert, lifecycle
from python_slm.lsp.docstring_completion import QUOTES

if TYPE_CHECKING:
    from python_slm.lsp.ledger import Item
    from python_slm.lsp.server import Server
    from python_slm.tasks.complete import Completion
    from python_slm.text import Document, Encoding

_WORD_BEFORE = re.compile(r"\w*\Z")
_WORD_CHARACTERS = 200


def register(server: Server) -> None:
    """Offer completion items."""
    options = types.CompletionOptions(trigger_characters=[".", "(", "[", "=", ",", *QUOTES])
    server.feature(types.TEXT_DOCUMENT_COMPLETION, options)(completion)


async def completion(ls: Server, params: types.CompletionParams) -> types.CompletionList | None:
    """The suggestions as items; incomplete, since the next character may change them all."""
    lifecycle.follow_registry(ls)
    snapshot = ls.session.snapshot(params.text_document.uri)
    if snapshot is None:
        ls.suggester.refuse(params.text_document.uri, types.TEXT_DOCUMENT_COMPLETION)
        return types.CompletionList(is_incomplete=False, items=[])
    document, encoding = snapshot.document, ls.session.encoding
    offset = document.offset_at(convert.position(params.position), encoding)
    quoted = params.context is not None and params.context.trigger_character in QUOTES
    if (quoted or _has_ghost_text(ls)) and not begins(document.text, offset):
        return types.CompletionList(
            is_incomplete=False, items=[]
        )  # VS Code hides ghost text behind a menu that repeats it
    found = await ls.suggester.suggest(snapshot, offset, types.TEXT_DOCUMENT_COMPLETION)
    if found is None:
        return None
    first = not _has_ghost_text(ls)
    fitting = [one for one in found if document.line_at(one.start) == document.line_at(max(one.end, offset))]
    noted = ls.session.ledger.offer_menu(document, offset, fitting)
    items = [item(document, offset, one, rank, encoding, first=first) for rank, one in enumerate(noted)]
    if _fills_snippets(ls):
        lines = _keeps_indentation(ls)
        items = [with_places(each, one.completion, lines=lines) for each, one in zip(items, noted, strict=True)]
    return types.CompletionList(is_incomplete=True, items=items)


def item(
    document: Document, offset: int, noted: Item, rank: int, encoding: Encoding, *, first: bool
) -> types.CompletionItem:
    """A suggestion as an item that clients do not filter away: it replaces, and repeats, the word before the cursor.

    ``first`` puts it before other servers' items and preselects the best; editors that show ghost text have it last.
    """
    suggestion = noted.completion
    before = document.text[max(0, offset - _WORD_CHARACTERS) : offset]
    word = _WORD_BEFORE.search(before)
    start = min(suggestion.start, offset - len(word.group() if word else ""))
    text = document.text[start : suggestion.start] + suggestion.text
    label, _, rest = text.partition("\n")
    return types.CompletionItem(
        label=label.strip() or text.strip().partition("\n")[0] or text,
        label_details=types.CompletionItemLabelDetails(description="python-slm"),
        kind=types.CompletionItemKind.Text,  # Helix takes a Snippet for one to expand, and indents its lines once more
        detail="python-slm",
        documentation=types.MarkupContent(types.MarkupKind.Markdown, f"```python\n{text}\n```") if rest else None,
        preselect=True if first and rank == 0 else None,
        sort_text=f"{'!' if first else '~'}{rank:03}",
        filter_text=text,
        insert_text_format=types.InsertTextFormat.PlainText,
        insert_text_mode=types.InsertTextMode.AsIs,
        text_edit=types.TextEdit(convert.lsp_range(document, start, max(suggestion.end, offset), encoding), text),
        additional_text_edits=[
            types.TextEdit(convert.lsp_range(document, edit.start, edit.end, encoding), edit.text)
            for edit in suggestion.additional
        ]
        or None,
        command=accept.command(noted.id),
    )


def with_places(found: types.CompletionItem, completion: Completion, *, lines: bool) -> types.CompletionItem:
    """The item with places to fill in, if its suggestion has any; of several ``lines`` only where they may be."""
    edit = found.text_edit
    if not completion.snippet or not isinstance(edit, types.TextEdit) or ("\n" in completion.snippet and not lines):
        return found
    edit.new_text = edit.new_text.removesuffix(completion.text) + completion.snippet
    found.kind = types.CompletionItemKind.Snippet
    found.insert_text_format = types.InsertTextFormat.Snippet
    return found


def _asked(ls: Server) -> types.ClientCompletionItemOptions | None:
    documents = ls.client_capabilities.text_document
    return documents.completion.completion_item if documents and documents.completion else None


def _fills_snippets(ls: Server) -> bool:
    asked = _asked(ls)
    return bool(asked and asked.snippet_support)


def _keeps_indentation(ls: Server) -> bool:
    """Whether the client inserts lines as they are, as VS Code and lsp-mode say that they do.

    Helix and Neovim indent every line of a snippet once more, empty ones too.
    """
    asked = _asked(ls)
    modes = asked.insert_text_mode_support.value_set if asked and asked.insert_text_mode_support else ()
    return types.InsertTextMode.AsIs in modes


def _has_ghost_text(ls: Server) -> bool:
    """Whether the client shows these suggestions inline already."""
    documents = ls.client_capabilities.text_document
    return documents is not None and documents.inline_completion is not None
