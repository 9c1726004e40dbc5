"""Model text → insertable text: where a suggestion stops, and what of it repeats what is already there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_PAIRS = {")": "(", "]": "[", "}": "{"}
_MAX_LINES = 12
_MAX_REPEATS = 3
_STAMMER = re.compile(r"((?=\W*\w).{5,60}?)\1{3,}", re.DOTALL)
"""Some words, not a ruler of dashes, four times in a row: a small model that has lost its way."""


@dataclass(frozen=True)
class Cursor:
    """The line around the cursor and what follows it."""

    before: str
    """The cursor's line up to the cursor."""
    after: str
    """The rest of the cursor's line, without its line ending."""
    above: str
    """The last non-blank line above the cursor's; empty at the top."""
    below: str
    """The first non-blank line below the cursor's; empty at the bottom."""

    @classmethod
    def at(cls, text: str, offset: int) -> Cursor:
        """The cursor at ``offset`` of ``text``; looks at most 20,000 characters each way."""
        head, tail = text[max(0, offset - 20_000) : offset], text[offset : offset + 20_000]
        above, _, before = head.rpartition("\n")
        after, _, below = tail.partition("\n")
        return cls(
            before,
            after.rstrip("\r"),
            next((line for line in reversed(above.splitlines()) if line.strip()), ""),
            next((line for line in below.splitlines() if line.strip()), ""),
        )

    @property
    def opens_block(self) -> bool:
        """Nothing but a new block's body can come here: the line above, or this one, ends in a colon."""
        if self.after.strip():
            return False
        opener = self.before if self.before.strip() else self.above
        return opener.rstrip().endswith(":") and not opener.lstrip().startswith("#")

    @property
    def body_indent(self) -> int:
        """Least indentation, in characters, of lines that still belong to the block at the cursor."""
        if not self.before.strip() and self.before:
            return len(self.before)
        opener = self.before if self.before.strip() else self.above
        return _indent(opener) + 1


def single_line_stop(text: str) -> int | None:
    """Cut at the end of the first line."""
    end = text.find("\n")
    return end if end >= 0 else None


def block_stop(indent: int) -> Callable[[str], int | None]:
    """Cut before the first later line indented less than ``indent`` characters, or after ``_MAX_LINES`` lines."""

    def stop(text: str) -> int | None:
        start = text.find("\n") + 1
        lines = 1
        while start:
            end = text.find("\n", start)
            line = text[start : end if end >= 0 else len(text)]
            if line.strip() and _indent(line) < indent:
                return len(text[:start].rstrip())
            lines += 1
            if lines >= _MAX_LINES and end >= 0:
                return end
            start = end + 1
        return None

    return stop


def finish(text: str, cursor: Cursor, *, complete: bool = True) -> str:
    """What to insert, or nothing: trailing space, repeats, and text already beside the cursor are taken off.

    A last line that is not ``complete``, because the model was cut short, is left out.
    """
    text = _without_repeats(text if complete else text.rpartition("\n")[0]).rstrip()
    if "\n" not in text:
        text = _without_overlap(_matched(text, cursor.before), cursor.after)
    if not text.strip() or _STAMMER.search(text) or _equals_below(text, cursor) or _indents_twice(text, cursor):
        return ""
    return text


def _without_repeats(text: str) -> str:
    """Stop a text that says the same line over and over."""
    lines = text.splitlines(keepends=True)
    for index in range(len(lines) - _MAX_REPEATS + 1):
        window = [line.strip() for line in lines[index : index + _MAX_REPEATS]]
        if window[0] and len(set(window)) == 1:
            return "".join(lines[: index + 1])
    return text


def _matched(text: str, before: str) -> str:
    """``text`` with every closing bracket of the kind that the line has open; brackets in strings do not count."""
    closers = {opener: closer for closer, opener in _PAIRS.items()}
    expected: list[str] = []
    matched = list(text)
    quote = ""
    for index, character in enumerate(before + text, start=-len(before)):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character == "#":
            break
        elif character in closers:
            expected.append(closers[character])
        elif character in _PAIRS and expected:
            closer = expected.pop()
            if index >= 0:
                matched[index] = closer
    return "".join(matched)


def _without_overlap(text: str, after: str) -> str:
    """Take off the end of ``text`` that stands right of the cursor already; closers only where they do not match."""
    rest = after.rstrip()
    for length in range(min(len(text), len(rest)), 0, -1):
        overlap = rest[:length]
        if not text.endswith(overlap):
            continue
        if all(character in _PAIRS for character in overlap):
            return text[: len(text) - min(length, _unmatched_closers(text))]
        return text[:-length]
    return text


def _unmatched_closers(text: str) -> int:
    """Closing brackets of ``text`` that nothing in it opens."""
    open_brackets: list[str] = []
    unmatched = 0
    for character in text:
        if character in "([{":
            open_brackets.append(character)
        elif character in _PAIRS:
            if open_brackets and open_brackets[-1] == _PAIRS[character]:
                open_brackets.pop()
            else:
                unmatched += 1
    return unmatched


def _equals_below(text: str, cursor: Cursor) -> bool:
    """The line that would result stands right below already."""
    return not cursor.after.strip() and (cursor.before + text).strip() == cursor.below.strip() != ""


def _indents_twice(text: str, cursor: Cursor) -> bool:
    """The cursor stands at the indentation of the lines around it, and the text would add more."""
    deep_enough = _indent(cursor.before) > _indent(cursor.above) or not cursor.above.rstrip().endswith(":")
    return not cursor.before.strip() and deep_enough and text[0] in " \t"


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
