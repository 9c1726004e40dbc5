"""Which grams of a file are kept, so that every run of tokens has one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from python_slm.provenance import ALIGNMENT, gram_hashes

if TYPE_CHECKING:
    from numpy.typing import NDArray

GOOD, COMMON, NOBODYS = 0, 1, 2
"""What a gram is worth: the first choice, the second, and one that says nothing about where a text is from."""

_FEWEST_WORDS = 4
"""Different tokens that a gram has at least: rows of zeros are nobody's."""
_OFTEN = 8
"""Times in one project above which a gram is second choice, for each of its places would be tried at every question."""


class Projects:
    """In how many projects a gram stands, counted in a table by hash: now and then too many, never too few."""

    def __init__(self, bits: int) -> None:
        self._counts = np.zeros(1 << bits, np.uint8)
        self._shift = np.uint64(64 - bits)

    def add(self, hashes: NDArray[np.uint64]) -> None:
        """Count one project's grams, each once."""
        slots = np.unique(hashes >> self._shift)
        self._counts[slots] = np.minimum(self._counts[slots], 254) + 1

    def of(self, hashes: NDArray[np.uint64]) -> NDArray[np.uint8]:
        """The projects of each gram; at most 255."""
        found: NDArray[np.uint8] = self._counts[hashes >> self._shift]
        return found


def worth(
    tokens: NDArray[np.uint32], gram: int, projects: Projects, *, nobodys: int
) -> tuple[NDArray[np.uint64], NDArray[np.int8]]:
    """(hashes, worth) of the grams of one project's tokens; ``nobodys`` is the number of projects that makes one so."""
    hashes = gram_hashes(tokens, gram)
    _, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    found = np.where(counts[inverse] > _OFTEN, COMMON, GOOD).astype(np.int8)
    windows = np.lib.stride_tricks.sliding_window_view(tokens, gram) if len(hashes) else np.zeros((0, gram), np.uint32)
    words = 1 + (np.diff(np.sort(windows, axis=1), axis=1) != 0).sum(1)
    found[(projects.of(hashes) >= nobodys) | (words < _FEWEST_WORDS)] = NOBODYS
    return hashes, found


def choose(values: NDArray[np.int8], reach: int) -> list[int]:
    """Places, multiples of ALIGNMENT, at most ``reach`` apart wherever there is a choice; ``values`` as from ``worth``.

    The furthest good gram of the second half of the reach, else the furthest that is somebody's, else the next one.
    """
    aligned = values[::ALIGNMENT]
    steps = reach // ALIGNMENT
    good, usable = _last_before(aligned == GOOD), _last_before(aligned <= COMMON)
    following = np.flatnonzero(aligned <= COMMON)
    chosen: list[int] = []
    previous = -1
    while (limit := previous + steps) < len(aligned):
        place = int(good[limit])
        if place <= previous + steps // 2:
            place = int(usable[limit])
        if place <= previous:
            later = int(np.searchsorted(following, limit))
            if later == len(following):
                break
            place = int(following[later])
        chosen.append(place * ALIGNMENT)
        previous = place
    return chosen


def _last_before(wanted: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The last place that is wanted, at or before each; −1 where there is none."""
    return np.maximum.accumulate(np.where(wanted, np.arange(len(wanted)), -1)) if len(wanted) else np.zeros(0, np.int64)
