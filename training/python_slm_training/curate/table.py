"""Labels of many files as one array, a few bytes a file, and how they are distributed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from python_slm_training.collect.record import PROSE, PYTHON, QA
from python_slm_training.curate.difficulty import LEVELS
from python_slm_training.curate.domains import DOMAINS
from python_slm_training.curate.patterns import PATTERNS
from python_slm_training.curate.versions import VERSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from python_slm_training.curate.labels import Labels

CONTENTS = (PYTHON, PROSE, QA)
NO_VERSION = "any"
SIZES = ("< 1 KiB", "1 – 4 KiB", "4 – 16 KiB", "16 – 64 KiB", "≥ 64 KiB")
QUALITIES = tuple(f"{tenth / 10:.1f}" for tenth in range(10))  # lower ends

VALUES: dict[str, tuple[str, ...]] = {
    "domain": DOMAINS,
    "difficulty": LEVELS,
    "python": (*VERSIONS, NO_VERSION),
    "quality": QUALITIES,
    "size": SIZES,
    "content": CONTENTS,
    "pattern": PATTERNS,
}
"""Every label, and its values in the order of the card. All but ``pattern`` have one value a file."""

ROW = np.dtype(
    [("content", "u1"), ("domain", "u1"), ("difficulty", "u1"), ("python", "u1"), ("quality", "u1"), ("pattern", "<u4")]
)
"""Places in VALUES; ``quality`` in hundredths; ``pattern`` is a set, one bit a place."""


def table_of(labels: Iterable[tuple[str, Labels]]) -> NDArray[np.void]:
    """(files,) ROW from the content and the labels of each file."""
    rows = [
        (
            CONTENTS.index(content),
            DOMAINS.index(each.domain),
            LEVELS.index(each.difficulty),
            VALUES["python"].index(each.python or NO_VERSION),
            round(100 * each.quality),
            sum(1 << PATTERNS.index(pattern) for pattern in each.patterns),
        )
        for content, each in labels
    ]
    return np.array(rows, ROW)


def places(table: NDArray[np.void], sizes: NDArray[np.uint64], label: str) -> NDArray[np.int64]:
    """Place in ``VALUES[label]`` of every file; ``label`` is any but ``pattern``. ``sizes`` in bytes."""
    if label == "quality":
        return np.minimum(table["quality"].astype(np.int64) // 10, len(QUALITIES) - 1)
    if label == "size":
        return np.digitize(sizes.astype(np.float64), [2**10, 2**12, 2**14, 2**16])
    return table[label].astype(np.int64)


def counts(table: NDArray[np.void], sizes: NDArray[np.uint64], label: str) -> NDArray[np.int64]:
    """Files and bytes of every value, (values, 2) int64. A file counts in each of its patterns."""
    found = np.zeros((len(VALUES[label]), 2), np.int64)
    weights = sizes.astype(np.float64)
    if label == "pattern":
        for place in range(len(PATTERNS)):
            has = (table["pattern"] >> np.uint32(place)) & np.uint32(1) == 1
            found[place] = has.sum(), weights[has].sum()
        return found
    at = places(table, sizes, label)
    found[:, 0] = np.bincount(at, minlength=len(found))
    found[:, 1] = np.bincount(at, weights, minlength=len(found))
    return found


def divergence(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Jensen–Shannon divergence in bits over the last axis, from 0 (equal) to 1; of nothing and anything 1."""
    p = one / np.maximum(one.sum(-1, keepdims=True), 1e-12)
    q = other / np.maximum(other.sum(-1, keepdims=True), 1e-12)
    middle = np.maximum((p + q) / 2, 1e-12)

    def relative(share: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((share * np.log2(np.maximum(share, 1e-12) / middle)).sum(-1))

    empty = (one.sum(-1) <= 0) | (other.sum(-1) <= 0)
    return np.where(empty, 1.0, np.maximum(0.0, (relative(p) + relative(q)) / 2))
