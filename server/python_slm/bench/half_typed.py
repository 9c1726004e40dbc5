"""Half-typed states of real files: which of ruff's findings are kept in them, by us and by ruff alone."""

from __future__ import annotations

import ast
import sysconfig
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from python_slm.linter.held import Intact
from python_slm.linter.run import check_shadow, check_text
from python_slm.syntax.blocks import BlockIndex
from python_slm.text import Document

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    from python_slm.findings import Finding

_LINES = range(60, 3000)
_TRIES = 200


@dataclass
class Kept:
    """Findings outside the broken blocks, over all states: how many there are, and how many are still said.

    ``made_up`` are those that only the half-typed state has, by code; the edit itself may be behind one.
    """

    states: int = 0
    there: int = 0
    ours: int = 0
    alone: int = 0
    made_up: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)


def measure(states: Iterator[tuple[str, str]], rules: str) -> Kept:
    """Ruff's findings in whole files beside what is left of them in their half-typed states."""
    kept = Kept()
    options = ("--isolated", "--ignore-noqa", "--select", rules)
    for whole, broken in states:
        index = BlockIndex.of(broken)
        inside = _broken_lines(index)
        before = check_shadow(Document("", whole), None, options=options)
        there, intact = _keys(whole, before, inside), Intact(Document("", whole), tuple(before))
        after = check_text(Document("", broken), index, None, options=options, intact=intact)
        ours = _keys(broken, after, inside)
        alone = _keys(broken, check_shadow(Document("", broken), None, options=options), inside)
        kept.states += 1
        kept.there += there.total()
        kept.ours += (there & ours).total()
        kept.alone += (there & alone).total()
        kept.lost.update(key[0] for key in (there - ours).elements())
        kept.made_up.update(key[0] for key in (ours - there).elements())
    return kept


def half_typed(files: Sequence[Path], choose: random.Random, count: int) -> Iterator[tuple[str, str]]:
    """(whole, half typed): a line cut off where somebody might be typing, so that the file does not parse."""
    made = 0
    while made < count:
        whole = choose.choice(files).read_text(encoding="utf-8", errors="replace")
        if whole.count("\n") not in _LINES or not _parses(whole):
            continue
        for _ in range(_TRIES):
            broken = _cut_off(whole, choose)
            if broken is not None and not _parses(broken):
                made += 1
                yield whole, broken
                break


def real_files() -> list[Path]:
    """The standard library's and the installed packages' modules, their tests left out."""
    folders = (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"))
    found = {path for folder in folders for path in Path(folder).rglob("*.py")}
    return sorted(path for path in found if not {"test", "tests", "lib2to3"} & set(path.parts))


def _cut_off(text: str, choose: random.Random) -> str | None:
    """``text`` without the end of one of its lines."""
    lines = text.split("\n")
    place = choose.randrange(len(lines))
    line = lines[place]
    indent = len(line) - len(line.lstrip())
    if len(line) - indent < 2 or line.lstrip().startswith("#"):  # noqa: PLR2004 - one character to keep, one to lose
        return None
    cut = choose.randrange(indent + 1, len(line))
    return "\n".join([*lines[:place], line[:cut], *lines[place + 1 :]])


def _parses(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except (SyntaxError, ValueError, RecursionError):
            return False
    return True


def _broken_lines(index: BlockIndex) -> set[int]:
    leaves = (part for whole in index.blocks for part in whole.members or (whole,))
    return {line for one in leaves if one.piece.problems for line in range(one.start_line, one.end_line)}


def _keys(text: str, found: Sequence[Finding], without: set[int]) -> Counter[tuple[str, int, int, str]]:
    """Findings by code, line, column and message: all lines but the one that was cut off are the same."""
    document = Document("", text)
    places = ((one, document.position_at(one.start, "utf-32")) for one in found)
    return Counter(
        (one.code, place.line, place.character, one.message) for one, place in places if place.line not in without
    )
