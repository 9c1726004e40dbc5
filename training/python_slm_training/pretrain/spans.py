"""Choosing what to hide: half of the infilling examples hide what a person types next, half any run of characters.

Line-bounded spans stand in for syntax-tree ones (arXiv 2506.00204): the rest of a line from some column, whole lines,
or an indented block, found from line ends and indentation alone, so that code that does not parse serves as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.random import Generator

_MAX_BLOCK_LINES = 12
_REST_OF_LINE, _WHOLE_LINES = 0.6, 0.8  # cumulative shares; the others are blocks


def choose_span(text: str, rng: Generator, *, line_share: float) -> tuple[int, int]:
    """(start, end) of the characters to hide; start ≤ end, never empty unless ``text`` has nothing to hide."""
    if rng.random() < line_share:
        span = _line_span(text, rng)
        if span is not None:
            return span
    return _character_span(text, rng)


def _character_span(text: str, rng: Generator) -> tuple[int, int]:
    first, second = sorted(int(cut) for cut in rng.integers(0, len(text) + 1, 2))
    return first, second


def _line_span(text: str, rng: Generator) -> tuple[int, int] | None:
    """A span bounded by line ends, or None where the line drawn is blank."""
    start = text.rfind("\n", 0, int(rng.integers(0, len(text)))) + 1
    end = _line_end(text, start)
    code = start + _indentation(text[start:end])
    if code == end:
        return None
    kind = rng.random()
    if kind < _REST_OF_LINE:
        return int(rng.integers(code, end)), end
    if kind < _WHOLE_LINES:
        return (start if rng.random() < 0.5 else code), _lines_after(text, end, int(rng.integers(0, 4)))  # noqa: PLR2004
    return code, _block_end(text, start, end)


def _line_end(text: str, offset: int) -> int:
    """Offset of the newline that ends the line at ``offset``, or the text's end."""
    found = text.find("\n", offset)
    return len(text) if found < 0 else found


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _lines_after(text: str, end: int, lines: int) -> int:
    """End of the ``lines``-th line after the one that ends at ``end``."""
    for _ in range(lines):
        if end >= len(text):
            break
        end = _line_end(text, end + 1)
    return end


def _block_end(text: str, start: int, end: int) -> int:
    """End of the last following line indented at least as deep, blank lines between them included."""
    depth = _indentation(text[start:end])
    last = end
    for _ in range(_MAX_BLOCK_LINES):
        if end >= len(text):
            break
        begin, end = end + 1, _line_end(text, end + 1)
        line = text[begin:end]
        if line.strip() and _indentation(line) < depth:
            break
        if line.strip():
            last = end
    return last
