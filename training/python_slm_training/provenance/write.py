"""The index file, in the layout that ``python_slm.provenance`` describes."""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from python_slm.errors import CorpusError
from python_slm.provenance import ALIGNMENT, FORMAT, MAGIC, STRIDE, buckets_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from python_slm_training.provenance.build import Plan
    from python_slm_training.provenance.parts import Part

_GRAMS_A_BUCKET = 4
_FULL = 255
_MOST_BITS = 56
"""Of an entry: it is read from eight bytes, beginning at any bit of the first."""
_HEADER_BYTES = 4096


@dataclass
class Gathered:
    """What the second pass collects, source by source; each bit of ``checks`` is for ``check_tokens`` tokens."""

    check_tokens: int
    hashes: list[NDArray[np.uint64]] = field(default_factory=list)
    around: list[NDArray[np.uint64]] = field(default_factory=list)
    positions: list[NDArray[np.int64]] = field(default_factory=list)
    checks: list[NDArray[np.uint8]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    origins: list[tuple[str, str, str]] = field(default_factory=list)
    origin: list[int] = field(default_factory=list)
    bytes: int = 0
    tokens: int = 0
    _end: int = 0

    def add_file(
        self,
        checks: NDArray[np.uint8],
        hashes: NDArray[np.uint64],
        around: NDArray[np.uint64],
        places: NDArray[np.int64],
    ) -> None:
        """One file: its bits, room to the next file included, and its chosen grams, placed from its beginning."""
        self.checks.append(checks)
        self.hashes.append(hashes)
        self.around.append(around)
        self.positions.append(places + self._end)
        self._end += len(checks) * self.check_tokens

    def add_names(self, part: Part) -> None:
        """What the files of a source are called, after they were added."""
        self.sizes += part.sizes.tolist()
        self.paths += part.paths
        self.origin += [len(self.origins) + number for number in part.origin]
        self.origins += part.origins
        self.bytes += part.bytes
        self.tokens += len(part.tokens)


def write(out: Path, gathered: Gathered, plan: Plan) -> dict[str, Any]:
    """Write ``out`` and return its header. Raises CorpusError when the corpus is beyond the layout."""
    hashes, positions = np.concatenate(gathered.hashes), np.concatenate(gathered.positions)
    _, first = np.unique(np.concatenate(gathered.around), return_index=True)
    hashes, positions = hashes[first], positions[first]
    checks = np.packbits(np.concatenate(gathered.checks), bitorder="little")
    buckets = max(STRIDE, -(-len(hashes) // _GRAMS_A_BUCKET // STRIDE) * STRIDE)
    counts, hashes, positions = _bucketed(hashes, positions, buckets)
    position_bits = max(1, (8 * len(checks) * plan.check_tokens // ALIGNMENT).bit_length())
    width = position_bits + plan.fingerprint_bits
    if width > _MOST_BITS:
        raise CorpusError(f"{out}: the corpus has too many tokens for an index of {width} bits a gram; index a part")
    prints = hashes & np.uint64((1 << plan.fingerprint_bits) - 1)
    entries = (positions // ALIGNMENT).astype(np.uint64) << np.uint64(plan.fingerprint_bits) | prints
    cumulative = np.concatenate([[0], np.cumsum(counts.reshape(-1, STRIDE).sum(1, dtype=np.int64))]).astype("<u4")
    files = {name: getattr(gathered, name) for name in ("sizes", "paths", "origins", "origin")}
    sections = {
        "cumulative": cumulative.tobytes(),
        "counts": counts.tobytes(),
        "entries": _packed(entries, width),
        "checks": checks.tobytes(),
        "files": zlib.compress(json.dumps(files, separators=(",", ":")).encode(), 9),
    }
    header = {
        "run_tokens": plan.run_tokens,
        "gram_tokens": plan.gram_tokens,
        "check_tokens": plan.check_tokens,
        "nobodys_projects": plan.nobodys,
        "position_bits": position_bits,
        "fingerprint_bits": plan.fingerprint_bits,
        "projects": len({project for project, _, _ in gathered.origins}),
        "files": len(gathered.sizes),
        "tokens": gathered.tokens,
        "grams": len(hashes),
        "grams_left_out": len(first) - len(hashes),
        "corpus_bytes": gathered.bytes,
    }
    return _save(out, header, sections)


def _bucketed(
    hashes: NDArray[np.uint64], positions: NDArray[np.int64], buckets: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint64], NDArray[np.int64]]:
    """(counts, hashes, positions) in the order of the buckets; what a bucket cannot count is left out."""
    bucket = buckets_of(hashes, buckets)
    order = np.lexsort((positions, bucket))
    bucket, hashes, positions = bucket[order], hashes[order], positions[order]
    counts = np.bincount(bucket, minlength=buckets)
    within = np.arange(len(bucket)) - (np.cumsum(counts) - counts)[bucket]
    held = within < _FULL
    return np.minimum(counts, _FULL).astype(np.uint8), hashes[held], positions[held]


def _packed(values: NDArray[np.uint64], width: int) -> bytes:
    """Values of ``width`` bits, the lowest bit first, and eight bytes to read beyond the end."""
    parts = []
    for start in range(0, len(values), 1 << 16):  # a multiple of eight values ends at a whole byte
        octets = values[start : start + (1 << 16)].astype("<u8").view(np.uint8).reshape(-1, 8)
        bits = np.unpackbits(octets, axis=1, bitorder="little")[:, :width]
        parts.append(np.packbits(bits, bitorder="little").tobytes())
    return b"".join([*parts, bytes(8)])


def _save(out: Path, header: dict[str, Any], sections: dict[str, bytes]) -> dict[str, Any]:
    start = _HEADER_BYTES
    places = {}
    for name, data in sections.items():
        places[name] = [start, len(data)]
        start += -(-len(data) // 8) * 8
    header = {"format": FORMAT, "bytes": start, **header, "sections": places}
    text = json.dumps(header).encode()
    room = _HEADER_BYTES - len(MAGIC) - 4
    partial = out.with_name(out.name + ".partial")
    with partial.open("wb") as file:
        file.write(MAGIC + struct.pack("<I", room) + text.ljust(room))
        for data in sections.values():
            file.write(data.ljust(-(-len(data) // 8) * 8, b"\0"))
    partial.replace(out)
    return header
