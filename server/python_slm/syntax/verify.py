"""No edit is offered that breaks code: what compiled still does, and no name is missing that was not missing before."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from python_slm.syntax.compiled import compiler_problem, decided_by_blocks, error_in, leaves_unlike, too_long
from python_slm.syntax.scope import Names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.syntax.blocks import Block, BlockIndex


def objection(before: BlockIndex, text: str) -> str:  # noqa: PLR0911 - one reason a line
    """Why ``text`` must not take the place of ``before.text``; empty when it may."""
    if text == before.text:
        return "nothing would change"
    after = before.updated(text)
    gone, new = leaves_unlike(before, after), leaves_unlike(after, before)
    if any(map(too_long, [*gone, *new])):
        return "the code around it is too long to be checked"
    if len(after.problems) > len(before.problems):
        return "the result would not parse"
    if any(not block.problem and error_in(after, block) for block in new):
        return "the result would not compile"
    sound = not before.problems and not decided_by_blocks(after, *_changed(before.text, text))
    if sound and compiler_problem(text) and not compiler_problem(before.text):
        return "the result would not compile"
    if _missing(after, new) - _missing(before, gone):
        return "a name would be undefined"
    return ""


def _changed(before: str, after: str) -> tuple[int, int]:
    """Where ``after`` begins and ceases to be another text."""
    start = _alike(before, after)
    rest = min(len(before), len(after)) - start
    return start, len(after) - _alike(before[::-1][:rest], after[::-1][:rest])


def _alike(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _missing(index: BlockIndex, blocks: Sequence[Block]) -> Counter[str]:
    names, found = Names(index), Counter[str]()
    for block in blocks:
        for reading in names.read(block.start, block.end):
            if reading.block.start == block.start:
                found.update(use.name for use in names.missing(reading))
    return found
