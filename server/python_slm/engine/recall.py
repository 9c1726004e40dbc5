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


PROJECT_SHARES = (0.0, 0.0, 0.1, 0.2, 0.3, 0.35, 0.4, 0.5)
"""The same for what other files of the project say."""


class Memory(Protocol):
    """Token ids that can be searched for what follows."""

    def followers(self, ids: Sequence[int]) -> tuple[NDArray[np.int32], int]:
        """Tokens (places,) that followed the longest match of the end of ``ids``, and the match's length in tokens."""


class Recall:
    """What the file and the project say, mixed in: the project into the model, the file into both.

    ``memory`` are the file's token ids, (tokens,) int32 with ``NOTHING`` between stretches. ``project`` knows the other
    files.
    """

    def __init__(
        self,
        memory: NDArray[np.int32],
        shares: Sequence[float] = SHARES,
        *,
        project: Memory | None = None,
        project_shares: Sequence[float] = PROJECT_SHARES,
    ) -> None:
        self._layers: list[tuple[Memory, Sequence[float]]] = [(project, project_shares)] if project else []
        self._layers.append((Stretches(memory, len(shares)), shares))

    def mixed(self, logprobs: NDArray[np.float32], ids: Sequence[int]) -> NDArray[np.float32]:
        """``logprobs`` (vocab,) of what follows ``ids``, with what the memories know mixed in; natural logarithms."""
        for memory, shares in self._layers:
            followers, length = memory.followers(ids)
            share = shares[min(length, len(shares)) - 1] if length else 0.0
            if share:
                tokens, counts = np.unique(followers, return_counts=True)
                logprobs = logprobs + np.float32(np.log1p(-share))
                logprobs[tokens] = np.logaddexp(logprobs[tokens], np.log(share * counts / counts.sum()))
        return logprobs


class Stretches:
    """A memory of token ids, (tokens,) int32 with ``NOTHING`` between stretches, searched anew for every token.

    A search costs one comparison with the whole memory: 10 µs for a thousand lines of code. ``engine.ngrams`` is for
    more.
    """

    def __init__(self, tokens: NDArray[np.int32], depth: int = len(SHARES)) -> None:
        self._tokens = tokens
        self._depth = depth

    def followers(self, ids: Sequence[int]) -> tuple[NDArray[np.int32], int]:
        """Tokens (places,) that followed the longest match of the end of ``ids``, and its length, at most ``depth``."""
        memory = self._tokens
        places = np.flatnonzero(memory[:-1] == ids[-1]) if len(ids) else np.empty(0, np.int64)
        places = places[memory[places + 1] != NOTHING]
        length = min(1, len(places))
        while 0 < length < min(len(ids), self._depth):
            longer = places[(places >= length) & (memory[places - length] == ids[-1 - length])]
            if not len(longer):
                break
            places, length = longer, length + 1
        return memory[places + 1], length
