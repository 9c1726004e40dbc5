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

SHARES = (0.15, 0.2, 0.25, 0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.6, 0.65, 0.8)
"""Probability given to what was remembered, by match length 1, 2, … tokens; longer matches get the last.

These and the next are where twelve projects that the model never saw are likeliest (expectation maximisation).
"""
SECOND_SHARES = (0.08, 0.1, 0.15, 0.15, 0.2, 0.2, 0.2, 0.25, 0.35, 0.4, 0.4, 0.55)
"""The same for the memory with the shorter match, within what the longer one leaves."""
DRAFT_MATCH = 4
"""Tokens that must match before what followed is worth reading ahead of the model's choice."""
_ALL = np.ones(1)


class Memory(Protocol):
    """Token ids that can be searched for what follows."""

    def followers(self, ids: Sequence[int]) -> tuple[NDArray[np.int32], int]:
        """Tokens (places,) that followed the longest match of the end of ``ids``, and the match's length in tokens."""

    def draft(self, ids: Sequence[int], most: int, shortest: int) -> list[int]:
        """At most ``most`` tokens that may come next: what followed the longest match, and what came after that there.

        Fewer than match; nothing where fewer than ``shortest`` match. Of several places, the last one where the
        commonest token followed.
        """


class Recall:
    """What the file and the project say, mixed into the model's distribution: the one that matches longer comes last.

    ``memory`` are the file's token ids, (tokens,) int32 with ``NOTHING`` between stretches. ``project`` knows the other
    files; where both match equally long, the file comes last.
    """

    def __init__(
        self,
        memory: NDArray[np.int32],
        shares: Sequence[float] = SHARES,
        *,
        project: Memory | None = None,
        second_shares: Sequence[float] = SECOND_SHARES,
    ) -> None:
        file = Stretches(memory, len(shares))
        self._memories: list[Memory] = [file, project] if project else [file]
        self._shares = (shares, second_shares)
        self._matched = 0

    def mixed(self, logprobs: NDArray[np.float32], ids: Sequence[int]) -> NDArray[np.float32]:
        """``logprobs`` (vocab,) of what follows ``ids``, with what the memories know mixed in; natural logarithms."""
        found = [memory.followers(ids) for memory in self._memories]
        found.sort(key=lambda followers: -followers[1])
        self._matched = found[0][1]
        for (followers, length), shares in reversed(list(zip(found, self._shares, strict=False))):
            share = shares[min(length, len(shares)) - 1] if length else 0.0
            if share:
                logprobs = logprobs + np.float32(np.log1p(-share))
                tokens, parts = _counted(followers)
                logprobs[tokens] = np.logaddexp(logprobs[tokens], np.log(share * parts))
        return logprobs

    def draft(self, ids: Sequence[int], most: int) -> list[int]:
        """At most ``most`` tokens that may follow ``ids``: the file's guess, else the project's, else none.

        Asked after ``mixed`` of all but the last token, it need not search where a match cannot be long enough.
        """
        if self._matched + 1 < DRAFT_MATCH:
            return []
        for memory in self._memories:
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
        return continued(self._tokens, places, min(most, length - 1)) if length >= shortest else []

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


def _counted(followers: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Each token once, and its part of them all."""
    if len(followers) == 1:  # the commonest case, and the cheapest
        return followers, _ALL
    tokens, counts = np.unique(followers, return_counts=True)
    return tokens, counts / len(followers)


def continued(tokens: NDArray[np.int32], places: NDArray[np.integer[Any]], most: int) -> list[int]:
    """At most ``most`` of ``tokens`` from the last of those ``places`` on that have the commonest token there."""
    if not len(places):
        return []
    firsts = tokens[places]
    values, counts = np.unique(firsts, return_counts=True)
    place = int(places[firsts == values[counts.argmax()]][-1])
    found: list[int] = tokens[place : place + most].tolist()
    return found[: found.index(NOTHING)] if NOTHING in found else found
