"""When to show: every operating point types the stretches that were asked about, by the rules of simulated typing.

What a point would have shown is known without asking again, and each project is judged by filters that never saw it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from python_slm.checks.show import Cuts, OperatingPoint
from python_slm_training.evaluate.typing_session import Asked, simulate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from python_slm_training.evaluate.sources import SourceFile
    from python_slm_training.evaluate.typing_session import Policy, Session
    from python_slm_training.filter.ask import Question, Typed

THRESHOLDS = (0.0, 0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
WRONG = (0.1, 0.25, 0.5)
SHOWN: Mapping[str, float] = {"eager": 1.0, "balanced": 2.0, "quiet": 3.0}
"""Characters that it costs to look at a suggestion and to take it, by eagerness: the more, the fewer and longer they
are. On twelve projects balanced gave away a tenth of the ratio for a quarter less to look at (docs/lab-log.md)."""
WITHIN = 1.0
"""What one costs that ends before its line does: of two ends that are as likely, the line's is taken."""
KEPT = {"eager": 0.99, "balanced": 0.95}
"""Least ratio of completed code, in the highest that a point with the same cost of a look reaches; quiet's is that
without a filter."""


@dataclass(frozen=True)
class Outcome:
    """What an operating point came to; None is showing everything whole, as without a filter.

    ``completed`` is the ratio of completed code and ``saved`` the share of keys saved.
    """

    point: OperatingPoint | None
    completed: float
    saved: float
    acceptance: float
    shown_per_100: float
    wrong_per_100: float
    characters_per_acceptance: float

    @classmethod
    def of(cls, point: OperatingPoint | None, sessions: Sequence[Session]) -> Outcome:
        """The figures of ``typing_session.summarize``."""
        characters = sum(one.characters for one in sessions)
        shown, accepted = sum(one.shown for one in sessions), sum(one.accepted for one in sessions)
        completed = sum(one.completed for one in sessions)
        return cls(
            point,
            completed / characters,
            1 - sum(one.keys for one in sessions) / characters,
            accepted / shown if shown else 0.0,
            100 * shown / characters,
            100 * sum(one.wrong for one in sessions) / characters,
            completed / accepted if accepted else 0.0,
        )


class Trial:
    """Stretches, and how likely every cut in them was held to be right: ``held_out`` (cuts,), in their order."""

    def __init__(self, typed: Sequence[Typed], held_out: NDArray[np.float64]) -> None:
        self._typed = typed
        self._right: dict[tuple[int, int], NDArray[np.float64]] = {}
        self._cuts: dict[tuple[int, int], Cuts] = {}
        at = 0
        for number, one in enumerate(typed):
            for question in (question for question in one.questions if question.lengths):
                key, end = (number, question.offset), at + len(question.lengths)
                self._right[key] = falling(held_out[at:end])
                self._cuts[key] = Cuts.of(question.text, question.lengths)
                at = end

    def run(self, point: OperatingPoint | None, policy: Policy = "line") -> Outcome:
        """Type everything."""
        return Outcome.of(
            point, [self._simulated(number, one, point, policy) for number, one in enumerate(self._typed)]
        )

    def _simulated(self, number: int, typed: Typed, point: OperatingPoint | None, policy: Policy) -> Session:
        asked = {question.offset: question for question in typed.questions}

        def completer(_file: SourceFile, _text: str, offset: int) -> list[str]:
            return self._shown(number, asked[offset], point)

        return simulate(Asked(typed.stretch, completer), policy)

    def _shown(self, number: int, question: Question, point: OperatingPoint | None) -> list[str]:
        if not question.lengths:
            return []
        if point is None:
            return [question.text]
        key = (number, question.offset)
        best = point.choose(self._cuts[key], self._right[key], question.fits.__getitem__)
        return [] if best is None else [question.text[: question.lengths[best]]]


def falling(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """As the filter has them: a longer beginning is never likelier to be right."""
    return np.minimum.accumulate(probabilities)


def curve(trial: Trial) -> Iterator[Outcome]:
    """What each of the points ``tried`` comes to."""
    return map(trial.run, tried())


def tried() -> list[OperatingPoint]:
    """Every operating point that is looked at."""
    return [OperatingPoint(*values, WITHIN) for values in product(THRESHOLDS, WRONG, SHOWN.values())]


def points(outcomes: Sequence[Outcome], unfiltered: Outcome) -> Mapping[str, Outcome]:
    """Outcomes by eagerness, each of those with its cost of a look.

    Of those that complete enough it is the one that is accepted most: for ``eager`` enough is all but the most that is
    possible, for ``balanced`` nearly the most, for ``quiet`` no less than without a filter.
    """
    found: dict[str, Outcome] = {}
    for name, cost in SHOWN.items():
        ones = [one for one in outcomes if one.point is not None and one.point.shown == cost]
        most = max(one.completed for one in ones)
        least = KEPT[name] * most if name in KEPT else min(most, unfiltered.completed)
        found[name] = max((one for one in ones if one.completed >= least), key=lambda one: one.acceptance)
    return found
