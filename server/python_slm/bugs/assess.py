"""A function's rewrites with all numbers about them: the same for the product and for what calibrates it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_slm.bugs.candidates import KINDS, candidates
from python_slm.bugs.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from python_slm.bugs.scene import Candidate, Scene
    from python_slm.bugs.scorer import Change, Reading, Scorer
    from python_slm.syntax.blocks import BlockIndex

MOST_LINES = 200
"""A longer function is left alone: the model reads it in pieces."""
RESCORED = 5
"""Rewrites of a function that are read to their end."""
_ABOVE = 300  # characters


@dataclass
class File:
    """One version of a file, and its blocks' tokens, each encoded once."""

    index: BlockIndex
    path: str
    facts: Facts
    _tokens: dict[int, list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, index: BlockIndex, path: str) -> File:
        """Facts of all its blocks."""
        return cls(index, path, Facts.of(index))

    def rest(self, scene: Scene, scorer: Scorer) -> list[list[int]]:
        """Tokens of everything but the function."""
        own, text = scene.part, self.index.text
        found = []
        for part in self.facts.parts:
            if part is not own:
                if part.block.start not in self._tokens:
                    self._tokens[part.block.start] = scorer.encode(part.block.text)
                found.append(self._tokens[part.block.start])
        start, end = map(own.offset, scene.span)
        found += [
            scorer.encode(text[own.block.start : start]),
            scorer.encode(text[end : own.block.end]),
        ]
        return [each for each in found if each]


@dataclass(frozen=True)
class Assessment:
    """``all`` rewrites with the numbers of the screen; of those in ``best``, likeliest first, all numbers are known."""

    all: Sequence[Candidate]
    best: Sequence[Candidate]


def assess(
    scene: Scene,
    file: File,
    scorer: Scorer,
    screen: Callable[[Candidate], float],
    cancelled: Callable[[], bool],
    *,
    kinds: Collection[str] = KINDS,
) -> Assessment | None:
    """Read the function once, and again for each of the most promising rewrites; None: cancelled.

    ``screen`` gives log odds of a rewrite by what one pass says: the higher, the likelier it mends something.
    Nothing is read for a function without a rewrite of ``kinds``, nor to its end what is of another kind.
    """
    found = candidates(scene)
    if not any(each.kind in kinds for each in found):
        return Assessment((), ())
    low, high = scene.span
    start = scene.part.offset(low)
    reading = scorer.read(
        scene.code.text[low:high],
        before=file.index.text[max(0, start - _ABOVE) : start],
        path=file.path,
        rest=file.rest(scene, scorer),
        cancelled=cancelled,
    )
    if reading is None:
        return None
    screened = [(each, change) for each in found for change in [_change(scorer, reading, scene, each)] if change]
    known = [(each.with_numbers(scorer.screen(reading, change)), change) for each, change in screened]
    known = _beside(known)
    odds = {id(each): screen(each) for each, _ in known}
    known.sort(key=lambda pair: -odds[id(pair[0])])
    best = []
    for rank, (each, change) in enumerate(known[:RESCORED]):
        if each.kind not in kinds:
            continue
        more = scorer.rescore(reading, change, cancelled)
        if more is None:
            return None
        rivals = [odds[id(one)] for one, _ in known if one.start >= each.end or one.end <= each.start]
        lead = odds[id(each)] - max(rivals, default=odds[id(each)] - 2)
        place = {
            "screened": odds[id(each)],
            "rank": float(rank),
            "lead": lead,
            "rewrites": float(len(known)),
        }
        best.append(each.with_numbers({**more, **place}))
    return Assessment([each for each, _ in known], best)


def _beside(known: list[tuple[Candidate, Change]]) -> list[tuple[Candidate, Change]]:
    """With how each compares with the other rewrites of its place, and its place with the other places."""
    places: dict[tuple[int, int], list[float]] = {}
    surprises = {}
    for each, _ in known:
        places.setdefault((each.start, each.end), []).append(each.about.get("screen_mixed", -9.0))
        surprises[each.start, each.end] = each.about.get("surprise_mixed", 0.0)
    ranked = sorted(surprises, key=lambda place: -surprises[place])
    order = {place: number / len(ranked) for number, place in enumerate(ranked)}
    found = []
    for each, change in known:
        place = each.start, each.end
        mine = each.about.get("screen_mixed", -9.0)
        others = sorted(places[place], reverse=True)
        second = others[1] if len(others) > 1 else -9.0
        gap = mine - (second if mine == others[0] else others[0])
        numbers = {"best_here": float(mine == others[0]), "gap_here": max(-10.0, min(10.0, gap)), "place": order[place]}
        found.append((each.with_numbers(numbers), change))
    return found


def _change(scorer: Scorer, reading: Reading, scene: Scene, found: Candidate) -> Change | None:
    low = scene.span[0]
    text = scene.code.text
    start, end = found.start - low, found.end - low
    if not text.isascii():
        start, end = (len(text[low : low + each].encode("utf-8", "replace")) for each in (start, end))
    return scorer.change(reading, start, end, found.text)


def plain_screen(candidate: Candidate) -> float:
    """What stands in for a calibration where there is none: the model's choice, and what names give away."""
    return candidate.about.get("screen_mixed", -9.0) + 4.0 * bool(candidate.clue)
