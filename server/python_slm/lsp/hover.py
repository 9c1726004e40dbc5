"""``textDocument/hover``: what is wrong under the cursor and why, then what the name there stands for."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from lsprotocol import types

from python_slm.lsp import capabilities, convert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from python_slm.findings import Finding
    from python_slm.lsp.server import Server
    from python_slm.lsp.session import Snapshot
    from python_slm.tasks.symbol import Symbol
    from python_slm.text import Document

WAIT_S = 1.5
"""Longer nobody waits for what an imported name stands for: its first line is shown without."""
_MOST_FINDINGS = 3
_EXAMPLE = re.compile(
    r"^## (?:Example|Use instead|Fix safety|References|Options|Known problems|See also)", re.MULTILINE
)
_HEADING = re.compile(r"^#+[ \t]*(.+)$", re.MULTILINE)
_TITLE = re.compile(r"\A\s*# [^\n]*\n")
_FENCE = re.compile(r"^```\w*\n?", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]*)\]\((\S+?)\)")
_REFERENCE = re.compile(r"\[([^\]]+)\]\[[^\]]*\]|^\[[^\]]+\]:.*$", re.MULTILINE)


def register(server: Server) -> None:
    """Offer hovers."""
    server.feature(types.TEXT_DOCUMENT_HOVER)(hover)


async def hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
    """Findings first, then the name at their place; null where nothing is known."""
    snapshot = ls.session.snapshot(params.text_document.uri)
    if snapshot is None:
        return None
    document, encoding = snapshot.document, ls.session.encoding
    offset = document.offset_at(convert.position(params.position), encoding)
    found = _under(document, ls.diagnosis.shown(document.uri), offset)

    def items(_cancelled: Callable[[], bool]) -> Iterator[Symbol | str | None]:
        from python_slm.tasks.symbol import symbol_at  # noqa: PLC0415 - brings libcst; initialize is not to wait for it

        yield symbol_at(snapshot.block_index(), offset)
        yield from map(finding_text, found[:_MOST_FINDINGS])

    known = await ls.slices.all_of(("hover", document.uri), items)
    symbol = await _resolved(ls, snapshot, offset, known[0]) if known else None
    texts = [one for one in known or () if isinstance(one, str)]
    text = "\n\n---\n\n".join(part for part in (*texts, symbol_text(symbol) if symbol else "") if part)
    if not text:
        return None
    kind = capabilities.markup(ls)
    span = (symbol.start, symbol.end) if symbol else (found[0].start, found[0].end)
    content = types.MarkupContent(kind, text if kind == types.MarkupKind.Markdown else plain(text))
    return types.Hover(content, convert.lsp_range(document, *span, encoding))


def _under(document: Document, findings: Iterable[Finding], offset: int) -> list[Finding]:
    """Findings at ``offset``, the smallest first; of one over many lines the first line is enough."""
    line = document.line_at(offset)
    here = (one for one in findings if one.start <= offset <= max(one.end - 1, one.start))
    return sorted((one for one in here if document.line_at(one.start) == line), key=lambda one: one.end - one.start)


def finding_text(finding: Finding) -> str:
    """A finding as Markdown: what, how sure, why, and what its rule says of itself."""
    sure = f", {finding.confidence:.0%} sure" if finding.confidence is not None else ""
    head = f"**{finding.code}** ({finding.origin}{sure}): {finding.message}"
    parts = [head, finding.reasoning, "\n\n".join(_documentation(finding))]
    return "\n\n".join(part for part in parts if part)


def _documentation(finding: Finding) -> Iterator[str]:
    """The first part of the rule's documentation, and where the rest is."""
    from python_slm.tasks.explanation import explanation  # noqa: PLC0415 - brings libcst; initialize is not to wait

    text = _TITLE.sub("", explanation(finding.code) or "")
    cut = _EXAMPLE.search(text)
    text = _REFERENCE.sub(lambda found: found[1] or "", text[: cut.start()] if cut else text)
    if text.strip():
        yield _HEADING.sub(r"**\1**", text).strip()
    if finding.url:
        yield f"[More about {finding.code}]({finding.url})"


def symbol_text(symbol: Symbol) -> str:
    """A symbol as Markdown; empty where nothing is known but its name."""
    kind = "" if symbol.kind in ("function", "class", "method", "imported") else f"({symbol.kind}) "
    code = f"```python\n{kind}{symbol.header}\n```" if symbol.header else ""
    return "\n\n".join(part for part in (code, symbol.docstring) if part)


def plain(markdown: str) -> str:
    """The same for clients that show text as it is."""
    text = _FENCE.sub("", markdown).replace("**", "").replace("`", "")
    return _LINK.sub(r"\1: \2", text)


async def _resolved(ls: Server, snapshot: Snapshot, offset: int, found: Symbol | str | None) -> Symbol | None:
    """The symbol, and where it is imported with what its own file says of it."""
    if found is None or isinstance(found, str) or found.kind != "imported":
        return found if not isinstance(found, str) else None
    asked = asyncio.ensure_future(ls.surroundings.look_up(snapshot, offset, found.name))
    try:
        definition = await asyncio.wait_for(asyncio.shield(asked), WAIT_S)
    except TimeoutError:
        return found
    if definition is None:
        return found
    header = definition.signature or (f"module {definition.module}" if definition.kind == "module" else found.header)
    return replace(found, header=header, docstring=definition.docstring)
