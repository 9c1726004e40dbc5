"""Every rewrite of a function that may take a bug out of it, each once, with what the file's own words say of it."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

from python_slm.bugs import arguments, copies, literals, operators, variables, words
from python_slm.bugs.facts import lexemes
from python_slm.bugs.vetoes import veto

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

    from python_slm.bugs.scene import Candidate, Scene

KINDS = (
    "copy-paste-slip",
    "swapped-arguments",
    "missing-await",
    "missing-self",
    "missing-not",
    "wrong-comparison",
    "wrong-boolean",
    "wrong-arithmetic",
    "off-by-one",
    "variable-misuse",
)
"""Every kind, the more telling one first: a rewrite that two kinds make belongs to the first."""

SORTS: tuple[ModuleType, ...] = (copies, arguments, words, operators, literals, variables)
_NEAR = 80  # characters on either side, in which the neighbouring words are


def candidates(scene: Scene, sorts: Sequence[ModuleType] = SORTS) -> list[Candidate]:
    """In order of their places."""
    found: dict[tuple[int, int, str], Candidate] = {}
    for each in _all(scene, sorts):
        key = each.start, each.end, each.text
        other = found.get(key)
        if other is None or (other.kind == each.kind and len(each.clue) > len(other.clue)):
            found[key] = each
    known: dict[int, tuple[list[str], list[str]]] = {}
    kept = (each for each in found.values() if not veto(scene, each))
    numbered = (each.with_numbers(_nearby(scene, each, known)) for each in kept)
    return sorted(numbered, key=lambda each: (each.start, each.end, each.text))


def _all(scene: Scene, sorts: Sequence[ModuleType]) -> Iterator[Candidate]:
    for sort in sorts:
        yield from sort.candidates(scene)


def _nearby(scene: Scene, found: Candidate, known: dict[int, tuple[list[str], list[str]]]) -> dict[str, float]:
    """How often the file has the words there together with their neighbours, as they are and rewritten.

    The place itself is not counted, but where it stands rewritten.
    """
    text = scene.code.text
    if found.start not in known:
        head = text.rfind("\n", 0, max(0, found.start - _NEAR)) + 1
        tail = text.find("\n", found.end + _NEAR)
        before = lexemes(text[head : found.start])[-2:]
        after = lexemes(text[found.end : tail if tail >= 0 else len(text)])[:2]
        known[found.start] = before, after
    before, after = known[found.start]
    was, then = lexemes(text[found.start : found.end]), lexemes(found.text)
    row, rewritten = [*before, *was, *after], [*before, *then, *after]
    left, right = len(before) + 1, -len(after) - 1
    middle = [*before[-1:], *was, *after[:1]]
    recurs = _counted(scene, middle, 1)
    occurs = _counted(scene, [*before[-1:], *then, *after[:1]], 0)
    return {
        "left": _counted(scene, rewritten[:left], 0) - _counted(scene, row[:left], 1),
        "right": _counted(scene, rewritten[right:], 0) - _counted(scene, row[right:], 1),
        "middle": occurs - recurs,
        "recurs": recurs,
        "becomes_occurs": occurs,
    }


def _counted(scene: Scene, row: list[str], own: int) -> float:
    """log(1 + how often) the file has these words in a row; of longer rows the rarest three."""
    if len(row) < 2:  # noqa: PLR2004
        return 0.0
    if len(row) == 2:  # noqa: PLR2004
        return log(1 + max(0, scene.facts.pairs[row[0], row[1]] - own))
    triples = zip(row, row[1:], row[2:], strict=False)
    return log(1 + max(0, min(scene.facts.triples[each] for each in triples) - own))
