"""Files, classes and functions beyond the profile's limits of size.

## What it does
Counts lines: of a file, of a class, of a function, and the median of a file's functions.

## Why is this bad
What does not fit on a screen is not read as a whole. (ruff counts statements, branches and arguments, but no lines.)

## Example
A function of three hundred lines.

## Use instead
Several that each do one thing.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, ClassVar

from python_slm.style.base import StyleRule
from python_slm.style.conventions import Limit, Sight

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from python_slm.style.base import Whole
    from python_slm.style.reading import Reading

PROFILE = {"limits.function-lines": 3, "limits.class-lines": 4, "limits.file-lines": 6, "limits.function-median": 50}
VALID = ("def f():\n    return 1\n", "a = 1\n\n\n\n\nb = 1\n")
INVALID = (
    "def ⟦f⟧():\n    a = 1\n    b = 2\n    return a + b\n",
    "class ⟦A⟧:\n    a = 1\n    b = 1\n    c = 1\n    d = 1\n",
    "⟦a = 1⟧\n\n\n\n\n\nb = 1\n",
)
_LEAST_FUNCTIONS = 5


class SizeLimit(StyleRule):
    """From the ``def`` or ``class`` line to the last one."""

    code = "size-limit"
    severity = "hint"
    conventions: ClassVar = (
        Limit("limits.file-lines", "lengths of files", "lines", (300, 500, 1000, 2000)),
        Limit("limits.class-lines", "lengths of classes", "lines", (200, 400, 800, 1500)),
        Limit("limits.function-lines", "lengths of functions", "lines", (40, 60, 100, 150, 250)),
        Limit(
            "limits.function-median",
            "medians of functions' lengths, file by file",
            "lines in the median",
            (10, 15, 20, 30, 50),
        ),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        for node in (*block.functions, *block.classes):
            key = "limits.class-lines" if node in block.classes else "limits.function-lines"
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield Sight(key, lines, *block.name_span(node), name=node.name)

    def gathered(self, sights: Iterable[Sight], whole: Whole) -> Iterable[Sight]:
        """The file's own sizes are shown at its first line."""
        found = [_whole_class(one, whole) if one.key == "limits.class-lines" else one for one in sights]
        yield from found
        text = whole.index.text
        first = len((text.splitlines() or [""])[0])
        yield Sight("limits.file-lines", len(text.splitlines()), 0, first, name="the file")
        sizes = [float(one.value) for one in found if one.key == "limits.function-lines"]
        if len(sizes) >= _LEAST_FUNCTIONS:
            yield Sight("limits.function-median", median(sizes), 0, first, name="the functions of this file")


def _whole_class(sight: Sight, whole: Whole) -> Sight:
    """The size of a class that is more than one block."""
    head = whole.index.block_at(sight.start)
    blocks = whole.blocks_with_members
    place = bisect_right(blocks, sight.start, key=lambda one: one.start) - 1
    if place < 0 or blocks[place].name != sight.name or blocks[place].start != head.start:
        return sight
    text = blocks[place].text
    lines = len(text[sight.start - head.start :].rstrip().splitlines())
    return replace(sight, value=lines)


RULE = SizeLimit()
