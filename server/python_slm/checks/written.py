"""What a suggestion itself wrote: its names, calls, attributes and imports, read in their place."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from python_slm.checks.base import Verdict
from python_slm.checks.parses import fits
from python_slm.syntax.repair import closers_of
from python_slm.syntax.scope import Names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.checks.base import Candidate, Place
    from python_slm.syntax.bindings import Mention, Spot, Use
    from python_slm.syntax.scope import Reading

_MOST_CUTS = 4
_PIECE = re.compile(r"\w+|\s+|.", re.DOTALL)
_ENDS_WELL = re.compile(
    r"(?:[\w)\]}'\"]|\belse:|\btry:|\bfinally:)(?<!\breturn)(?<!\bimport)(?<!\bfrom)(?<!\bas)(?<!\bin)(?<!\bis)(?<!\bnot)"
    r"(?<!\band)(?<!\bor)(?<!\bif)(?<!\belse)(?<!\bfor)(?<!\bwhile)(?<!\bwith)(?<!\bassert)(?<!\bdel)(?<!\braise)"
    r"(?<!\byield)(?<!\bawait)(?<!\blambda)(?<!\bexcept)(?<!\belif)(?<!\bglobal)(?<!\bnonlocal)(?<!\bdef)(?<!\bclass)"
    r"(?<!\basync)(?<!\bcase)(?<!\bmatch)\Z"
)

_BARE = re.compile(r"\W*(?:self|cls)?\W*")
"""Nothing worth showing."""


@dataclass(frozen=True, eq=False)
class Written:
    """A candidate in its place. Offsets are the buffer's with the candidate in it."""

    candidate: Candidate
    place: Place
    names: Names

    @property
    def start(self) -> int:
        """Where the candidate begins."""
        return self.candidate.start

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.candidate.start + len(self.candidate.text)

    @cached_property
    def readings(self) -> Sequence[Reading]:
        """The blocks that it touches, in order."""
        return self.names.read(self.start, self.end)

    @cached_property
    def before(self) -> Names:
        """The names of the buffer without it."""
        return Names(self.place.index)

    def missing(self) -> Iterator[tuple[Reading, Use]]:
        """Names that it reads and nothing binds, in the order of the text."""
        found = [(reading, use) for reading in self.readings for use in self.names.missing(reading) if self._says(use)]
        yield from sorted(found, key=lambda one: (one[0].place, one[0].part, one[1].start))

    def mentions(self) -> Iterator[tuple[Reading, Mention]]:
        """Calls, attributes and imports that it wrote at least a part of, but for those within f-strings."""
        for reading in self.readings:
            for mention in reading.mentions:
                if not mention.at.quoted:
                    yield reading, mention

    def wrote(self, reading: Reading, start: Spot, end: Spot) -> bool:
        """Whether it wrote a part of what stands between two spots."""
        return reading.offset_of(start) < self.end and self.start < reading.offset_of(end)

    def length_to(self, reading: Reading, spot: Spot) -> int:
        """How many of its characters stand before a spot."""
        return max(0, min(reading.offset_of(spot) - self.start, len(self.candidate.text)))

    def _says(self, use: Use) -> bool:
        return not use.quoted or re.search(rf"\b{re.escape(use.name)}\b", self.candidate.text) is not None


class Reader:
    """Reads a candidate once for all checks that look at it."""

    def __init__(self) -> None:
        self._last: Written | None = None

    def read(self, candidate: Candidate, place: Place) -> Written:
        """What ``candidate`` writes at ``place``."""
        last = self._last
        if last is None or last.place is not place or _edit(last.candidate) != _edit(candidate):
            last = self._last = Written(candidate, place, Names(place.index.updated(place.with_edit(candidate))))
        return last


def _edit(candidate: Candidate) -> tuple[int, int, str]:
    return candidate.start, candidate.end, candidate.text


def truncated(candidate: Candidate, place: Place, length: int) -> Candidate | None:
    """The longest beginning of the first ``length`` characters that ends like a statement or an expression, and fits.

    None where there is none, or the search takes too long.
    """
    ends = [found.end() for found in _PIECE.finditer(candidate.text, 0, length)]
    tries = 0
    for end in reversed(ends):
        text = candidate.text[:end]
        if not _ENDS_WELL.search(text):
            continue
        if tries >= _MOST_CUTS or place.late():
            return None
        tries += 1
        shorter = _cut(candidate, place, end)
        if not _BARE.fullmatch(shorter.text) and _closes(shorter, place) and fits(shorter, place):
            return shorter
    return None


def ended(candidate: Candidate, place: Place, lengths: Sequence[int], *, cut: str, dropped: str) -> Verdict:
    """Keep what has no fault, else end it before the first; ``lengths`` are the characters before each."""
    if not lengths:
        return Verdict.keep(candidate)
    shorter = truncated(candidate, place, min(lengths))
    return Verdict.drop(dropped) if shorter is None else Verdict(shorter, "cut", cut)


def _cut(candidate: Candidate, place: Place, length: int) -> Candidate:
    """Its first ``length`` characters; what stands right of the cursor stays if the end of its line is cut off."""
    shorter = candidate.cut(length)
    whole_line = "\n" in candidate.text[: len(shorter.text) + 1]
    return shorter if whole_line else replace(shorter, end=max(candidate.start, min(candidate.end, place.offset)))


def _closes(candidate: Candidate, place: Place) -> bool:
    """Whether the brackets that the candidate opens are closed, by itself or right of it."""
    left = closers_of(candidate.text)
    return place.document.text.startswith(left, candidate.end)
