"""Which brackets and quotes are open: read from the cursor's line and what the model adds to it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_MARK = re.compile(r"\\.|\"\"\"|'''|[\"'()\[\]{}#\n]", re.DOTALL)


@dataclass(frozen=True)
class Open:
    """``closers`` that are still to come, the innermost last; ``quote`` of the string that is open, if one is."""

    closers: str = ""
    quote: str = ""


NOTHING = Open()


@dataclass(frozen=True)
class Walk:
    """``after`` a text, and where in it stands what closes things that were open before it, in order."""

    after: Open
    closed: tuple[int, ...]
    wrong: tuple[tuple[int, str], ...]
    """Closers of the wrong kind, and what should stand there."""


@dataclass
class _Walker:
    closers: list[str]
    quote: str
    comment: bool = False

    def __post_init__(self) -> None:
        self.closed: list[int] = []
        self.wrong: list[tuple[int, str]] = []
        self._outer = len(self.closers)
        self._quoted = bool(self.quote)

    def take(self, sign: str, place: int) -> None:
        if sign == "\n":
            self.comment = False
            self.quote = self.quote if len(self.quote) > 1 else ""
        elif self.comment or sign[0] == "\\":
            return
        elif self.quote:
            self._within_string(sign, place)
        elif sign[0] in "\"'":
            self.quote = sign
        elif sign == "#":
            self.comment = True
        elif sign in _CLOSERS:
            self.closers.append(_CLOSERS[sign])
        elif self.closers:
            self._close(sign, place)

    def _within_string(self, sign: str, place: int) -> None:
        if sign not in (self.quote, self.quote * 3):
            return
        self.quote = ""
        if self._quoted:
            self.closed.append(place)
            self._quoted = False

    def _close(self, sign: str, place: int) -> None:
        expected = self.closers.pop()
        if sign != expected:
            self.wrong.append((place, expected))
        if len(self.closers) < self._outer:
            self._outer = len(self.closers)
            self.closed.append(place)


def walk(text: str, start: Open = NOTHING) -> Walk:
    """Read ``text``; a string with single quotes ends with its line, a comment too."""
    walker = _Walker(list(start.closers), start.quote)
    for mark in _MARK.finditer(text):
        walker.take(mark.group(), mark.start())
    return Walk(Open("".join(walker.closers), walker.quote), tuple(walker.closed), tuple(walker.wrong))


def matched(text: str, before: str) -> str:
    """``text`` with every closing bracket of the kind that the line has open; brackets in strings do not count."""
    characters = list(text)
    for place, closer in walk(text, walk(before).after).wrong:
        characters[place] = closer
    return "".join(characters)
