"""Word hashes and word n-grams of a text, the common ground of near-duplicates and decontamination."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WORD = re.compile(rb"[a-z0-9_]+")
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd, so that multiplication is invertible: 2**64 / golden ratio


def word_hashes(text: str) -> NDArray[np.uint64]:
    """CRC-32 of every word of ``text`` in lower case, (words,) uint64; the same in every process."""
    words = _WORD.findall(text.lower().encode("utf-8", "replace"))
    return np.fromiter(map(crc32, words), np.uint64, len(words))


def ngrams(words: NDArray[np.uint64], size: int) -> NDArray[np.uint64]:
    """A 64-bit hash of every ``size`` consecutive words, (max(0, words - size + 1),) uint64."""
    count = len(words) - size + 1
    if count <= 0:
        return np.empty(0, np.uint64)
    hashes = np.zeros(count, np.uint64)
    for start in range(size):
        hashes = (hashes ^ words[start : start + count]) * _MULTIPLIER
        hashes ^= hashes >> np.uint64(29)
    return hashes
