"""A sample of a split's documents, in memory: what the n-gram model learns from and bits per byte are counted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from python_slm_training.tokenize.shards import Shards

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Sample:
    """``ids``: (tokens,) uint16; ``starts``: where documents begin, and the end, (documents + 1,) int64; ``paths``."""

    ids: NDArray[np.uint16]
    starts: NDArray[np.int64]
    paths: tuple[str, ...]

    def document(self, index: int) -> NDArray[np.uint16]:
        """Token ids of one document."""
        return self.ids[self.starts[index] : self.starts[index + 1]]

    @classmethod
    def of(cls, documents: list[NDArray[np.uint16]], paths: tuple[str, ...] = ()) -> Sample:
        """Documents put end to end."""
        starts = np.cumsum([0, *map(len, documents)], dtype=np.int64)
        return cls(np.concatenate([np.zeros(0, np.uint16), *documents]), starts, paths or ("",) * len(documents))


def sample_tokens(folder: Path, split: str, most_tokens: int, seed: int) -> Sample:
    """Whole documents in random order until ``most_tokens`` tokens are reached; all of the split if it is smaller."""
    shards = Shards(folder, split)
    lengths = np.diff(shards.index.starts)
    order = np.random.default_rng(seed).permutation(len(shards))
    kept = order[: int(np.searchsorted(np.cumsum(lengths[order]), most_tokens)) + 1]
    documents = [shards.tokens(int(index), 0, int(lengths[index])) for index in kept]
    return Sample.of(documents, tuple(shards.index.path(int(index)) for index in kept))


def sample_documents(folder: Path, split: str, count: int, most_tokens: int, seed: int) -> Sample:
    """``count`` random documents, each cut to its first ``most_tokens`` tokens."""
    shards = Shards(folder, split)
    lengths = np.diff(shards.index.starts)
    kept = np.random.default_rng(seed).permutation(len(shards))[:count]
    documents = [shards.tokens(int(index), 0, min(int(lengths[index]), most_tokens)) for index in kept]
    return Sample.of(documents, tuple(shards.index.path(int(index)) for index in kept))
