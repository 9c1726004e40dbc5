"""Folders in parts that travel: xz files of a bounded size, each with its checksum, and back.

A machine that trains may take only small files, and give only small ones back. ``parts.json`` lists the parts in order,
each with its sha256; unpacked one after the other they are one tar file. Ids compress to about a seventh, bfloat16
weights to about three quarters. A part is a row of xz files put end to end, which is an xz file: they are packed and
unpacked on all cores, and a killed packing keeps those it has.
"""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import shutil
import tarfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file, save_file

from python_slm.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

PARTS = "parts.json"
FORMAT = 1
_CHUNK = 8 << 20  # bytes of tar in one xz file: as far as the format looks back
_PIECES = 4  # chunks in a part at least, so that the last one does not leave much of it empty


@dataclass(frozen=True)
class Part:
    """One file of a packed folder."""

    name: str
    sha256: str
    """Of the file."""
    bytes: int
    """Of the file."""
    holds: int
    """Bytes of the tar file."""


def pack(
    files: Sequence[Path],
    out: Path,
    *,
    part_mib: int = 40,
    workers: int = 1,
    progress: Callable[[int], object] = lambda _bytes: None,
) -> list[Part]:
    """Pack files, by their names alone, into parts of at most ``part_mib`` MiB. ``progress`` gets bytes read.

    Chunks that an earlier, killed call compressed are taken over.
    """
    folder, limit = out / "chunks", part_mib << 20
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(workers) as pool:  # lzma works without the interpreter's lock
        chunks = _chunks(files, min(_CHUNK, limit // _PIECES), progress)
        packed = list(pool.map(partial(_compress, folder), chunks))
    parts = list(_joined(packed, out, limit))
    written = {"format": FORMAT, "parts": [asdict(part) for part in parts]}
    (out / PARTS).write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(folder)
    return parts


def unpack(folders: Sequence[Path], out: Path, *, workers: int = 1) -> None:
    """Check the parts, which may lie in several folders, and write the folder ``out``: complete or absent.

    Raises TrainingError naming the part that is missing or damaged.
    """
    listed = next((folder / PARTS for folder in folders if (folder / PARTS).exists()), None)
    if listed is None:
        raise TrainingError(f"{folders[0]}: no {PARTS} here; bring it along with the parts")
    parts = [Part(**values) for values in json.loads(listed.read_text(encoding="utf-8"))["parts"]]
    found = [_checked(part, folders) for part in parts]
    if out.exists():
        raise TrainingError(f"{out}: is there already; choose a new folder")
    partial_folder = out.with_name(out.name + ".partial")
    partial_folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(workers) as pool:
        stream = io.BufferedReader(_Stream(pool.map(_expanded, found)))
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                _unpacked(tar, member, partial_folder)
    partial_folder.replace(out)


def _unpacked(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Write one file below ``folder``: ``extractall`` keeps to it only from Python 3.11.4 on."""
    path = folder / member.name
    source = tar.extractfile(member) if member.isfile() else None
    if source is None or not path.resolve().is_relative_to(folder.resolve()):
        raise TrainingError(f"{member.name}: no file of this folder; the parts are not what 'slm train pack' wrote")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        shutil.copyfileobj(source, file)


def shard_files(shards: Path, splits: Sequence[str] = ("train", "valid")) -> list[Path]:
    """What training reads of a shards folder: ids and indexes of the splits, tokenizer and counts."""
    names = ("meta.json", "tokenizer.json", "tokenizer_config.json")
    found = [shards / name for name in names if (shards / name).exists()]
    for split in splits:
        index = shards / f"{split}-index.npz"
        if not index.exists():
            raise TrainingError(f"{index}: missing; run 'slm train shards' first")
        found += [index, *sorted(shards.glob(f"{split}-*.bin"))]
    return found


def narrow(checkpoint: Path, out: Path) -> list[Path]:
    """A checkpoint's model without its optimisers, weights in bfloat16: the files of the new folder ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    weights = load_file(checkpoint / "model.safetensors")
    halved = {name: weight.to(torch.bfloat16) for name, weight in weights.items()}
    save_file(halved, out / "model.safetensors", {"format": "pt"})
    config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    (out / "config.json").write_text(
        json.dumps(config | {"dtype": "bfloat16"}, indent=2, sort_keys=True) + "\n", "utf-8"
    )
    for name in ("tokenizer.json", "tokenizer_config.json", "state.json"):
        if (checkpoint / name).exists():
            shutil.copyfile(checkpoint / name, out / name)
    return sorted(out.iterdir())


def _chunks(files: Iterable[Path], size: int, progress: Callable[[int], object]) -> Iterator[bytes]:
    """The files as one tar file, without times and owners, in pieces of ``size`` bytes."""
    held = bytearray()
    for path in files:
        data = path.read_bytes()
        member = tarfile.TarInfo(path.name)
        member.size = len(data)
        held += member.tobuf() + data + bytes(-len(data) % tarfile.BLOCKSIZE)
        progress(len(data))
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
    yield bytes(held) + bytes(2 * tarfile.BLOCKSIZE)


def _compress(folder: Path, chunk: bytes) -> tuple[Path, int]:
    path = folder / f"{hashlib.sha256(chunk).hexdigest()}.xz"
    if not path.exists():
        partial_file = path.with_suffix(".partial")
        partial_file.write_bytes(lzma.compress(chunk))
        partial_file.replace(path)
    return path, len(chunk)


def _joined(chunks: Iterable[tuple[Path, int]], out: Path, limit: int) -> Iterator[Part]:
    """As many chunks in each part as fit: xz files put end to end are an xz file."""
    data, holds, number = b"", 0, 0
    for path, size in chunks:
        chunk = path.read_bytes()
        if len(data) + len(chunk) > limit:
            yield _write(out, number, data, holds)
            data, holds, number = b"", 0, number + 1
        data, holds = data + chunk, holds + size
    yield _write(out, number, data, holds)


def _write(out: Path, number: int, data: bytes, holds: int) -> Part:
    name = f"part-{number:03d}.tar.xz"
    (out / name).write_bytes(data)
    return Part(name, hashlib.sha256(data).hexdigest(), len(data), holds)


def _checked(part: Part, folders: Sequence[Path]) -> Path:
    path = next((folder / part.name for folder in folders if (folder / part.name).exists()), None)
    if path is None:
        raise TrainingError(f"{part.name}: missing from {', '.join(map(str, folders))}; bring it too")
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != part.sha256:
            raise TrainingError(f"{path}: damaged on its way (sha256 differs from {PARTS}); bring it again")
    return path


def _expanded(path: Path) -> bytes:
    return lzma.decompress(path.read_bytes())


class _Stream(io.RawIOBase):
    """Bytes pieces as one file to read from."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__()
        self._pieces = iter(pieces)
        self._held = memoryview(b"")

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` from the piece at hand, or the next one."""
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._held = memoryview(piece)
        count = min(len(buffer), len(self._held))
        buffer[:count] = self._held[:count]
        self._held = self._held[count:]
        return count
