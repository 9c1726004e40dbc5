"""Keeps one project or one domain from being most of a corpus: of what is too much, the files of least quality go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Balance:
    """Largest share of the corpus's bytes for one project and for one domain; 1 is no limit."""

    project: float = 1.0
    domain: float = 1.0


def limit(sizes: NDArray[np.float64], share: float) -> float:
    """Bytes to which groups of these ``sizes`` must be cut so that none has more than ``share`` of what is left.

    Where there are too few groups for that, all are cut to the smallest.
    """
    ordered = np.sort(sizes[sizes > 0])
    if share >= 1 or not len(ordered):
        return float("inf")
    below = np.concatenate([[0.0], np.cumsum(ordered)])
    for cut in range(len(ordered)):  # the ``cut`` largest groups are cut to size x: x = share (cut x + rest)
        rest = below[len(ordered) - cut]
        x = share * rest / (1 - share * cut) if share * cut < 1 else 0.0
        if ordered[len(ordered) - cut - 1] <= x:
            return float(x)
    return float(ordered[0])


def surplus(
    groups: NDArray[np.int64], sizes: NDArray[np.uint64], quality: NDArray[np.uint8], share: float
) -> NDArray[np.bool_]:
    """Which files go, (files,) bool, so that no group has more than ``share`` of the rest; the best are kept."""
    gone = np.zeros(len(groups), bool)
    weights = sizes.astype(np.float64)
    totals = np.bincount(groups, weights).astype(np.float64)
    most = limit(totals, share)
    for group in np.flatnonzero(totals > most):
        members = np.flatnonzero(groups == group)
        best = members[np.lexsort((members, -quality[members].astype(np.int64)))]
        gone[best[np.cumsum(weights[best]) > most]] = True
    return gone
