"""What is inserted parses where it goes, or it is cut back by lines until it does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from python_slm.checks.base import Verdict

if TYPE_CHECKING:
    from python_slm.checks.base import Candidate, Place


class Parses:
    """Cuts to the most whole lines that leave the fewest problems in the block index, at most as many as without."""

    name = "parses"

    def examine(self, candidate: Candidate, place: Place) -> Verdict:
        """See Check."""
        best, fewest = "", len(place.index.problems) + 1
        text = candidate.text
        while text and fewest:
            problems = problems_with(replace(candidate, text=text), place)
            if problems < fewest:
                best, fewest = text, problems
            text = text.rpartition("\n")[0].rstrip()
        if not best:
            return Verdict.drop("does not parse where it goes")
        if best == candidate.text:
            return Verdict.keep(candidate)
        return Verdict(replace(candidate, text=best), "cut", "the rest does not parse")


def problems_with(candidate: Candidate, place: Place) -> int:
    """Broken blocks of the buffer with the candidate in it; a block that it only just opens is given a body."""
    text = place.document.text
    before = text[: candidate.start] + candidate.text
    return len(place.index.updated(before + body_of(before) + text[candidate.end :]).problems)


def body_of(before: str) -> str:
    """What a block that was only just opened still needs to parse: a body, where ``before`` ends in a colon."""
    line = before.rpartition("\n")[2]
    return f"\n{line[: len(line) - len(line.lstrip())]} pass" if line.endswith(":") else ""
