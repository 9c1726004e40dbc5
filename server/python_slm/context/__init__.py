"""Which code fits the token budget: the text around the cursor, and what the open file says out of sight of it.

The window before the cursor begins at a multiple of ``ANCHOR_LINES``, so that typing leaves its first token alone and
the model's cached prefix stays valid; what other places say (see ``chunks``) comes before all of it for that reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from python_slm.context.chunks import fitting, ranked, recalled
from python_slm.engine.recall import NOTHING
from python_slm.project.surroundings import NOTHING_KNOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from python_slm.project.surroundings import ChunkSource, Surroundings
    from python_slm.settings import ContextSettings
    from python_slm.syntax.blocks import BlockIndex
    from python_slm.text import Document
    from python_slm.tokenizer import Tokenizer

__all__ = ["ANCHOR_LINES", "PROMPTED", "RECALLED", "Context", "enabled", "gather", "recalled", "remembered"]

ANCHOR_LINES = 16
PROMPTED: frozenset[ChunkSource] = frozenset(("definition", "importer"))
"""Sources that are quoted in the prompt: on replay that does a little better for them than the other way."""
RECALLED: frozenset[ChunkSource] = frozenset(("related", "tab", "edit", "yank"))
"""Sources that ``engine.recall`` weighs like the open file."""
_SUFFIX_SHARE = 0.25
_OUTLINE_SHARE = 0.125
_OTHERS_SHARE = 0.25
_CHARACTERS_A_TOKEN = 12  # more than any real code averages: bounds what is tokenized, never what is shown
_MEMORY_CHARACTERS = 200_000
_SPECIAL_TOKENS = 16
_PATH_SHARE = 0.125


@dataclass(frozen=True)
class Context:
    """What the prompt is made of. ``chunks`` are (path, text), farthest first; ``tokens`` counts them by source."""

    path: str
    prefix: str
    suffix: str
    chunks: tuple[tuple[str, str], ...] = ()
    tokens: dict[str, int] = field(default_factory=dict)


def enabled(settings: ContextSettings) -> frozenset[ChunkSource]:
    """The sources that a user wants to be used."""
    wanted: dict[ChunkSource, bool] = {
        "definition": settings.definitions,
        "importer": settings.importers,
        "related": settings.related,
        "tab": settings.tabs,
        "edit": settings.edits,
        "yank": settings.yanks,
    }
    return frozenset(source for source, is_wanted in wanted.items() if is_wanted)


def gather(
    document: Document,
    offset: int,
    *,
    tokenizer: Tokenizer,
    budget_tokens: int,
    path: str = "",
    blocks: BlockIndex | None = None,
    surroundings: Surroundings = NOTHING_KNOWN,
    sources: frozenset[ChunkSource] = frozenset(),
) -> Context:
    """The context at ``offset`` whose prompt stays within ``budget_tokens``, with what ``sources`` say elsewhere."""
    path = _short(path, tokenizer, int(budget_tokens * _PATH_SHARE))
    path_tokens = len(tokenizer.encode_kept(f"{path}\n"))
    budget = max(budget_tokens - _SPECIAL_TOKENS - 2 * path_tokens, 8)  # the outline has the path once more
    suffix = _after(document, offset, tokenizer, int(budget * _SUFFIX_SHARE))
    outline_budget = int(budget * _OUTLINE_SHARE)
    others = fitting(ranked(document, offset, surroundings, sources), tokenizer, int(budget * _OTHERS_SHARE))
    tokens = {"suffix": len(tokenizer.encode_kept(suffix))}
    for chunk, cost in others:
        tokens[chunk.source] = tokens.get(chunk.source, 0) + cost
    left = budget - outline_budget - sum(tokens.values())
    start = _window_start(document, offset, tokenizer, left)
    outline = _outline(document, start, blocks, tokenizer, outline_budget)
    if outline:
        tokens["outline"] = len(tokenizer.encode_kept(outline))
    chunks = [(chunk.path, chunk.text) for chunk, _ in others] + ([(path, outline)] if outline else [])
    return Context(path, document.text[start:offset], suffix, tuple(chunks), tokens)


def _short(path: str, tokenizer: Tokenizer, budget: int) -> str:
    """The end of a path, in whole parts, that takes at most ``budget`` tokens; empty when not even its name does."""
    while path and len(tokenizer.encode_kept(f"{path}\n")) > budget:
        path = path.partition("/")[2]
    return path


def remembered(document: Document, offset: int, tokenizer: Tokenizer, blocks: BlockIndex) -> NDArray[np.int32]:
    """Token ids of the file but for the cursor's line, for ``engine.recall``: (tokens,) int32.

    Blocks and members that did not change are not tokenized again, and what is far off is left out.
    """
    start, end = document.line_span(document.line_at(offset))
    first, last = start - _MEMORY_CHARACTERS, end + _MEMORY_CHARACTERS
    stretches = []
    parts = [part for block in blocks.blocks for part in block.members or (block,)]
    for block in parts:
        if (first <= block.start and block.end <= start) or (end <= block.start and block.end <= last):
            stretches.append(tokenizer.encode_kept(block.text))
        elif block.start <= start <= block.end:
            before = document.text[max(first, block.start) : start]
            after = document.text[end : min(last, block.end)]
            stretches += [np.array([*tokenizer.encode(before), NOTHING, *tokenizer.encode(after)], np.int32)]
    return np.concatenate(stretches) if stretches else np.empty(0, np.int32)


def _after(document: Document, offset: int, tokenizer: Tokenizer, budget: int) -> str:
    """Whole lines after the cursor, at most ``budget`` tokens."""
    text = document.text[offset : offset + budget * _CHARACTERS_A_TOKEN]
    kept, used = 0, 0
    for line in text.splitlines(keepends=True):
        used += len(tokenizer.encode_kept(line))
        if used > budget:
            break
        kept += len(line)
    return text[:kept]


def _window_start(document: Document, offset: int, tokenizer: Tokenizer, budget: int) -> int:
    """Offset of the earliest anchored line from which the text up to the cursor fits ``budget`` tokens."""
    line = document.line_at(offset)
    anchor = line - line % ANCHOR_LINES
    start, used = offset, 0
    while anchor >= 0:
        begin = document.line_starts[anchor]
        if start - begin > budget * _CHARACTERS_A_TOKEN:
            break
        encode = (
            tokenizer.encode if start == offset else tokenizer.encode_kept
        )  # what is typed into does not come again
        used += len(encode(document.text[begin:start]))
        if used > budget:
            break
        start, anchor = begin, anchor - ANCHOR_LINES
    if start < offset or offset == 0:
        return start
    return _cut_start(document.text, offset, tokenizer, budget)


def _cut_start(text: str, offset: int, tokenizer: Tokenizer, budget: int) -> int:
    """Where the anchored window itself is too long: as much as fits, from a line's start if there is one."""
    start = max(0, offset - budget * _CHARACTERS_A_TOKEN)
    while start < offset and len(tokenizer.encode(text[start:offset])) > budget:
        start += max(1, (offset - start) // 4)
    line_start = text.find("\n", start, offset) + 1
    return line_start if start > 0 and line_start else start


def _outline(document: Document, start: int, blocks: BlockIndex | None, tokenizer: Tokenizer, budget: int) -> str:
    """Imports and signatures of the same file above the window, imports first, at most ``budget`` tokens."""
    if blocks is None or start == 0:
        return ""
    first_line = document.line_at(start)
    lines = blocks.imports_text().splitlines()
    lines += [item.signature_text for item in blocks.definitions() if item.line < first_line]
    kept: list[str] = []
    for line in lines:
        budget -= len(tokenizer.encode_kept(line)) + 1
        if budget < 0:
            break
        kept.append(line)
    return "".join(line + "\n" for line in kept)
