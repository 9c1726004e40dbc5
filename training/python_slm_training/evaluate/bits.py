"""Bits per byte on held-out documents: how well a model predicts code, whatever its tokens are.

Both models read the same documents from their beginning, as far as the neural model's context reaches. The path that
the neural model is told first is not counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from python_slm import prompt
from python_slm_training.evaluate.intervals import Estimate, ratio

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from python_slm.tokenizer import Tokenizer
    from python_slm_training.evaluate.ngram import NGram
    from python_slm_training.evaluate.shards import Sample

HEADER_TOKENS = 64
_CHUNK = 256


class Scorer(Protocol):
    """A model that gives logits at every position; ``python_slm.engine.model.Model`` is one."""

    @property
    def tokenizer(self) -> Tokenizer:
        """What its ids mean."""

    @property
    def capacity(self) -> int:
        """Most tokens it reads."""

    def score(self, ids: Sequence[int], *, past: int, positions: Sequence[int] | None = None) -> NDArray[np.float32]:
        """Logits (n, vocab) after each of ``ids``, which come after ``past`` tokens."""


def model_bits(model: Scorer, sample: Sample) -> Iterator[float]:
    """Bits of each document, its first ``capacity`` − 64 tokens at most."""
    for index, path in enumerate(sample.paths):
        header = prompt.file_ids(model.tokenizer, path)[:HEADER_TOKENS]
        header = header or [model.tokenizer.special(prompt.END_OF_TEXT)]
        ids = [*header, *(int(token) for token in sample.document(index))]
        total = 0.0
        for start in range(0, len(ids) - 1, _CHUNK):
            read = ids[start : min(start + _CHUNK, len(ids) - 1)]
            logits = model.score(read, past=start).astype(np.float64)
            targets = np.array(ids[start + 1 : start + 1 + len(read)])
            shifted = logits - logits.max(axis=1, keepdims=True)
            logprobs = shifted[np.arange(len(read)), targets] - np.log(np.exp(shifted).sum(axis=1))
            total -= float(logprobs[max(0, len(header) - 1 - start) :].sum()) / np.log(2)
        yield total


def ngram_bits(model: NGram, sample: Sample) -> Iterator[float]:
    """The same of the n-gram model, which also learns from the document's tokens so far."""
    for index in range(len(sample.paths)):
        ids = sample.document(index).astype(np.int64)
        context = ids.tolist()
        yield -sum(float(np.log2(model.distribution(context[:n], ids[:n])[ids[n]])) for n in range(len(ids)))


def bits_per_byte(bits: Sequence[float], sample: Sample, tokenizer: Tokenizer) -> Estimate:
    """Bits over bytes, bootstrap over documents."""
    lengths = np.array([len(data) for data in tokenizer.token_bytes])
    sizes = [float(lengths[sample.document(index)].sum()) for index in range(len(bits))]
    return ratio(bits, sizes, list(range(len(bits))))
