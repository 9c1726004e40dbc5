"""The show filter: a suggestion is shown as far as it is likely to be what the user would type, or not at all.

For every place where the suggestion could end (``checks.cuts``), a logistic regression says how likely everything up to
there is right. Shown is the beginning with the highest expected gain: characters that an acceptance inserts, less what
reading a wrong suggestion costs. Features, weights and operating points lie in ``filter.json`` in the model folder,
readable; 'slm train filter' writes it.

A show filter learned from outcomes is JetBrains' idea (arXiv 2405.08704, which has a forest drop whole suggestions);
that it also cuts is ours.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from python_slm.checks.base import Verdict
from python_slm.checks.cuts import cut_points, features, weight
from python_slm.checks.parses import fits
from python_slm.errors import ModelCorruptError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from python_slm.checks.base import Candidate, Place
    from python_slm.engine.manifest import Manifest

FILTER = "filter.json"
FILTER_FORMAT = 1
_TRIES = 3
"""Cuts that are tried where they go; each costs a parse of one block."""


@dataclass(frozen=True)
class OperatingPoint:
    """When to show. Costs and gains are in characters.

    ``threshold``: least probability that what is shown is right. ``wrong``: cost of a wrong character shown.
    ``shown``: cost of looking at a suggestion at all. ``within``: cost of one that ends before its line does.
    """

    threshold: float
    wrong: float
    shown: float
    within: float = 0.0

    def choose(self, cuts: Cuts, right: NDArray[np.float64], fits: Callable[[int], bool]) -> int | None:
        """Which cut to show, or None: of those worth showing the best that ``fits``; the whole does."""
        gains = self.gains(cuts, right)
        for index in np.argsort(-gains, kind="stable")[:_TRIES]:
            if gains[index] <= 0:
                break
            if index == len(gains) - 1 or fits(int(index)):
                return int(index)
        return None

    def gains(self, cuts: Cuts, right: NDArray[np.float64]) -> NDArray[np.float64]:
        """Expected gain of showing each cut, (cuts,); ``right`` are the probabilities of each, never rising."""
        steps = np.diff(cuts.weights, prepend=0)
        lost = np.cumsum((1 - right) * steps)
        at_line = np.array(cuts.ends_line)
        lines = np.where(at_line, cuts.weights, 0)
        line_steps = np.diff(np.maximum.accumulate(lines), prepend=0)
        kept = np.cumsum(right * line_steps)  # an editor accepts as many whole lines as are right
        within = ~at_line
        gained = np.where(within, right * cuts.weights, kept)
        gains = gained - self.wrong * lost - self.shown - self.within * within
        first = right[int(at_line.argmax())] if at_line.any() else 0.0
        likely = np.where(within, right, first)
        return np.asarray(np.where(likely >= self.threshold, gains, -np.inf), np.float64)


@dataclass(frozen=True)
class Cuts:
    """Where a suggestion may end: ``lengths`` in characters, ascending; ``weights`` as somebody would type them."""

    lengths: tuple[int, ...]
    weights: tuple[int, ...]
    ends_line: tuple[bool, ...]

    @classmethod
    def of(cls, text: str, lengths: Sequence[int]) -> Self:
        """The whole text counts as ending its line."""
        ends = tuple(length == len(text) or text[length] == "\n" for length in lengths)
        return cls(tuple(lengths), tuple(weight(text[:length]) for length in lengths), ends)


@dataclass(frozen=True)
class ShowFilter:
    """A logistic regression over ``features``, and what its scores came to be worth.

    ``calibration`` are (score, probability) pairs, both rising; between them is a straight line. ``points`` are the
    operating points by name; ``provenance`` says what it was learned from and how well it does.
    """

    features: tuple[str, ...]
    means: NDArray[np.float64]
    scales: NDArray[np.float64]
    weights: NDArray[np.float64]
    bias: float
    calibration: tuple[tuple[float, float], ...]
    points: Mapping[str, OperatingPoint]
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, text: str, *, where: str = FILTER) -> Self:
        """Read what ``to_json`` wrote. Raises ModelCorruptError."""
        try:
            values = json.loads(text)
            if values["format"] != FILTER_FORMAT:
                raise ValueError(f"format {values['format']!r}, this version reads {FILTER_FORMAT}")  # noqa: TRY301
            rows = values["features"]
            return cls(
                features=tuple(rows),
                means=np.array([row["mean"] for row in rows.values()], np.float64),
                scales=np.array([row["scale"] for row in rows.values()], np.float64),
                weights=np.array([row["weight"] for row in rows.values()], np.float64),
                bias=float(values["bias"]),
                calibration=tuple((float(score), float(share)) for score, share in values["calibration"]),
                points={name: OperatingPoint(**point) for name, point in values["points"].items()},
                provenance=values["provenance"],
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            detail = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise ModelCorruptError(
                f"{where}: not a show filter ({detail}); make it again with 'slm train filter', "
                "or set completion.show_filter to false"
            ) from error

    def to_json(self) -> str:
        """For ``filter.json``: one line a feature, so that a person can read what counts."""
        rows = zip(self.features, self.means, self.scales, self.weights, strict=True)
        lines = [
            f'  "{name}": ' + json.dumps({"mean": _short(mean), "scale": _short(scale), "weight": _short(value)})
            for name, mean, scale, value in rows
        ]
        head = json.dumps({"format": FILTER_FORMAT, "provenance": dict(self.provenance)}, indent=1)[:-2]
        points = {name: vars(point) for name, point in self.points.items()}
        return (
            f'{head},\n "points": {json.dumps(points)},\n "bias": {_short(self.bias)},\n'
            f' "calibration": {json.dumps(self.calibration)},\n "features": {{\n' + ",\n".join(lines) + "\n }\n}\n"
        )

    def scores(self, rows: Sequence[Mapping[str, float]]) -> NDArray[np.float64]:
        """Log odds of each row before calibration, (rows,); a feature that a row lacks is at its mean."""
        values = np.array(
            [[row.get(name, mean) for name, mean in zip(self.features, self.means, strict=True)] for row in rows],
            np.float64,
        ).reshape(len(rows), len(self.features))
        found: NDArray[np.float64] = (values - self.means) / self.scales @ self.weights + self.bias
        return found

    def probabilities(self, rows: Sequence[Mapping[str, float]]) -> NDArray[np.float64]:
        """How likely each row's cut is right, (rows,), rows in order of length: a longer one is never likelier."""
        scores, shares = np.array(self.calibration).T
        return np.minimum.accumulate(np.interp(self.scores(rows), scores, shares))


