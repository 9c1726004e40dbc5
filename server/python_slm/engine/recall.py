"""What the open file said elsewhere after the same tokens, mixed into the model's distribution.

A small model repeats badly what the file says plainly. So, where the last tokens also stand somewhere else in the file,
the tokens that followed there get a share of the probability, the larger the longer the match: the nested cache of
Hellendoorn and Devanbu (FSE 2017), with the longest match alone as in infini-gram (arXiv 2401.17377).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NOTHING = -1
"""In a memory: the end of a stretch of text; no token follows, and no match crosses it."""

SHARES = (0.0, 0.05, 0.15, 0.3, 0.4, 0.5, 0.6, 0.7)
"""Probability given to what was remembered, by match length 1, 2, … tokens; longer matches get the last."""


class Memory(Protocol):
    """Token ids that can be searched for what follows."""

    def followers(self, ids: Sequence[int]) -> tuple[NDArray[np.int32], int]:
        """Tokens (places,) that followed the longest match of the end of ``ids``, and the match's length in tokens."""


class Recall:
    """A memory of token ids, (tokens,) int32 with ``NOTHING`` between stretches, searched anew for every token.

    A search costs one comparison with the whole memory: 10 µs for a thousand lines of code.
    """

    def __init__(self, memory: NDArray[np.int32], shares: Sequence[float] = SHARES) -> None:
        self._memory = memory
        self._shares = shares

    def mixed(self, logprobs: NDArray[np.float32], ids: Sequence[int]) -> NDArray[np.float32]:
        """``logprobs`` (vocab,) of what follows ``ids``, with what the memory knows mixed in; natural logarithms."""
        followers, length = self._followers(ids)
        share = self._shares[min(length, len(self._shares)) - 1] if length else 0.0
        if not share:
            return logprobs
        tokens, counts = np.unique(followers, return_counts=True)
        result = logprobs + np.float32(np.log1p(-share))
        result[tokens] = np.logaddexp(result[tokens], np.log(share * counts / counts.sum())).astype(np.float32)
        return result

    def _followers(self, ids: Sequence[int]) -> tuple[NDArray[np.int32], int]:
        """Tokens that followed the longest match of the end of ``ids``, one a place, and the match's length."""
        memory = self._memory
        places = np.flatnonzero(memory[:-1] == ids[-1]) if len(ids) else np.empty(0, np.int64)
        places = places[memory[places + 1] != NOTHING]
        length = min(1, len(places))
        while 0 < length < min(len(ids), len(self._shares)):
            longer = places[(places >= length) & (memory[places - length] == ids[-1 - length])]
            if not len(longer):
                break
            places, length = longer, length + 1
        return memory[places + 1], length
