"""What followed the same tokens in many files: an index of token ids that answers in microseconds, whatever its size.

Every token has a row: a key made of the tokens before it, the nearest in the highest bits, so that all places where the
last *n* tokens were the same are one range of the sorted keys. The two nearest tokens are in the key whole; of the six
before them it has a few bits each, so longer matches are compared with the tokens themselves, and so are the tokens
farther off. An index never changes: ``changed`` makes another one, in one pass over the rows and no sorting but of what
is new.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

from python_slm.engine.recall import DEPTH, NOTHING, Match, longest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MOST_PLACES = 256
"""Places looked at for one answer; of more, as many are taken at even distances."""
_KEYED = 8
_WHOLE = 2
_KEY_BITS = 64


@dataclass(frozen=True)
class Ngrams:
    """An index: 16 bytes a token.

    ``tokens`` (tokens,) int32 are the texts, each after ``DEPTH`` times ``NOTHING``. ``keys`` (rows,) uint64 are
    sorted, ``places`` (rows,) int32 say where in ``tokens`` each row's own token is. What lies from ``hidden[0]`` to
    ``hidden[1]`` is not found. Ids are below ``vocab_size``, which is below 2**28.
    """

    vocab_size: int
    tokens: NDArray[np.int32]
    keys: NDArray[np.uint64]
    places: NDArray[np.int32]
    hidden: tuple[int, int] = (0, 0)

    @classmethod
    def empty(cls, vocab_size: int) -> Self:
        """An index of nothing."""
        return cls(vocab_size, np.empty(0, np.int32), np.empty(0, np.uint64), np.empty(0, np.int32))

    def changed(
        self, added: Sequence[NDArray[np.int32]] = (), removed: Sequence[tuple[int, int]] = ()
    ) -> tuple[Self, list[tuple[int, int]]]:
        """With other texts, and where each of the added ones lies.

        ``removed`` are such places of this index. Their tokens stay in ``tokens`` until ``compact``.
        """
        keys, places = self.keys, self.places
        if removed:
            kept = ~_within(places, sorted(removed))
            keys, places = keys[kept], places[kept]
        tokens, spans = _joined(self.tokens, added)
        fresh = self._rows(tokens, len(self.tokens))
        new = self._keys_of(tokens, fresh)
        order = np.argsort(new, kind="stable")
        at = np.searchsorted(keys, new[order], side="right")
        changed = replace(
            self, tokens=tokens, keys=np.insert(keys, at, new[order]), places=np.insert(places, at, fresh[order])
        )
        return changed, spans

    def compact(self, spans: Sequence[tuple[int, int]]) -> tuple[Self, list[tuple[int, int]]]:
        """The same index of the texts at ``spans`` alone, and where each of them lies now."""
        order = sorted(range(len(spans)), key=lambda index: spans[index])
        starts = np.array([spans[index][0] for index in order], np.int64)
        tokens, sorted_moved = _joined(self.tokens[:0], [self.tokens[slice(*spans[index])] for index in order])
        shift = np.array([new for new, _ in sorted_moved], np.int64) - starts
        places = self.places + shift[np.searchsorted(starts, self.places, side="right") - 1]
        moved = [(0, 0)] * len(spans)
        for index, span in zip(order, sorted_moved, strict=True):
            moved[index] = span
        return replace(self, tokens=tokens, places=places.astype(np.int32)), moved

    def without(self, span: tuple[int, int]) -> Self:
        """The same index, in which one text is not found. Costs nothing."""
        return replace(self, hidden=span)

    def followers(self, ids: Sequence[int]) -> tuple[NDArray[np.int32], int]:
        """See ``engine.recall.Memory``."""
        match = self.match(ids)
        return match.followers, match.length

    def match(self, ids: Sequence[int]) -> Match:
        """See ``engine.recall.Memory``. Some of its places, where there are more than ``MOST_PLACES``."""
        last = [int(token) for token in reversed(ids[-_KEYED:])]
        if last and len(self.keys):
            ends = self.keys.searchsorted(self._bounds(last)).tolist()
            for length in range(len(last), 0, -1):
                low, high = ends[2 * length - 2 : 2 * length]
                if low < high and (match := self._true(low, high, ids, length)):
                    return match
        return Match(self.tokens, self.places[:0], 0)

    def _true(self, low: int, high: int, ids: Sequence[int], length: int) -> Match | None:
        """The longest match among rows whose keys tell of ``length`` tokens, if it is that long and not hidden."""
        first, end = self.hidden
        for step in dict.fromkeys((-(-(high - low) // MOST_PLACES), 1)):  # some of many; all, should those be none
            places = self.places[low:high:step]
            if end:
                places = places[(places < first) | (places >= end)]
            if len(places):
                match = longest(self.tokens, places, ids, min(length, _WHOLE))
                if match.length >= length:
                    return Match(self.tokens, match.places[:: -(-len(match.places) // MOST_PLACES)], match.length)
        return None

    def _bounds(self, last: Sequence[int]) -> NDArray[np.uint64]:
        """First key of a match of 1, 2, … tokens and the one past its last key; ``last`` begins with the nearest."""
        key, bounds = 0, []
        for token, (shift, mask) in zip(last, self._fields, strict=False):
            key |= ((token + 1) & mask) << shift
            bounds += [key, key + (1 << shift)]
        return np.array(bounds, np.uint64)

    @cached_property
    def _fields(self) -> list[tuple[int, int]]:
        """(shift, mask) of each token in a key, the nearest first."""
        whole = (self.vocab_size + 1).bit_length()  # an id is kept as id + 1, and no field is all ones: see _bounds
        part = (_KEY_BITS - _WHOLE * whole) // (_KEYED - _WHOLE)
        widths = [whole] * _WHOLE + [part] * (_KEYED - _WHOLE)
        return [(_KEY_BITS - sum(widths[: index + 1]), (1 << width) - 1) for index, width in enumerate(widths)]

    @staticmethod
    def _rows(tokens: NDArray[np.int32], start: int) -> NDArray[np.int32]:
        """Places from ``start`` on that have a token, and one before it."""
        there = tokens[start:] != NOTHING
        return (start + 1 + np.flatnonzero(there[1:] & there[:-1])).astype(np.int32)

    def _keys_of(self, tokens: NDArray[np.int32], places: NDArray[np.int32]) -> NDArray[np.uint64]:
        keys = np.zeros(len(places), np.uint64)
        for distance, (shift, mask) in enumerate(self._fields, start=1):
            field = (tokens[places - distance] + 1) & mask
            keys |= field.astype(np.uint64) << np.uint64(shift)
        return keys


def _joined(
    tokens: NDArray[np.int32], added: Sequence[NDArray[np.int32]]
) -> tuple[NDArray[np.int32], list[tuple[int, int]]]:
    """``tokens`` with texts at the end, and where they lie."""
    gap = np.full(DEPTH, NOTHING, np.int32)
    spans, end, parts = [], len(tokens), [tokens]
    for text in added:
        parts += [gap, np.asarray(text, np.int32)]
        spans.append((end + DEPTH, end + DEPTH + len(text)))
        end = spans[-1][1]
    return np.concatenate(parts), spans


def _within(places: NDArray[np.int32], spans: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    """Which places lie in one of the spans, which are sorted and do not overlap."""
    starts, ends = np.array(spans, np.int64).T
    span = np.searchsorted(starts, places, side="right") - 1
    return np.asarray((span >= 0) & (places < ends[span]))
