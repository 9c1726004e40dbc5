"""A suggestion breaks nothing: what parsed and compiled without it does so with it, or it is cut back by lines.

Where the code at the cursor does not parse yet, there are no more problems in the block index than before, and the
suggestion's own lines are the beginning of some program. One that opens a block may wait for the body: it is judged
with one in place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from python_slm.checks.base import Verdict
from python_slm.syntax.compiled import (
    compiler_problem,
    decided_by_blocks,
    error_in,
    leaves_unlike,
    may_go_on,
    too_long,
)

if TYPE_CHECKING:
    from python_slm.checks.base import Candidate, Place
    from python_slm.syntax.blocks import Block, BlockIndex

_BODIES = {"try:": "{0} pass\n{0}finally:\n{0} pass", "match ": "{0} case _: pass"}


class Parses:
    """Cuts to the most whole lines that fit and leave the fewest problems in the block index."""

    name = "parses"

    def examine(self, candidate: Candidate, place: Place) -> Verdict:
        """See Check."""
        best, fewest, reasons = "", len(place.index.problems) + 1, list[str]()
        text = candidate.text
        while text and fewest:
            edited = Edited.of(replace(candidate, text=text), place)
            if edited.problems < fewest:
                reasons.append(edited.objection())
                if not reasons[-1]:
                    best, fewest = text, edited.problems
            text = text.rpartition("\n")[0].rstrip()
        if not best:
            return Verdict.drop(next(iter(reasons), "does not parse where it goes"))
        if best == candidate.text:
            return Verdict.keep(candidate)
        return Verdict(replace(candidate, text=best), "cut", "the rest does not parse")


@dataclass(frozen=True)
class Edited:
    """The buffer before and after a candidate: ``first`` and ``last`` are the lines that it puts there."""

    before: BlockIndex
    after: BlockIndex
    start: int
    end: int
    waits: bool
    """Whether a body stands in ``after`` for the one that is still to come."""

    @classmethod
    def of(cls, candidate: Candidate, place: Place) -> Edited:
        """With a body where the candidate only just opens a block and the buffer is better off with one."""
        text, end = place.document.text, candidate.start + len(candidate.text)
        bare = place.index.updated(place.with_edit(candidate))
        body = body_of(bare.text[:end])
        if bare.problems and body and not text[candidate.end :].partition("\n")[0].strip():
            whole = place.index.updated(bare.text[:end] + body + bare.text[end:])
            if len(whole.problems) < len(bare.problems):
                return cls(place.index, whole, candidate.start, end, waits=True)
        return cls(place.index, bare, candidate.start, end, waits=False)

    @property
    def problems(self) -> int:
        """Broken blocks with the candidate in place."""
        return len(self.after.problems)

    def objection(self) -> str:
        """Why the candidate cannot be shown; empty when it can."""
        if self.problems > len(self.before.problems):
            return "does not parse where it goes"
        gone, new = leaves_unlike(self.before, self.after), leaves_unlike(self.after, self.before)
        if any(map(too_long, [*gone, *new])):
            return "the code around it is too long to be checked"
        sound = not any(block.problem or error_in(self.before, block) for block in gone)
        for block in new:
            if said := self._against(block, sound=sound):
                return said
        if sound and not self.after.problems and not decided_by_blocks(self.after, self.start, self.end):
            found = compiler_problem(self.after.text)
            if found and not compiler_problem(self.before.text):
                return _said(found.message)
        return ""

    def _against(self, block: Block, *, sound: bool) -> str:
        """What speaks against one of the blocks that there are now; ``sound``: those that were there compiled."""
        if not block.problem:
            found = error_in(self.after, block)
            return _said(found.message) if found and (sound or found.line in self._lines) else ""
        if sound and self.before.problems and block.start <= self.start <= block.end:
            return "breaks a block that parses"
        return "" if self._goes_on(block) else "no program begins like this"

    def _goes_on(self, block: Block) -> bool:
        """Whether the lines up to the candidate's last can begin a program, if those above the candidate's can."""
        if not block.start <= self.start < block.end:
            return True
        text = self.after.text
        above = text[block.start : 1 + max(text.rfind("\n", 0, self.start), block.start - 1)]
        line_end = text.find("\n", self.end)
        until = text[block.start : line_end if line_end >= 0 else len(text)]
        before = block.piece.before
        return may_go_on(before + until) or not may_go_on(before + above)

    @property
    def _lines(self) -> range:
        first = self.after.text.count("\n", 0, self.start)
        return range(first, first + 1 + self.after.text.count("\n", self.start, self.end))


def fits(candidate: Candidate, place: Place) -> bool:
    """Whether nothing speaks against the candidate as it is."""
    return not Edited.of(candidate, place).objection()


def body_of(before: str) -> str:
    """What a block that was only just opened still needs to parse: a body, where ``before`` ends in a colon."""
    line = before.rpartition("\n")[2].rstrip("\r")
    if not line.endswith(":"):
        return ""
    code = line.lstrip()
    body = next((body for head, body in _BODIES.items() if code.startswith(head)), "{0} pass")
    return "\n" + body.format(line[: len(line) - len(code)])


def _said(message: str) -> str:
    """A compiler's message without the user's names."""
    return "does not compile where it goes" if "'" in message or '"' in message else message
