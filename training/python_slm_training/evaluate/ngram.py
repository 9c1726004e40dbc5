"""The n-gram model that a neural one has to beat, on the same tokens and the same training split.

Witten–Bell interpolation of orders 1…n, with a file-local model of the same orders interpolated at each order (the
cache of Hellendoorn & Devanbu, FSE 2017, "Are deep neural networks the best choice for modeling source code?").
Counts are exact but for hash collisions: an n-gram is a uint64 of 48 hashed bits of context and 16 bits of next token;
each order is one sorted array of them, so memory is at most 12 bytes a training token and order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from python_slm.engine.healing import TokenIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from python_slm.tokenizer import Tokenizer
    from python_slm_training.evaluate.shards import Sample
    from python_slm_training.evaluate.sources import SourceFile

_NEXT_BITS = np.uint64(16)
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xD6E8FEB86659FD93)


@dataclass(frozen=True)
class Table:
    """One order's counts. ``keys``: (context hash << 16 | next), ascending, (n,); ``sums``: counts before, (n+1,)."""

    keys: NDArray[np.uint64]
    sums: NDArray[np.int64]

    @classmethod
    def of(cls, keys: NDArray[np.uint64]) -> Self:
        """Count equal keys; sorts ``keys`` in place."""
        keys.sort()
        first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1]))) if len(keys) else np.zeros(0, np.int64)
        return cls(keys[first], np.append(first, len(keys)))

    def spans(self, contexts: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(first, past the last) row of each context."""
        low = contexts << _NEXT_BITS
        high = low | np.uint64(0xFFFF)
        return np.searchsorted(self.keys, low), np.searchsorted(self.keys, high, side="right")

    def followers(self, context: np.uint64) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(next tokens, counts) of one context; empty when it was never seen."""
        low, high = (int(each[0]) for each in self.spans(np.array([context], np.uint64)))
        return (self.keys[low:high] & np.uint64(0xFFFF)).astype(np.int64), np.diff(self.sums[low : high + 1])


class NGram:
    """``order``-gram counts; ``tables[k]`` is for contexts of k + 1 tokens."""

    def __init__(self, order: int, unigrams: NDArray[np.float64], tables: list[Table]) -> None:
        self.order = order
        self.unigrams = unigrams
        self.tables = tables

    @classmethod
    def train(cls, split: Sample, vocab_size: int, order: int, done: Callable[[int], object] = lambda _: None) -> Self:
        """Count ``split``; ``done(k)`` is called after each order. N-grams never cross documents."""
        counts = np.bincount(split.ids, minlength=vocab_size) + 1.0
        ids = split.ids.astype(np.uint64)
        within = np.arange(len(ids)) - np.repeat(split.starts[:-1], np.diff(split.starts))
        hashes = np.zeros(len(ids), np.uint64)
        tables = []
        for length in range(1, order):
            hashes[length:] = _extend(hashes[length:], ids[:-length])
            keys = (_finish(hashes) << _NEXT_BITS) | ids
            tables.append(Table.of(keys[within >= length]))
            done(length)
        return cls(order, counts / counts.sum(), tables)

    def distribution(self, context: Sequence[int], local: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
        """Next-token probabilities (vocab,); ``local`` are the ids of the file at hand, (n,)."""
        p = self.unigrams
        known = np.asarray(context[-self.order :], np.uint64)
        hashed = np.zeros(1, np.uint64)
        places = np.arange(len(local)) if local is not None else np.zeros(0, np.int64)
        for length in range(1, min(self.order, len(known) + 1)):
            hashed = _extend(hashed, known[-length : len(known) - length + 1])
            tokens, counts = self.tables[length - 1].followers(_finish(hashed)[0])
            p = _interpolated(p, tokens, counts)
            if local is not None:
                places = places[places >= length]
                places = places[local[places - length] == int(known[-length])]
                p = _interpolated(p, *np.unique(local[places], return_counts=True))
            if not len(tokens) and not len(places):
                break
        return p


class NGramCompleter:
    """Greedy generation to the end of the line, with the token before the cursor healed as the engine heals it."""

    def __init__(self, model: NGram, tokenizer: Tokenizer, *, most_tokens: int = 40, window: int = 20_000) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._index = TokenIndex(tokenizer.token_bytes)
        self._most_tokens = most_tokens
        self._window = window
        self._plain = np.array([bool(data) for data in tokenizer.token_bytes])

    def __call__(self, file: SourceFile, text: str, offset: int) -> list[str]:  # noqa: ARG002 - the interface
        """Complete as ``completers.Completer`` says; one suggestion or none."""
        ids = self._tokenizer.encode(text[max(0, offset - self._window) : offset])
        after = self._tokenizer.encode(text[offset : offset + self._window // 2])
        owed = self._tokenizer.token_bytes[ids.pop()] if ids else b""
        written, healed = b"", len(owed)
        local = np.asarray([*after, *ids], np.int64)
        for _ in range(self._most_tokens):
            p = self._model.distribution(ids, local)
            token = int(np.argmax(self._allowed(p, owed)))
            data = self._tokenizer.token_bytes[token]
            written, owed = written + data, owed[len(data) :]
            ids.append(token)
            if b"\n" in written[healed:]:
                break
        suggestion = written[healed:].decode("utf-8", "ignore").split("\n", 1)[0].rstrip()
        return [suggestion] if suggestion.strip() else []

    def _allowed(self, p: NDArray[np.float64], owed: bytes) -> NDArray[np.float64]:
        """``p`` where a token may come next, zero elsewhere."""
        if not owed:
            return np.where(self._plain[: len(p)], p, 0.0)
        allowed = np.zeros_like(p)
        compatible = self._index.compatible(owed)
        allowed[compatible] = p[compatible]
        return allowed


def _interpolated(p: NDArray[np.float64], tokens: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Witten–Bell: a context seen with few different followers is trusted more."""
    if not len(tokens):
        return p
    total = counts.sum() + len(tokens)
    mixed: NDArray[np.float64] = p * (len(tokens) / total)
    mixed[tokens] += counts / total
    return mixed


def _extend(hashes: NDArray[np.uint64], older: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hash of contexts one token longer, to the left."""
    return hashes * _FACTOR + older + np.uint64(1)


def _finish(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """48 well-mixed bits."""
    mixed = (hashes ^ (hashes >> np.uint64(32))) * _MIX
    return mixed >> np.uint64(16)
