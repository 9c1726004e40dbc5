"""Where a suggestion may end, and what is known about it up to there: the features of the show filter.

Features are numbers only, none of the user's code: they may be kept and learned from.
"""

from __future__ import annotations

import keyword
import math
import re
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.checks.base import Candidate, Place

MIN_CHARACTERS = 3
"""A shorter beginning is not worth a look and a key; a whole suggestion may be."""

_CLOSERS = frozenset(")]}\"'")
_PAIRS = {")": "(", "]": "[", "}": "{"}
_WORD = re.compile(r"[^\W\d]\w+")
_HEADER = re.compile(r"\s*(?:async\s+def|def|class)\b")
_IMPORT = re.compile(r"\s*(?:import|from)\b")
_NEAR = 20_000
_LONGEST = 12
_FLOOR = -20.0  # a natural logarithm: what is less likely than one in 500 million is all the same


def cut_points(candidate: Candidate, place: Place) -> list[int]:
    """Lengths that the candidate may be cut to, ascending, its whole length last.

    They are the ends of lines and, in the first line, of words, strings and brackets, but nothing within a string that
    the candidate itself begins. What has edits elsewhere, or takes the place of text, stays whole.
    """
    text = candidate.text
    if candidate.additional or candidate.start != place.offset or candidate.end != place.offset:
        return [len(text)]
    first = text.split("\n", 1)[0]
    begun = _quote_open(place.cursor.before)
    quotes = list(accumulate(first, _quoted, initial=begun))
    within = [
        index
        for index in range(MIN_CHARACTERS, len(first))
        if _ends_something(first[index - 1], first[index]) and quotes[index] in {"", begun} and first[:index].strip()
    ]
    ends = [match.start() for match in re.finditer(r"(?<=\S)\n", text)]
    return sorted({*within, *ends, len(text)})


def features(candidate: Candidate, place: Place, lengths: Sequence[int]) -> list[dict[str, float]]:
    """What is known about each of the candidate's beginnings of ``lengths`` characters, by name.

    Of tokens, logarithms are natural and never below −20; shares are in [0, 1]; flags are 0 or 1.
    """
    said = _Said(candidate, place)
    return [{**said.of(length), **said.of_place} for length in lengths]


def weight(text: str) -> int:
    """Characters of ``text`` that somebody types: an editor makes the indentation of later lines."""
    return len(re.sub(r"(?<=\n)[ \t]+", "", text))


