"""A corpus as token ids on disk: what pretraining memory-maps.

A shards folder::

    train-00000.bin    ids of plain document texts one after the other, uint16 little-endian; one file an input file
    train-index.npz    starts (documents + 1,) and shard_starts (shards + 1,) in tokens, document_bytes (documents,),
                       paths: UTF-8 of all paths, uint8, and path_starts (documents + 1,)
    tokenizer.json  tokenizer_config.json
    meta.json          vocabulary size, tokenizer sha256, documents, tokens and bytes of each split
    parts/             one index an input file: what lets an interrupted run go on
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from python_slm.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

ID_TYPE = np.dtype("<u2")


@dataclass(frozen=True)
class Index:
    """Where each document lies among a split's tokens; arrays as in the module's docstring."""

    starts: NDArray[np.int64]
    shard_starts: NDArray[np.int64]
    document_bytes: NDArray[np.int64]
    paths: NDArray[np.uint8]
    path_starts: NDArray[np.int64]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read an index file. Raises TrainingError when it is missing or not one."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return cls(**{name: arrays[name] for name in cls.__dataclass_fields__})
        except (OSError, ValueError, KeyError) as error:
            raise TrainingError(f"{path}: not a shard index ({error}); run 'slm train shards' again") from error

    def save(self, path: Path) -> None:
        """Write atomically."""
        partial = path.with_name(path.name + ".partial")
        with partial.open("wb") as file:
            np.savez_compressed(file, **{name: getattr(self, name) for name in self.__dataclass_fields__})
        partial.replace(path)

    @classmethod
    def joined(cls, parts: Iterable[Index]) -> Self:
        """The index of all shards, in order."""
        kept = list(parts)
        return cls(
            _chained([part.starts for part in kept]),
            _chained([part.shard_starts for part in kept]),
            np.concatenate([part.document_bytes for part in kept]),
            np.concatenate([part.paths for part in kept]),
            _chained([part.path_starts for part in kept]),
        )

    def path(self, document: int) -> str:
        """Path of a document inside its project; empty when unknown."""
        return bytes(self.paths[self.path_starts[document] : self.path_starts[document + 1]]).decode("utf-8")


def _chained(parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Offset arrays put end to end: each part's offsets go on where the last ended."""
    ends = np.cumsum([0, *(int(part[-1]) for part in parts)])
    moved = [part[:-1] + base for part, base in zip(parts, ends, strict=False)]
    return np.concatenate([*moved, ends[-1:]]).astype(np.int64)


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Shards:
    """One split of a shards folder, memory-mapped; picklable, so worker processes open their own maps."""

    def __init__(self, folder: Path, split: str) -> None:
        self.folder, self.split = Path(folder), split
        self.index = Index.load(self.folder / f"{split}-index.npz")

    def __len__(self) -> int:
        """Number of documents."""
        return len(self.index.document_bytes)

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the maps."""
        return {name: value for name, value in self.__dict__.items() if name != "_maps"}

    @cached_property
    def _maps(self) -> list[NDArray[np.uint16]]:
        return [self._map(number) for number in range(len(self.index.shard_starts) - 1)]

    def _map(self, number: int) -> NDArray[np.uint16]:
        path = self.folder / f"{self.split}-{number:05d}.bin"
        expected = int(self.index.shard_starts[number + 1] - self.index.shard_starts[number])
        if not path.exists() or path.stat().st_size != expected * ID_TYPE.itemsize:
            raise TrainingError(f"{path}: missing or not {expected} tokens long; run 'slm train shards' again")
        return np.memmap(path, ID_TYPE, "r") if expected else np.zeros(0, ID_TYPE)

    def tokens(self, document: int, start: int, stop: int) -> NDArray[np.uint16]:
        """Ids ``start:stop`` of a document, counted from its beginning."""
        begin = int(self.index.starts[document])
        shard = int(np.searchsorted(self.index.shard_starts, begin, "right")) - 1
        base = begin - int(self.index.shard_starts[shard])
        return self._maps[shard][base + start : base + stop]
