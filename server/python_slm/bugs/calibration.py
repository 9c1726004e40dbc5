"""What the numbers about a rewrite are worth: for each kind two logistic regressions, readable, and a threshold.

The first, over what one pass over the original says, chooses which rewrites are read to their end; the second, with
what that says too, gives the confidence. Weights, thresholds and how they did on repositories that they were not fitted
on lie in ``bugs.json`` in the model folder; 'slm train calibrate-bugs' writes it. A kind that does not reach the
precision asked for is off, and says so.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from python_slm.errors import ModelCorruptError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from python_slm.bugs.scene import Candidate
    from python_slm.engine.manifest import Manifest

FILE = "bugs.json"
FORMAT = 1


@dataclass(frozen=True)
class Linear:
    """A logistic regression over named numbers: name → (mean, scale, weight)."""

    features: Mapping[str, tuple[float, float, float]]
    bias: float

    def log_odds(self, about: Mapping[str, float]) -> float:
        """A number that is not there counts as 0."""
        return self.bias + sum(
            weight * (about.get(name, 0.0) - mean) / scale for name, (mean, scale, weight) in self.features.items()
        )


@dataclass(frozen=True)
class KindCalibration:
    """One kind. ``knots`` are (log odds, probability) pairs, both rising; between them is a straight line.

    ``threshold``: least probability of a finding. ``usual``: what the model's preference (log probability of the
    rewrite minus that of the original) is for this kind's rewrites of good code: mean and spread.
    """

    screen: Linear
    judge: Linear
    knots: tuple[tuple[float, float], ...]
    threshold: float
    on: bool
    usual: tuple[float, float] = (0.0, 1.0)
    figures: Mapping[str, Any] = field(default_factory=dict)

    def probability(self, about: Mapping[str, float]) -> float:
        """How likely a rewrite mends a bug, in files of which each has one."""
        odds = self.judge.log_odds(about)
        place = bisect_right(self.knots, (odds, 2.0))
        if place == 0:
            return self.knots[0][1]
        if place == len(self.knots):
            return self.knots[-1][1]
        (low, first), (high, second) = self.knots[place - 1 : place + 1]
        return first + (second - first) * (odds - low) / max(high - low, 1e-9)


@dataclass(frozen=True)
class Calibration:
    """Kinds by name, and what they were learned from."""

    kinds: Mapping[str, KindCalibration]
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def screen(self, found: Candidate) -> float:
        """Log odds of a rewrite by what one pass says; those of unknown kinds come last."""
        kind = self.kinds.get(found.kind)
        return kind.screen.log_odds(found.about) if kind else -99.0

    @classmethod
    def from_json(cls, text: str, *, where: str = FILE) -> Self:
        """Read what ``to_json`` wrote. Raises ModelCorruptError."""
        try:
            values = json.loads(text)
            if values["format"] != FORMAT:
                raise ValueError(f"format {values['format']!r}, this version reads {FORMAT}")  # noqa: TRY301
            return cls(
                {name: _kind(row) for name, row in values["kinds"].items()},
                values["provenance"],
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            detail = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise ModelCorruptError(
                f"{where}: no calibration of bug findings ({detail}); make it again with 'slm train calibrate-bugs', "
                "or set diagnostics.bugs to false"
            ) from error

    def to_json(self) -> str:
        """For ``bugs.json``, so that a person can read what counts."""
        kinds = {
            name: {
                "on": kind.on,
                "threshold": _short(kind.threshold),
                "usual": [_short(each) for each in kind.usual],
                "knots": [[_short(score), _short(share)] for score, share in kind.knots],
                "screen": _row(kind.screen),
                "judge": _row(kind.judge),
                "figures": dict(kind.figures),
            }
            for name, kind in self.kinds.items()
        }
        return (
            json.dumps(
                {"format": FORMAT, "provenance": dict(self.provenance), "kinds": kinds},
                indent=1,
            )
            + "\n"
        )


def calibration_of(manifest: Manifest) -> Calibration | None:
    """The verified calibration that a model's manifest lists, if it does. Raises ModelError."""
    if FILE not in manifest.files:
        return None
    text = manifest.read(FILE).decode("utf-8", "replace")
    return Calibration.from_json(text, where=str(manifest.folder / FILE))


def _kind(row: Mapping[str, Any]) -> KindCalibration:
    mean, spread = row["usual"]
    return KindCalibration(
        _linear(row["screen"]),
        _linear(row["judge"]),
        tuple((float(score), float(share)) for score, share in row["knots"]),
        float(row["threshold"]),
        bool(row["on"]),
        (float(mean), float(spread)),
        row["figures"],
    )


def _linear(row: Mapping[str, Any]) -> Linear:
    features = {name: (float(a), float(b), float(c)) for name, (a, b, c) in row["features"].items()}
    return Linear(features, float(row["bias"]))


def _row(linear: Linear) -> dict[str, Any]:
    features = {name: [_short(each) for each in values] for name, values in linear.features.items()}
    return {"bias": _short(linear.bias), "features": features}


def _short(value: float) -> float:
    return float(f"{value:.6g}") if math.isfinite(value) else 0.0
