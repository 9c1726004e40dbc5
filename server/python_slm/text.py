r"""An immutable text with the two ways to address it: offsets (code points) and LSP positions (line, character).

Lines end at ``\n``, ``\r\n`` or ``\r`` and nowhere else, as LSP 3.18 says.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, count
from operator import add
from typing import TYPE_CHECKING, Literal, Self

from python_slm.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Encoding = Literal["utf-8", "utf-16", "utf-32"]

_LINE_END = re.compile(r"\r\n|\n|\r")
_STRETCH = 8192
_BYTES = {"utf-8": 1, "utf-16": 2, "utf-32": 4}


@dataclass(frozen=True)
class Position:
    """Zero-based line and character; the unit of ``character`` is the negotiated encoding's."""

    line: int
    character: int


@dataclass(frozen=True)
class Change:
    """Replace the text between two positions; without them, the whole text."""

    text: str
    start: Position | None = None
    end: Position | None = None


@dataclass(frozen=True)
class Edit:
    """Replace ``text[start:end]``, offsets into the text before any edit, by ``text``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Document:
    """One version of one file: share it freely, it never changes."""

    uri: str
    text: str
    version: int = 0

    @cached_property
    def line_starts(self) -> list[int]:
        """Offset of every line's first character, (lines,) ascending; never empty."""
        if "\r" not in self.text:
            return _newline_starts(self.text)
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    def line_at(self, offset: int) -> int:
        """Zero-based line that holds ``offset``."""
        return bisect_right(self.line_starts, offset) - 1

    def line_span(self, line: int) -> tuple[int, int]:
        """(start, end) offsets of a line, its line ending left out."""
        start = self.line_starts[line]
        end = self.line_starts[line + 1] if line + 1 < len(self.line_starts) else len(self.text)
        while end > start and self.text[end - 1] in "\r\n":
            end -= 1
        return start, end

    def offset_at(self, position: Position, encoding: Encoding) -> int:
        """Offset of a position. Past the line's end is its end, past the last line is the text's end (LSP 3.18)."""
        if position.line < 0 or position.character < 0:
            raise DocumentError(f"{self.uri}: position {position.line}:{position.character} is negative")
        if position.line >= len(self.line_starts):
            return len(self.text)
        start, end = self.line_span(position.line)
        line = self.text[start:end]
        if encoding == "utf-32" or line.isascii():
            return start + min(position.character, len(line))
        units = 0
        for index, character in enumerate(line):
            if units >= position.character:
                return start + index
            units += _units(character, encoding)
        return end

    def position_at(self, offset: int, encoding: Encoding) -> Position:
        """Position of an offset, clamped to the text; within a line ending that is the line's end."""
        line = self.line_at(max(0, offset))
        if 0 <= offset < len(self.text) and self.text[offset] not in "\r\n" and self._is_counted(encoding):
            return Position(line, offset - self.line_starts[line])
        start, end = self.line_span(line)
        before = self.text[start : max(start, min(offset, end))]
        if encoding == "utf-32" or before.isascii():
            return Position(line, len(before))
        return Position(line, sum(_units(character, encoding) for character in before))

    def _is_counted(self, encoding: Encoding) -> bool:
        """Whether a character is one unit everywhere."""
        return encoding == "utf-32" or self.text.isascii()

    def edited(self, changes: Iterable[Change], version: int, encoding: Encoding) -> Self:
        """The next version: ``changes`` applied one after the other, each to the result of the one before."""
        document = self
        for change in changes:
            document = document._apply(change, version, encoding)
        return type(self)(self.uri, document.text, version) if document is self else document

    def _apply(self, change: Change, version: int, encoding: Encoding) -> Self:
        if change.start is None or change.end is None:
            return type(self)(self.uri, change.text, version)
        start, end = self.offset_at(change.start, encoding), self.offset_at(change.end, encoding)
        if end < start:
            raise DocumentError(f"{self.uri}: change ends before it starts ({change.start} > {change.end})")
        after = type(self)(self.uri, self.text[:start] + change.text + self.text[end:], version)
        if "\r" not in after.text and "\r" not in self.text:
            after.__dict__["line_starts"] = self._starts_after(start, end, change.text)
        return after

    def _starts_after(self, start: int, end: int, text: str) -> list[int]:
        """``line_starts`` once ``text[start:end]`` is something else: to move them is faster than to look for them."""
        starts, by = self.line_starts, len(text) - (end - start)
        first, last = bisect_right(starts, start), bisect_right(starts, end)
        new = (start + place for place in _newline_starts(text)[1:])
        return [*starts[:first], *new, *map(by.__add__, starts[last:])]


def alike_at_ends(before: str, after: str) -> tuple[int, int]:
    """Where two versions of a text differ, as long as it is one place: what an editor sends is.

    How many characters they have in common at their beginnings, and, of the rest, at their ends.
    """
    most = min(len(before), len(after))
    start = _most_alike(most, lambda low, high: before.startswith(after[low:high], low))
    last, other = len(before), len(after)
    return start, _most_alike(
        most - start, lambda low, high: before.startswith(after[other - high : other - low], last - high)
    )


def _most_alike(most: int, equal: Callable[[int, int], bool]) -> int:
    """How many characters are equal, at most ``most``: ``equal`` compares those from ``low`` to ``high``.

    A stretch at a time, and the first that differs by halves.
    """
    low = 0
    while low < most and equal(low, min(low + _STRETCH, most)):
        low = min(low + _STRETCH, most)
    high = min(low + _STRETCH, most)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if equal(low, middle) else (low, middle - 1)
    return low


def characters_in(text: str, units: int, encoding: Encoding) -> int:
    """How many characters of ``text`` the first ``units`` of an encoding make, those cut in the middle included."""
    if encoding == "utf-32" or text.isascii():
        return max(0, min(units, len(text)))
    sizes = accumulate((_units(character, encoding) for character in text), initial=0)
    return next((index for index, size in enumerate(sizes) if size >= units), len(text))


def _newline_starts(text: str) -> list[int]:
    ends = accumulate(map(len, text.split("\n")))
    return [0, *map(add, ends, count(1))][:-1]  # no bytecode a line: every version of a document asks for them


def _units(character: str, encoding: Encoding) -> int:
    return len(character.encode(encoding + ("-le" if encoding != "utf-8" else ""), "surrogatepass")) // _BYTES[encoding]