@dataclass(frozen=True)
class _Said:
    """A candidate where it goes; everything that several cuts share is found once."""

    candidate: Candidate
    place: Place

    def of(self, length: int) -> dict[str, float]:
        """The features of the first ``length`` characters themselves."""
        text = self.candidate.text[:length]
        whole = length == len(self.candidate.text)
        last = text[-1]
        words = self._words(text)
        unknown = sum(word not in self._near for word in words)
        begun = self.place.cursor.before[-_LONGEST:] + text
        return {
            **self._likelihood(length),
            "characters": math.log(weight(text)),
            "words": float(len(words)),
            "lines": float(text.count("\n")),
            "whole": float(whole),
            "ends_line": float(self._ends_line(length)),
            "ends_word": float(last.isalnum() or last == "_"),
            "ends_bracket": float(last in ")]}"),
            "ends_quote": float(last in "\"'"),
            "open_brackets": float(min(3, _open_brackets(text))),
            "closes_more": float(min(3, _unopened(text))),
            "unknown_words": float(min(4, unknown)),
            "known_share": 1 - unknown / len(words) if words else 1.0,
            "said_before": float(begun in self._near),
            "quotes": float(min(4, sum(map(text.count, "\"'")))),
            "has_number": float(re.search(r"\b\d", text) is not None),
        }

    @cached_property
    def of_place(self) -> dict[str, float]:
        """The features of the cursor, and of how the model stopped."""
        place, cursor, stopped = self.place, self.place.cursor, self.candidate.generation.stopped
        before, text = cursor.before, place.document.text
        stripped = before.rstrip()
        typed = re.search(r"\w*$", before)
        return {
            "typed_of_word": float(min(8, len(typed.group()) if typed else 0)),
            "after_dot": float(stripped.endswith(".")),
            "after_open": float(stripped.endswith(("(", "[", "{"))),
            "after_comma": float(stripped.endswith(",")),
            "after_equals": float(stripped.endswith("=")),
            "after_quote": float(stripped.endswith(('"', "'"))),
            "in_brackets": float(min(3, _open_brackets(before))),
            "in_string": float(bool(_quote_open(before))),
            "in_import": float(_IMPORT.match(before) is not None),
            "in_header": float(_HEADER.match(before) is not None),
            "in_comment": float("#" in before),
            "new_statement": float(not stripped),
            "opens_block": float(cursor.opens_block),
            "rest_of_line": float(bool(cursor.after.strip())),
            "indentation": min(6.0, (len(before) - len(before.lstrip())) / 4),
            "file_characters": math.log1p(len(text)),
            "file_share": place.offset / max(1, len(text)),
            "broken": float(bool(place.index.problems)),
            "stopped_end": float(stopped == "end"),
            "stopped_early": float(stopped not in ("end", "stop")),
        }

    def _likelihood(self, length: int) -> dict[str, float]:
        """Of the tokens that said the first ``length`` characters, the one that reaches beyond them included."""
        generation = self.candidate.generation
        logprobs = [max(_FLOOR, value) for value in generation.logprobs] or [_FLOOR]
        size = len(self.candidate.text[:length].encode("utf-8", "replace"))
        count = min(bisect_left(generation.ends, size) + 1, len(logprobs))
        total = self._sums[count - 1] if self._sums else _FLOOR
        said = logprobs[:count]
        following = logprobs[count] if count < len(logprobs) else 0.0
        return {
            "logprob": total,
            "probability": math.exp(total),
            "mean_logprob": total / count,
            "mean_probability": math.exp(total / count),
            "worst_logprob": min(said),
            "worst_probability": math.exp(min(said)),
            "first_logprob": said[0],
            "first_probability": math.exp(said[0]),
            "last_logprob": said[-1],
            "last_probability": math.exp(said[-1]),
            "next_logprob": following,
            "next_probability": math.exp(following),
            "tokens": float(min(48, count)),
            "log_tokens": math.log(count),
            "unsure_tokens": float(sum(value < -1 for value in said)),
        }

    @cached_property
    def _sums(self) -> list[float]:
        return list(accumulate(max(_FLOOR, value) for value in self.candidate.generation.logprobs))

    @cached_property
    def _near(self) -> str:
        """The file around the cursor."""
        offset = self.place.offset
        return self.place.document.text[max(0, offset - _NEAR) : offset + _NEAR]

    def _ends_line(self, length: int) -> bool:
        """Whether the model ended the line here, not a check, a limit, or we."""
        text, stopped = self.candidate.text, self.candidate.generation.stopped
        return text[length : length + 1] == "\n" or (length == len(text) and stopped in ("end", "stop"))

    def _words(self, text: str) -> list[str]:
        """Names in ``text``; the first one whole where it is typed in part."""
        typed = re.search(r"\w*$", self.place.cursor.before)
        return [word for word in _WORD.findall((typed.group() if typed else "") + text) if not keyword.iskeyword(word)]


def _ends_something(last: str, following: str) -> bool:
    """Whether a word, string or bracket ends between the two characters."""
    is_word = last == "_" or last.isalnum()
    return (is_word and not (following == "_" or following.isalnum())) or last in _CLOSERS


def _quoted(quote: str, character: str) -> str:
    """The quote that is open after ``character``, where ``quote`` was before it; empty outside of strings."""
    if character not in "\"'":
        return quote
    return "" if character == quote else quote or character


def _quote_open(line: str) -> str:
    """The quote of the string that ``line`` ends in, or nothing."""
    return next(iter(deque(accumulate(line, _quoted, initial=""), maxlen=1)))


def _open_brackets(text: str) -> int:
    """Brackets that ``text`` opens and does not close; those in strings count too."""
    depth = 0
    for character in text:
        if character in "([{":
            depth += 1
        elif character in _PAIRS and depth:
            depth -= 1
    return depth


def _unopened(text: str) -> int:
    """Brackets that ``text`` closes and did not open."""
    depth = unopened = 0
    for character in text:
        if character in "([{":
            depth += 1
        elif character in _PAIRS:
            unopened += not depth
            depth -= bool(depth)
    return unopened
