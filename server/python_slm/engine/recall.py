"""What the open file said elsewhere after the same tokens, mixed into the model's distribution.

A small model repeats badly what the file says plainly. So, where the last tokens also stand somewhere else in the file,
the tokens that followed there get a share of the probability, the larger the longer the match: the nested cache of
Hellendoorn and Devanbu (FSE 2017), with the longest match alone as in infini-gram (arXiv 2401.17377).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
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
DEPTH = len(SHARES)
"""Longest match in tokens; longer ones are not told apart."""
DRAFT_MATCH = 4
"""Tokens that must match before what followed is worth reading ahead of the model's choice."""
_FEW = 8
"""Up to so many places are compared one by one: an operation on an array costs more."""


@dataclass(frozen=True)
class Match:
    """Where the longest match of some ids ends in a memory: ``places`` of the tokens that followed, among ``tokens``.

    ``length`` is the match's, in tokens; 0 with no places.
    """

    tokens: NDArray[np.int32]
    places: NDArray[np.integer[Any]]
    length: int

    @property
    def followers(self) -> NDArray[np.int32]:
        """The tokens that followed, one a place."""
        found: NDArray[np.int32] = self.tokens[self.places]
        return found

    def counted(self) -> dict[int, int]:
        """How often each token followed."""
        followers = self.followers
        if len(followers) > _FEW:
            tokens, counts = np.unique(followers, return_counts=True)
            return dict(zip(tokens.tolist(), counts.tolist(), strict=True))
        found: dict[int, int] = {}
        for token in followers.tolist():
            found[token] = found.get(token, 0) + 1
        return found

    def continued(self, most: int) -> list[int]:
        """At most ``most`` tokens, from the last place on where the commonest token followed."""
        counts = self.counted()
        if not counts:
            return []
        first = max(counts, key=lambda token: counts[token])
        place = int(self.places[self.followers == first][-1])
        found: list[int] = self.tokens[place : place + most].tolist()
        return found[: found.index(NOTHING)] if NOTHING in found else found


class Memory(Protocol):
    """Token ids that can be searched for what follows."""

    def match(self, ids: Sequence[int]) -> Match:
        """The longest match of the end of ``ids``, of at most ``DEPTH`` tokens."""

    def followers(self, ids: Sequence[int]) -> tuple[NDArray[np.int32], int]:
        """Tokens (places,) that followed the longest match of the end of ``ids``, and the match's length in tokens."""


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
        file = Stretches(memory)
        self._memories: list[Memory] = [file, project] if project else [file]
        self._shares = (shares, second_shares)
        self._asked: list[int] = []
        self._matches: list[Match] = []

    def mixed(self, logprobs: NDArray[np.float32], ids: Sequence[int]) -> NDArray[np.float32]:
        """``logprobs`` (vocab,) of what follows ``ids``, with what the memories know mixed in; natural logarithms."""
        remembered: dict[int, float] = {}
        left = 1.0
        for match, shares in zip(self._longest_first(ids), self._shares, strict=False):
            share = left * shares[min(match.length, len(shares)) - 1] if match.length else 0.0
            if share:
                left -= share
                for token, count in match.counted().items():
                    remembered[token] = remembered.get(token, 0.0) + share * count / len(match.places)
        if not remembered:
            return logprobs
        result = logprobs + np.float32(math.log(left))
        tokens = np.fromiter(remembered.keys(), np.int64, len(remembered))
        result[tokens] = np.log(np.exp(result[tokens]) + np.fromiter(remembered.values(), np.float32, len(remembered)))
        return result

    def draft(self, ids: Sequence[int], most: int) -> list[int]:
        """At most ``most`` tokens that may follow ``ids``: what followed the longest match, fewer than matched."""
        match = self._longest_first(ids)[0]
        return match.continued(min(most, match.length - 1)) if match.length >= DRAFT_MATCH else []

    def _longest_first(self, ids: Sequence[int]) -> list[Match]:
        """A match of each memory. A draft and the distribution after the same ids are asked for in turn."""
        asked = list(ids[-DEPTH:])
        if asked != self._asked or not self._matches:
            self._matches = sorted((memory.match(asked) for memory in self._memories), key=lambda match: -match.length)
            self._asked = asked
        return self._matches


class Stretches:
    """A memory of token ids, (tokens,) int32 with ``NOTHING`` between stretches, searched anew for every token.

    A search costs one comparison with the whole memory: 10 µs for a thousand lines of code. ``engine.ngrams`` is for
    more.
    """

    def __init__(self, tokens: NDArray[np.int32]) -> None:
        self._tokens = np.concatenate([np.full(DEPTH, NOTHING, np.int32), tokens])

    def match(self, ids: Sequence[int]) -> Match:
        """See ``Memory``."""
        tokens = self._tokens
        places = 1 + np.flatnonzero(tokens[:-1] == ids[-1]) if len(ids) else np.empty(0, np.int64)
        places = places[tokens[places] != NOTHING]
        return longest(tokens, places, ids, 1) if len(places) else Match(tokens, places, 0)

    def followers(self, ids: Sequence[int]) -> tuple[NDArray[np.int32], int]:
        """See ``Memory``."""
        match = self.match(ids)
        return match.followers, match.length


def longest(tokens: NDArray[np.int32], places: NDArray[np.integer[Any]], ids: Sequence[int], length: int) -> Match:
    """Those of ``places``, before all of which ``length`` tokens match the end of ``ids``, that match longest.

    ``tokens`` begin with ``DEPTH`` times ``NOTHING``.
    """
    depth = min(DEPTH, len(ids))
    while length < depth and len(places) > _FEW:
        longer = places[tokens[places - length - 1] == ids[-1 - length]]
        if not len(longer):
            return Match(tokens, places, length)
        places, length = longer, length + 1
    if length == depth:
        return Match(tokens, places, length)
    wanted = list(ids[-depth:])
    known, best = length, list[int]()
    for place in places.tolist():
        before = tokens[place - depth : place].tolist()
        matched = known
        while matched < depth and before[-1 - matched] == wanted[-1 - matched]:
            matched += 1
        if matched > length:
            best, length = [], matched
        if matched == length:
            best.append(place)
    return Match(tokens, np.array(best, np.int64), length)
