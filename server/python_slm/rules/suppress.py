"""Comments that silence findings of ours: ``# slm: ignore[code, code2]`` on their line, ``ignore-file`` anywhere.

The line of a finding is the one where it begins; if no comment can stand at its end, because a string or a backslash
goes on there, the next one where one can. Findings of ruff have ``noqa``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from python_slm.syntax.lines import COMMENT, NEWLINE, STRING, TRIPLE
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from python_slm.findings import Finding
    from python_slm.syntax.blocks import BlockIndex

_TOKEN = re.compile(
    rf"(?P<comment>{COMMENT})|(?P<end>{NEWLINE})|{TRIPLE}|{STRING}|\\{NEWLINE}|[^'\"#\\\r\n]++|.", re.DOTALL
)
_IGNORE = re.compile(r"#\s*slm:\s*ignore\[(?P<codes>[^\]]*)\]")
_IGNORE_FILE = re.compile(r"#\s*slm:\s*ignore-file\[(?P<codes>[^\]]*)\]")
_MARK = "slm:"
_NOT_OURS = ("syntax", "ruff")


@dataclass(frozen=True)
class _LineEnd:
    """Where a line's code ends and its comment, if any, begins; ``end`` is the end of both. Offsets."""

    start: int
    end: int


def settled(index: BlockIndex, findings: Iterable[Finding]) -> list[Finding]:
    """Ours among ``findings`` less what comments ignore, each with the edit that would ignore it; others as they are.

    Whoever settles twice gets the same.
    """
    ignored = ignored_in_file(index)
    return [
        one
        if one.origin in _NOT_OURS or one.suppress
        else replace(one, suppress=(suppression(index, one.start, one.code),))
        for one in findings
        if one.origin in _NOT_OURS or not (one.code in ignored or is_ignored(index, one.start, one.code))
    ]


def is_ignored(index: BlockIndex, offset: int, code: str) -> bool:
    """Whether a comment ignores ``code`` on the line of ``offset``."""
    if _MARK not in index.text:
        return False
    line = _line_end(index, offset)
    return any(code in _codes(found) for found in _IGNORE.finditer(index.text, line.start, line.end))


def ignored_in_file(index: BlockIndex) -> frozenset[str]:
    """The codes that comments ignore in the whole file."""
    if _MARK not in index.text:
        return frozenset()
    comments = (
        token[0]
        for block in index.blocks
        if _MARK in block.text
        for token in _TOKEN.finditer(block.text)
        if token.lastgroup == "comment"
    )
    return frozenset(code for comment in comments for found in _IGNORE_FILE.finditer(comment) for code in _codes(found))


def suppression(index: BlockIndex, offset: int, code: str) -> Edit:
    """The edit that makes the line of ``offset`` ignore ``code``; what its comment says already stays."""
    text, line = index.text, _line_end(index, offset)
    there = _IGNORE.search(text, line.start, line.end)
    if there:
        codes = text[slice(*there.span("codes"))].strip()
        return Edit(*there.span("codes"), f"{codes}, {code}" if codes else code)
    end = line.start + len(text[line.start : line.end].rstrip())
    if end == line.start:
        while end and text[end - 1] in " \t\f":
            end -= 1
    return Edit(end, line.end, f"  # slm: ignore[{code}]")


def _codes(found: re.Match[str]) -> set[str]:
    return {code.strip() for code in found["codes"].split(",")}


def _line_end(index: BlockIndex, offset: int) -> _LineEnd:
    """The end of the first line from ``offset`` on at which a comment can stand, or stands."""
    block = index.block_at(offset)
    for token in _TOKEN.finditer(block.text):
        start, end = block.start + token.start(), block.start + token.end()
        if token.lastgroup == "comment" and end >= offset:
            return _LineEnd(start, end)
        if token.lastgroup == "end" and start >= offset:
            return _LineEnd(start, start)
    return _LineEnd(block.end, block.end)
