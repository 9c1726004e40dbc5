"""A corpus file as token hashes on disk: what both passes over the corpus read, and what an interrupted build keeps."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from python_slm.provenance import token_hashes
from python_slm_training.collect.record import read

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Part:
    """Files of one source. ``tokens`` (all files' tokens,), ``sizes`` (files,) tokens of each, ``bytes`` of the texts.

    ``origins`` are (project, revision, licence), ``origin`` (files,) which of them each file has.
    """

    tokens: NDArray[np.uint32]
    sizes: NDArray[np.int64]
    paths: list[str]
    origins: list[tuple[str, str, str]]
    origin: list[int]
    bytes: int

    @classmethod
    def of(cls, source: Path, folder: Path) -> Self:
        """Read a corpus file, or what an earlier run kept of it in ``folder`` while the file was the same."""
        kept = folder / f"{source.name}.npz"
        stat = source.stat()
        stamp = f"{stat.st_size} {stat.st_mtime_ns}"
        if kept.exists():
            with np.load(kept, allow_pickle=False) as arrays:
                said: dict[str, Any] = json.loads(arrays["said"].tobytes())
                if said.pop("stamp") == stamp:
                    said["origins"] = [tuple(origin) for origin in said["origins"]]
                    return cls(arrays["tokens"], arrays["sizes"], **said)
        part = cls._read(source)
        said = {"stamp": stamp, **{name: getattr(part, name) for name in ("paths", "origins", "origin", "bytes")}}
        partial = kept.with_name(kept.name + ".partial")
        with partial.open("wb") as file:
            text = np.frombuffer(json.dumps(said).encode(), np.uint8)
            np.savez(file, tokens=part.tokens, sizes=part.sizes, said=text)
        partial.replace(kept)
        return part

    @classmethod
    def _read(cls, source: Path) -> Self:
        tokens, paths, origin, size = [], [], [], 0
        origins: dict[tuple[str, str, str], int] = {}
        for record in read(source):
            told = record.metadata
            tokens.append(token_hashes(record.text))
            paths.append(told.path)
            origin.append(origins.setdefault((told.repo, told.revision, told.licence), len(origins)))
            size += len(record.text.encode("utf-8", "surrogatepass"))
        sizes = np.array([len(one) for one in tokens], np.int64)
        joined = np.concatenate([*tokens, np.zeros(0, np.uint32)]).astype(np.uint32)
        return cls(joined, sizes, paths, list(origins), origin, size)
