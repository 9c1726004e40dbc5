"""Rules run over a buffer. What they find is kept with its block, so that a keystroke costs one block.

A block's findings are kept with its ``Piece``, for the very rules that were run, together with what these asked about
the rest of the file (``File``). They are made anew when the text of the block changes or an answer does, for nothing
else: an edit in another function costs a look at each block's answers, half a microsecond each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.rules import catalog
from python_slm.rules.base import rules_in
from python_slm.rules.file import File, Readings
from python_slm.rules.suppress import settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from python_slm.findings import Finding
    from python_slm.rules.base import Rule
    from python_slm.rules.file import Answers
    from python_slm.syntax.blocks import Block, BlockIndex
    from python_slm.syntax.located import Located


_KEPT = "rules.findings"


@dataclass(frozen=True)
class _Kept:
    """What rules found in a block, offsets counted from its start, and what they were told about its file."""

    rules: tuple[Rule, ...]
    findings: tuple[Finding, ...]
    answers: Answers


def find(index: BlockIndex, *, cancelled: Callable[[], bool] = lambda: False) -> list[Finding]:
    """What our own rules find in a buffer, in order, less what its comments ignore; nothing once ``cancelled``."""
    return settled(index, found_by(every_rule(), index, cancelled=cancelled))


@cache
def every_rule() -> tuple[Rule, ...]:
    """The whole catalog; its folder is looked at once."""
    return tuple(rules_in(catalog))


def found_by(
    rules: Sequence[Rule], index: BlockIndex, *, cancelled: Callable[[], bool] = lambda: False
) -> list[Finding]:
    """What ``rules`` find in a buffer, in order. Rules that compare equal find equal things: a profile's are values.

    Blocks that do not parse are left alone. Nothing once ``cancelled``, which is asked before each block that has to be
    read; what was read by then is kept.
    """
    readings, key = Readings(index), tuple(rules)
    found: list[Finding] = []
    for block, owner in _leaves(index):
        file = File(readings, block, owner)
        place = _KEPT, owner.name if owner else ""  # classes may have a member in common to the letter
        kept = block.piece.notes.get(place)
        if not isinstance(kept, _Kept) or kept.rules != key or not file.agrees(kept.answers):
            if cancelled():
                return []
            file.answers.clear()
            findings = _found_in(readings, block, key, file)
            kept = _Kept(key, tuple(one.moved(-block.start) for one in findings), file.answers)
            block.piece.notes[place] = kept
        found += [one.moved(block.start) for one in kept.findings]
    return sorted(found, key=lambda one: (one.start, one.end, one.code))


def _leaves(index: BlockIndex) -> Iterator[tuple[Block, Block | None]]:
    """Blocks, and in place of a long class its members with the whole of it."""
    for block in index.blocks:
        members = block.members
        for member in members:
            yield member, block
        if not members:
            yield block, None


def _found_in(readings: Readings, block: Block, rules: Sequence[Rule], file: File) -> list[Finding]:
    code = readings.located(block)
    return [finding for rule in rules for finding in _found_by(rule, code, file)] if code else []


def _found_by(rule: Rule, code: Located, file: File) -> list[Finding]:
    """Nothing where the code is newer than rules can read, or nests deeper: 1,000 operands in a row do."""
    try:
        return list(rule.check(code, file))
    except (RefusedError, RecursionError):
        return []
