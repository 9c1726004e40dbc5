"""A small model that has lost its way says the same again, or what stands beside the cursor already."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from python_slm.postprocess.cursor import indent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.postprocess.cursor import Cursor

_PERIODS = ((1, 3), (2, 2), (3, 2), (4, 2))
"""(lines, how often in a row is too often)."""
_STAMMER = re.compile(r"((?=\W*\w).{5,60}?)\1{3,}", re.DOTALL)
"""Some words, not a ruler of dashes, four times in a row."""


def without_repeats(text: str) -> str:
    """Stop a text that says the same line, or the same few lines, over and over."""
    lines = text.splitlines(keepends=True)
    said = [(place, line.strip()) for place, line in enumerate(lines) if line.strip()]
    for start in range(len(said)):
        for period, most in _PERIODS:
            if _repeats([line for _, line in said[start : start + period * most]], period, most):
                return "".join(lines[: said[start + period - 1][0] + 1])
    return text


def _repeats(lines: Sequence[str], period: int, times: int) -> bool:
    return len(lines) == period * times and all(lines[at] == lines[at % period] for at in range(len(lines)))


def stammers(text: str) -> bool:
    """Whether it repeats a few words again and again."""
    return _STAMMER.search(text) is not None


def without_line_below(text: str, cursor: Cursor) -> str:
    """A text of several lines ends where it comes to the line that stands below already."""
    if not cursor.below or cursor.after.strip():
        return text
    lines = text.split("\n")
    for place, line in enumerate(lines[1:], start=1):
        if line.rstrip() == cursor.below.rstrip() and any(character.isalnum() for character in line):
            return "\n".join(lines[:place]).rstrip()
    return text


def repeats_beside(text: str, cursor: Cursor) -> bool:
    """Whether the line that would result stands right below already, or right above with nothing else new."""
    if cursor.after.strip():
        return False
    first, *more = (cursor.before + text).split("\n")
    if first.strip() == cursor.below.strip() != "":
        return True
    same_depth = indent(first) == indent(cursor.above)
    return not more and same_depth and first.rstrip() == cursor.above.rstrip() and len(re.findall(r"\w+", first)) > 1
