"""Rows of features with outcomes → a calibrated logistic regression, judged on projects that it did not see."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from python_slm.checks.show import ShowFilter
from python_slm.errors import TrainingError
from python_slm_training.evaluate.typing_session import MIN_SAVED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from sklearn.pipeline import Pipeline

    from python_slm_training.filter.ask import Typed

_FOLDS = 6
_STRENGTH = 0.3
"""Inverse of the penalty on the squares of the weights; 0.03 to 3 differ in the fourth digit."""
_BINS = 10
_DIGITS = 6
_NEVER = 0.002
"""Least probability of anything: there are never enough cuts to be surer."""


@dataclass(frozen=True)
class Examples:
    """Cuts: ``values`` (cuts, features), whether each was ``right``, how much it counts, and its project."""

    names: tuple[str, ...]
    values: NDArray[np.float64]
    right: NDArray[np.bool_]
    weights: NDArray[np.float64]
    """0: nothing is learned from it."""
    projects: NDArray[np.str_]

    @classmethod
    def of(cls, typed: Sequence[Typed]) -> Examples:
        """Every cut of every question; a question counts once, however many cuts it has.

        What is too short to be accepted is never shown, and counts nothing. Raises TrainingError when there is nothing
        to learn from.
        """
        asked = [(one.stretch.file.project, question) for one in typed for question in one.questions if question.rows]
        outcomes = {right for _, question in asked for right in question.right}
        if outcomes != {True, False} or len({project for project, _ in asked}) < 2:  # noqa: PLR2004 - one is held out
            raise TrainingError("nothing to learn from: the filter needs right and wrong suggestions of two projects")
        names = tuple(asked[0][1].rows[0])
        return cls(
            names,
            np.array([[row[name] for name in names] for _, question in asked for row in question.rows]),
            np.array([right for _, question in asked for right in question.right]),
            np.array([_counts(row) / len(question.rows) for _, question in asked for row in question.rows]),
            np.array([project for project, question in asked for _ in question.rows]),
        )

    def with_history(self, outcomes: Sequence[tuple[Mapping[str, float], bool]], weight: float) -> Examples:
        """With a user's own outcomes, each counting ``weight`` times, as one more project; what one lacks is a mean."""
        if not outcomes:
            return self
        means = dict(zip(self.names, self.values.mean(0), strict=True))
        values = np.array([[row.get(name, means[name]) for name in self.names] for row, _ in outcomes])
        return Examples(
            self.names,
            np.concatenate([self.values, values]),
            np.concatenate([self.right, [accepted for _, accepted in outcomes]]),
            np.concatenate([self.weights, np.full(len(outcomes), weight)]),
            np.concatenate([self.projects, np.full(len(outcomes), "history")]),
        )


@dataclass(frozen=True)
class Fitted:
    """The filter, without operating points, and what each cut got from filters that had not seen its project.

    ``held_out`` (cuts,) are calibrated probabilities. ``figures`` say how good they are, for JSON.
    """

    learned: ShowFilter
    held_out: NDArray[np.float64]
    figures: dict[str, Any] = field(default_factory=dict)


def fit(examples: Examples) -> Fitted:
    """Fit, cross-fit by project and calibrate."""
    scores = np.zeros(len(examples.right))
    folds = list(_folds(examples))
    for train, test in folds:
        scores[test] = _model(examples, train).decision_function(examples.values[test])
    held_out = np.zeros(len(scores))
    for train, test in folds:
        held_out[test] = _calibrated(scores, examples, train).predict(scores[test])
    everything = np.arange(len(scores))
    model, calibration = _model(examples, everything), _calibrated(scores, examples, everything)
    scaler, regression = model[0], model[1]
    knots = zip(calibration.X_thresholds_, calibration.y_thresholds_, strict=True)
    learned = ShowFilter(
        examples.names,
        scaler.mean_,
        scaler.scale_,
        regression.coef_[0],
        float(regression.intercept_[0]),
        tuple((round(float(score), _DIGITS), round(float(share), _DIGITS)) for score, share in knots),
        {},
    )
    return Fitted(learned, held_out, judged(examples, held_out))


def judged(examples: Examples, probabilities: NDArray[np.float64]) -> dict[str, Any]:
    """How well probabilities tell right from wrong, and whether they are what they say."""
    right, weights = examples.right, examples.weights
    base = float(np.average(right, weights=weights))
    rows = reliability(probabilities, right, weights)
    return {
        "cuts": len(right),
        "right": base,
        "auc": float(roc_auc_score(right, probabilities, sample_weight=weights)),
        "average_precision": float(average_precision_score(right, probabilities, sample_weight=weights)),
        "log_loss": float(log_loss(right, probabilities, sample_weight=weights)),
        "log_loss_of_the_base_rate": float(log_loss(right, np.full(len(right), base), sample_weight=weights)),
        "calibration_error": float(sum(row["share"] * abs(row["said"] - row["was"]) for row in rows)),
        "reliability": rows,
    }


def reliability(
    probabilities: NDArray[np.float64], right: NDArray[np.bool_], weights: NDArray[np.float64]
) -> list[dict[str, float]]:
    """By tenths of probability: the ``share`` of cuts, what was ``said`` on average, and how often it ``was`` so."""
    bins = np.minimum((probabilities * _BINS).astype(int), _BINS - 1)
    rows = []
    for index in range(_BINS):
        inside = bins == index
        if weights[inside].sum():
            said = float(np.average(probabilities[inside], weights=weights[inside]))
            was = float(np.average(right[inside], weights=weights[inside]))
            share = float(weights[inside].sum() / weights.sum())
            rows.append({"from": index / _BINS, "share": share, "said": said, "was": was, "cuts": float(inside.sum())})
    return rows


def _counts(row: Mapping[str, float]) -> float:
    return float(row["characters"] >= math.log(MIN_SAVED))


def _folds(examples: Examples) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    count = min(_FOLDS, len(set(examples.projects)))
    yield from GroupKFold(count).split(examples.values, examples.right, examples.projects)


def _model(examples: Examples, chosen: NDArray[np.int64]) -> Pipeline:
    model = make_pipeline(StandardScaler(), LogisticRegression(C=_STRENGTH, max_iter=2000))
    weights = examples.weights[chosen]
    return model.fit(examples.values[chosen], examples.right[chosen], logisticregression__sample_weight=weights)


def _calibrated(scores: NDArray[np.float64], examples: Examples, chosen: NDArray[np.int64]) -> IsotonicRegression:
    model = IsotonicRegression(y_min=_NEVER, y_max=1 - _NEVER, out_of_bounds="clip")
    return model.fit(scores[chosen], examples.right[chosen], sample_weight=examples.weights[chosen])
