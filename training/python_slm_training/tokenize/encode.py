"""Encoding a corpus into shards, one input file after the other; see ``shards`` for what lies on disk."""

from __future__ import annotations

import json
import shutil
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from python_slm.errors import TrainingError
from python_slm.tokenizer import Tokenizer
from python_slm_training.tokenize.corpus import SPLITS, Record, read_records, split_files, text_bytes
from python_slm_training.tokenize.shards import ID_TYPE, Index, sha256

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FORMAT = 1
_BATCH = 512  # documents encoded at once: about 5 MB of text


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
    if shard.exists() and part.exists() and made.exists() and made.read_text(encoding="utf-8") == stamp:
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
