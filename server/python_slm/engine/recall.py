"""What the open file said elsewhere after the same tokens, mixed into the model's distribution.

A small model repeats badly what the file says plainly. So, where the last tokens also stand somewhere else in the file,
the tokens that followed there get a share of the probability, the larger the longer the match: the nested cache of
Hellendoorn and Devanbu (FSE 2017), with the longest match alone as in infini-gram (arXiv 2401.17377).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

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

DRAFT_MATCH = 4
"""Tokens that must match before what followed is worth reading ahead of the model's choice."""


class Memory(Protocol):
    """Token ids that can be searched for what follows."""

    def followers(self, ids: Sequence[int]) -> tuple[NDArray[np.int32], int]:
        """Tokens (places,) that followed the longest match of the end of ``ids``, and the match's length in tokens."""

    def draft(self, ids: Sequence[int], most: int, shortest: int) -> list[int]:
        """At most ``most`` tokens that may come next: what followed the longest match, and what came after that there.

        Of several places, the last one where the commonest token followed. Nothing where fewer than ``shortest`` tokens
        match.
        """


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
        self._matched = 0

    def mixed(self, logprobs: NDArray[np.float32], ids: Sequence[int]) -> NDArray[np.float32]:
        """``logprobs`` (vocab,) of what follows ``ids``, with what the memories know mixed in; natural logarithms."""
        self._matched = 0
        for memory, shares in self._layers:
            followers, length = memory.followers(ids)
            self._matched = max(self._matched, length)
            share = shares[min(length, len(shares)) - 1] if length else 0.0
            if share:
                tokens, counts = np.unique(followers, return_counts=True)
                logprobs = logprobs + np.float32(np.log1p(-share))
                logprobs[tokens] = np.logaddexp(logprobs[tokens], np.log(share * counts / counts.sum()))
        return logprobs

    def draft(self, ids: Sequence[int], most: int) -> list[int]:
        """At most ``most`` tokens that may follow ``ids``: the file's guess, else the project's, else none.

        Asked after ``mixed`` of all but the last token, it need not search where a match cannot be long enough.
        """
        if self._matched + 1 < DRAFT_MATCH:
            return []
        for memory, _ in reversed(self._layers):
            found = memory.draft(ids, most, DRAFT_MATCH)
            if found:
                return found
        return []


class Stretches:
    """A memory of token ids, (tokens,) int32 with ``NOTHING`` between stretches, searched anew for every token.

    A search costs one comparison with the whole memory: 10 µs for a thousand lines of code. ``engine.ngrams`` is for
    more.
    """

    def __init__(self, tokens: NDArray[np.int32], depth: int = len(SHARES)) -> None:
        self._tokens = tokens
        self._depth = depth

    def followers(self, ids: Sequence[int]) -> tuple[NDArray[np.int32], int]:
        """See ``Memory``; lengths are at most ``depth``."""
        places, length = self._longest(ids)
        return self._tokens[places], length

    def draft(self, ids: Sequence[int], most: int, shortest: int) -> list[int]:
        """See ``Memory``."""
        places, length = self._longest(ids)
        return continued(self._tokens, places, most) if length >= shortest else []

    def _longest(self, ids: Sequence[int]) -> tuple[NDArray[np.int64], int]:
        """Places of the tokens that followed the longest match, and its length."""
        memory = self._tokens
        places = 1 + np.flatnonzero(memory[:-1] == ids[-1]) if len(ids) else np.empty(0, np.int64)
        places = places[memory[places] != NOTHING]
        length = min(1, len(places))
        while 0 < length < min(len(ids), self._depth):
            longer = places[places > length]
            longer = longer[memory[longer - 1 - length] == ids[-1 - length]]
            if not len(longer):
                break
            places, length = longer, length + 1
        return places, length


def continued(tokens: NDArray[np.int32], places: NDArray[np.integer[Any]], most: int) -> list[int]:
    """At most ``most`` of ``tokens`` from the last of those ``places`` on that have the commonest token there."""
    if not len(places):
        return []
    firsts = tokens[places]
    values, counts = np.unique(firsts, return_counts=True)
    place = int(places[firsts == values[counts.argmax()]][-1])
    found: list[int] = tokens[place : place + most].tolist()
    return found[: found.index(NOTHING)] if NOTHING in found else found
