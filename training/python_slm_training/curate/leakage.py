"""Texts of one split that another has nearly the same, looked for with finer bands than near-duplicates are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from python_slm_training.curate.nearduplicates import PERMUTATIONS, THRESHOLD, keys_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

ROWS = 4
BANDS = PERMUTATIONS // ROWS  # a pair at Jaccard 0.7 meets in one of 28 bands with probability 0.9995
_CHUNK = 65_536  # pairs compared at a time


def leaks(signatures: NDArray[np.uint32], splits: NDArray[np.int64], threshold: float = THRESHOLD) -> NDArray[np.bool_]:
    """Which files are near-duplicates of a file in an earlier split, (files,) bool.

    ``signatures`` is (files, PERMUTATIONS); ``splits`` is (files,) places in SPLITS: validation gives way to training,
    test to both.
    """
    found = np.zeros(len(signatures), bool)
    for band in range(BANDS):
        keys = keys_of(np.ascontiguousarray(signatures[:, band * ROWS : (band + 1) * ROWS]))
        for later in (1, 2):
            mine = np.flatnonzero((splits == later) & ~found)
            others = np.flatnonzero(splits < later)
            for one, other in _meetings(keys, mine, others):
                near = (signatures[one] == signatures[other]).mean(axis=1) >= threshold
                found[one[near]] = True
    return found


def _meetings(
    keys: NDArray[np.uint64], mine: NDArray[np.int64], others: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Every pair of ``mine`` and ``others`` with the same key, at most _CHUNK pairs at a time."""
    others = others[np.argsort(keys[others], kind="stable")]
    ordered = keys[others]
    starts = np.searchsorted(ordered, keys[mine], "left")
    lengths = np.searchsorted(ordered, keys[mine], "right") - starts
    ends = np.cumsum(lengths)
    for first in range(0, int(ends[-1]) if len(ends) else 0, _CHUNK):
        pairs = np.arange(first, min(first + _CHUNK, int(ends[-1])))
        rows = np.searchsorted(ends, pairs, "right")
        yield mine[rows], others[starts[rows] + pairs - (ends[rows] - lengths[rows])]
