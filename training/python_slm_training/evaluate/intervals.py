"""Confidence intervals: Wilson for independent trials, a bootstrap over files for everything measured in files.

What is compared is compared on the same trials: the bootstrap of a difference draws the same files for both sides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

_Z = 1.959963984540054  # two-sided 95 %
RESAMPLES = 2000


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval and the number of observations behind it; NaN when there are none."""

    value: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Observations:
    """One contestant's trials, in an order that all contestants share.

    The figure is sum(values) / sum(weights): a share or a mean where the weights are ones. Trials of one cluster (a
    file, a benchmark function) depend on each other and are drawn together.
    """

    values: Sequence[float]
    weights: Sequence[float]
    clusters: Sequence[Hashable]

    @classmethod
    def each(cls, values: Sequence[float], clusters: Sequence[Hashable]) -> Observations:
        """Trials that count the same."""
        return cls([float(value) for value in values], [1.0] * len(values), clusters)

    def estimate(self) -> Estimate:
        """The figure; Wilson's interval where it is a share whose outcomes are all alike."""
        outcomes = set(self.values)
        if len(outcomes) == 1 and outcomes <= {0.0, 1.0} and set(self.weights) == {1.0}:
            return wilson(int(sum(self.values)), len(self.values))
        return ratio(self.values, self.weights, self.clusters)


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
    sums = _sums(Observations(numerators, denominators, clusters))
    if not sums.shape[1] or sums[1].sum() == 0:
        return Estimate(math.nan, math.nan, math.nan, len(numerators))
    values = _resampled(sums, seed)
    low, high = np.percentile(values[np.isfinite(values)], [2.5, 97.5])
    return Estimate(float(sums[0].sum() / sums[1].sum()), float(low), float(high), len(numerators))


def difference(ours: Observations, theirs: Observations, *, seed: int = 0) -> Estimate:
    """Our figure minus theirs on the same trials, paired percentile bootstrap over clusters.

    Raises ValueError when the trials are not the same.
    """
    if list(ours.clusters) != list(theirs.clusters):
        raise ValueError(f"{len(ours.clusters)} and {len(theirs.clusters)} trials are not the same ones")
    mine, other = _sums(ours), _sums(theirs)
    if not mine.shape[1] or mine[1].sum() == 0 or other[1].sum() == 0:
        return Estimate(math.nan, math.nan, math.nan, len(ours.values))
    values = _resampled(mine, seed) - _resampled(other, seed)
    low, high = np.percentile(values[np.isfinite(values)], [2.5, 97.5])
    value = mine[0].sum() / mine[1].sum() - other[0].sum() / other[1].sum()
    return Estimate(float(value), float(low), float(high), len(ours.values))


def mean(values: Sequence[float], clusters: Sequence[Hashable], *, seed: int = 0) -> Estimate:
    """Mean with a bootstrap over clusters."""
    return ratio(values, [1.0] * len(values), clusters, seed=seed)


def share(outcomes: Sequence[bool], clusters: Sequence[Hashable]) -> Estimate:
    """Share of true outcomes, bootstrap over clusters; Wilson's interval where all are alike."""
    if not outcomes:
        return wilson(0, 0)
    return Observations.each(outcomes, clusters).estimate()


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile and mean, under the names p50, p95 and mean; NaN when there are no values."""
    if not values:
        return {"p50": math.nan, "p95": math.nan, "mean": math.nan}
    p50, p95 = np.percentile(values, [50, 95])
    return {"p50": float(p50), "p95": float(p95), "mean": float(np.mean(values))}


def _sums(observed: Observations) -> NDArray[np.float64]:
    """(values, weights) summed by cluster, (2, clusters), in order of first appearance."""
    groups: dict[Hashable, int] = {}
    rows = np.array([groups.setdefault(cluster, len(groups)) for cluster in observed.clusters], dtype=np.int64)
    if not groups:
        return np.zeros((2, 0))
    both = (np.asarray(observed.values, float), np.asarray(observed.weights, float))
    return np.stack([np.bincount(rows, weights=each, minlength=len(groups)) for each in both])


def _resampled(sums: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """The figure of each resample, (resamples,); NaN where one has no weight. Equal seeds draw equal clusters."""
    drawn = np.random.default_rng(seed).integers(0, sums.shape[1], (RESAMPLES, sums.shape[1]))
    over, under = sums[0][drawn].sum(axis=1), sums[1][drawn].sum(axis=1)
    result: NDArray[np.float64] = np.divide(over, under, out=np.full(RESAMPLES, np.nan), where=under > 0)
    return result
