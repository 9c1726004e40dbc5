"""Near-duplicates by MinHash and banded LSH (Broder 1997; Leskovec et al., Mining of Massive Datasets, chapter 3).

datasketch makes the signatures. The bands are sorted with numpy instead of kept in its dictionaries, so that memory is
some twenty bytes a document, and the signatures stay in a memory-mapped file.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from datasketch import MinHash

from python_slm_training.curate.words import ngrams

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHINGLE = 5  # words
BANDS, ROWS = 14, 8  # a pair at Jaccard 0.7 meets in a band with probability 0.56, at 0.8 with 0.92
PERMUTATIONS = BANDS * ROWS
THRESHOLD = 0.7


def signature(words: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """MinHash of the word 5-grams, (PERMUTATIONS,) uint32."""
    shingles = np.unique((ngrams(words, SHINGLE) if len(words) >= SHINGLE else words).astype(np.uint32))
    hashed = _empty().copy()
    hashed.update_batch(shingles)
    return np.asarray(hashed.hashvalues, np.uint32)


@cache
def _empty() -> MinHash:
    return MinHash(PERMUTATIONS, seed=1, hashfunc=int, scheme="affine32")


def duplicates(signatures: NDArray[np.uint32], threshold: float = THRESHOLD) -> NDArray[np.bool_]:
    """Which documents repeat an earlier one, (documents,) bool; ``signatures`` is (documents, PERMUTATIONS)."""
    parent = np.arange(len(signatures))
    for band in range(BANDS):
        rows = np.ascontiguousarray(signatures[:, band * ROWS : (band + 1) * ROWS])
        first, later = _meetings(keys_of(rows))
        for start in range(0, len(first), 65536):
            pairs = slice(start, start + 65536)
            near = (signatures[first[pairs]] == signatures[later[pairs]]).mean(axis=1) >= threshold
            for one, other in zip(first[pairs][near], later[pairs][near], strict=True):
                _union(parent, int(one), int(other))
    return np.not_equal(parent, np.arange(len(signatures)))


def keys_of(rows: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """One 64-bit key a row of a band."""
    keys = np.zeros(len(rows), np.uint64)
    for column in range(rows.shape[1]):
        keys = (keys ^ rows[:, column].astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(29)
    return keys


def _meetings(keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each document paired with the first and with the previous one of its key."""
    order = np.argsort(keys, kind="stable")
    same = np.flatnonzero(keys[order][1:] == keys[order][:-1]) + 1
    starts = np.arange(len(keys))
    new = np.ones(len(keys), bool)
    new[same] = False
    starts = np.maximum.accumulate(np.where(new, starts, 0))
    first = np.concatenate([order[starts[same]], order[same - 1]])
    return first, np.concatenate([order[same], order[same]])


def _union(parent: NDArray[np.int64], one: int, other: int) -> None:
    one, other = _root(parent, one), _root(parent, other)
    parent[max(one, other)] = min(one, other)


def _root(parent: NDArray[np.int64], node: int) -> int:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = int(parent[node])
    return node
