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
import json
import shutil
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from python_slm.errors import TrainingError
from python_slm.tokenizer import Tokenizer
from python_slm_training.tokenize.corpus import SPLITS, Record, read_records, split_files, text_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

FORMAT = 1
ID_TYPE = np.dtype("<u2")
_BATCH = 512  # documents encoded at once: about 5 MB of text


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


def write_shards(
    corpus: Path,
    tokenizer_folder: Path,
    out: Path,
    *,
    progress: Callable[[Path, int], object] = lambda _path, _bytes: None,
) -> dict[str, Any]:
    """Encode every split of ``corpus`` and return the content of ``meta.json``.

    Finished input files are kept, so an interrupted run goes on with the next. Raises TrainingError when ``out``
    holds shards of another tokenizer. ``progress`` gets (input file, bytes of text encoded).
    """
    tokenizer_file = tokenizer_folder / "tokenizer.json"
    tokenizer = Tokenizer.from_file(tokenizer_file)
    if tokenizer.vocab_size > 1 << 16:
        raise TrainingError(f"{tokenizer_file}: {tokenizer.vocab_size} ids do not fit uint16; train at most 65536")
    (out / "parts").mkdir(parents=True, exist_ok=True)
    _adopt_tokenizer(tokenizer_folder, out)
    meta: dict[str, Any] = {
        "format": FORMAT,
        "vocab_size": tokenizer.vocab_size,
        "tokenizer_sha256": sha256(tokenizer_file),
        "splits": {},
    }
    for split in SPLITS:
        files = split_files(corpus, split)
        parts = [_write_shard(path, tokenizer, out, f"{split}-{i:05d}", progress) for i, path in enumerate(files)]
        index = Index.joined(parts)
        index.save(out / f"{split}-index.npz")
        meta["splits"][split] = {
            "documents": len(index.document_bytes),
            "tokens": int(index.starts[-1]),
            "bytes": int(index.document_bytes.sum()),
            "shards": len(files),
        }
    (out / "meta.json").write_text(json.dumps(meta, indent=2) + "\n", encoding="utf-8")
    return meta


def _adopt_tokenizer(folder: Path, out: Path) -> None:
    """Copy the tokenizer beside the shards: a run needs nothing else."""
    kept = out / "tokenizer.json"
    if kept.exists() and sha256(kept) != sha256(folder / "tokenizer.json"):
        raise TrainingError(f"{out}: holds shards of another tokenizer; choose an empty --out")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        if (folder / name).exists() and (folder / name).resolve() != (out / name).resolve():
            shutil.copyfile(folder / name, out / name)


def _write_shard(
    source: Path, tokenizer: Tokenizer, out: Path, name: str, progress: Callable[[Path, int], object]
) -> Index:
    """Encode one input file, unless its shard is already there and made from the same bytes."""
    shard, part, made = out / f"{name}.bin", out / "parts" / f"{name}.npz", out / "parts" / f"{name}.source"
    stamp = f"{source.name} {source.stat().st_size} {sha256(source)}"
    if part.exists() and made.exists() and made.read_text(encoding="utf-8") == stamp:
        index = Index.load(part)
        progress(source, int(index.document_bytes.sum()))
        return index
    partial = shard.with_suffix(".partial")
    lengths, sizes, paths = [0], [], []
    with partial.open("wb") as file:
        stream = (record for record in read_records(source) if record.text)
        while records := list(islice(stream, _BATCH)):
            for _record, ids in zip(records, tokenizer.encode_batch([record.text for record in records]), strict=True):
                np.asarray(ids, ID_TYPE).tofile(file)
                lengths.append(len(ids))
            sizes += [text_bytes(record.text) for record in records]
            paths += [_path_bytes(record) for record in records]
            progress(source, sum(sizes[-len(records) :]))
    starts = np.cumsum(lengths, dtype=np.int64)
    index = Index(
        starts,
        np.array([0, starts[-1]], np.int64),
        np.array(sizes, np.int64),
        np.frombuffer(b"".join(paths), np.uint8),
        np.cumsum([0, *map(len, paths)], dtype=np.int64),
    )
    partial.replace(shard)
    index.save(part)
    made.write_text(stamp, encoding="utf-8")
    return index


def _path_bytes(record: Record) -> bytes:
    return record.path.encode("utf-8", "replace")


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