class Show:
    """Cuts a suggestion to the beginning that is most worth showing, or drops it, unless the settings say not to.

    Either way the candidate gets the features and the probability of what is left of it.
    """

    name = "show"

    def __init__(self, learned: ShowFilter) -> None:
        self._filter = learned

    def examine(self, candidate: Candidate, place: Place) -> Verdict:
        """See Check."""
        lengths = cut_points(candidate, place)
        rows = features(candidate, place, lengths)
        right = self._filter.probabilities(rows)

        def upto(index: int) -> Candidate:
            described = replace(candidate, features=rows[index], confidence=float(right[index]))
            return described if lengths[index] == len(candidate.text) else described.cut(lengths[index])

        if not place.settings.show_filter:
            return Verdict.keep(upto(-1))
        point = self._filter.points[place.settings.eagerness]
        best = point.choose(Cuts.of(candidate.text, lengths), right, lambda index: fits(upto(index), place))
        if best is None:
            words, end = right[0], right[-1]
            return Verdict.drop(f"right with probability {end:.2f}, the first words {words:.2f}: not worth a look")
        if best == len(lengths) - 1:
            return Verdict.keep(upto(best))
        reason = f"right up to here with probability {right[best]:.2f}, to the end {right[-1]:.2f}"
        return Verdict(upto(best), "cut", reason)


def show_of(manifest: Manifest) -> Show | None:
    """The check with the verified filter that a model's manifest lists, if it does. Raises ModelError."""
    if FILTER not in manifest.files:
        return None
    where = str(manifest.folder / FILTER)
    return Show(ShowFilter.from_json(manifest.read(FILTER).decode("utf-8", "replace"), where=where))


def _short(value: float) -> float:
    return float(f"{value:.6g}")
