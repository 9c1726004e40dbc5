"""Confidence intervals: Wilson for independent trials, a bootstrap over files for everything measured in files."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

_Z = 1.959963984540054  # two-sided 95 %
RESAMPLES = 2000


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval and the number of observations behind it; NaN when there are none."""

    value: float
    low: float
    high: float
    count: int


def wilson(successes: int, trials: int) -> Estimate:
    """Share of successes among independent trials, Wilson's score interval."""
    if trials == 0:
        return Estimate(math.nan, math.nan, math.nan, 0)
    share, z2 = successes / trials, _Z * _Z
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = _Z * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials)) / (1 + z2 / trials)
    return Estimate(share, max(0.0, centre - half), min(1.0, centre + half), trials)


def ratio(
    numerators: Sequence[float], denominators: Sequence[float], clusters: Sequence[Hashable], *, seed: int = 0
) -> Estimate:
    """sum(numerators) / sum(denominators), percentile bootstrap over clusters (files).

    Observations from one file depend on each other, so whole files are drawn. A mean is the ratio to ones.
    """
    groups: dict[Hashable, int] = {}
    rows = np.array([groups.setdefault(cluster, len(groups)) for cluster in clusters], dtype=np.int64)
    over = np.bincount(rows, weights=np.asarray(numerators, float), minlength=len(groups)) if groups else np.zeros(0)
    under = np.bincount(rows, weights=np.asarray(denominators, float), minlength=len(groups)) if groups else np.zeros(0)
    if not groups or under.sum() == 0:
        return Estimate(math.nan, math.nan, math.nan, len(numerators))
    drawn = np.random.default_rng(seed).integers(0, len(groups), (RESAMPLES, len(groups)))
    sums = under[drawn].sum(axis=1)
    values = over[drawn].sum(axis=1)[sums > 0] / sums[sums > 0]
    low, high = np.percentile(values, [2.5, 97.5])
    return Estimate(float(over.sum() / under.sum()), float(low), float(high), len(numerators))


def mean(values: Sequence[float], clusters: Sequence[Hashable], *, seed: int = 0) -> Estimate:
    """Mean with a bootstrap over clusters."""
    return ratio(values, [1.0] * len(values), clusters, seed=seed)


def share(outcomes: Sequence[bool], clusters: Sequence[Hashable], *, seed: int = 0) -> Estimate:
    """Share of true outcomes, bootstrap over clusters; Wilson's interval where all are alike."""
    if all(outcomes) or not any(outcomes):
        return wilson(sum(outcomes), len(outcomes))
    return mean([float(outcome) for outcome in outcomes], clusters, seed=seed)


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile and mean, under the names p50, p95 and mean; NaN when there are no values."""
    if not values:
        return {"p50": math.nan, "p95": math.nan, "mean": math.nan}
    p50, p95 = np.percentile(values, [50, 95])
    return {"p50": float(p50), "p95": float(p95), "mean": float(np.mean(values))}
