"""What a model folder says it holds, and whether it holds that."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from python_slm.errors import ModelCorruptError, ModelMissingError

if TYPE_CHECKING:
    from collections.abc import Mapping

MANIFEST_FORMAT = 1
MANIFEST = "manifest.json"
TOKENIZER = "tokenizer.json"
_WAY_OUT = "run 'slm doctor', or export it again with 'slm export'"
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class FileEntry:
    """A file's fingerprint: lower-case hexadecimal sha256, and its size."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Manifest:
    """``manifest.json``. Sizes are the network's; ``files`` names everything the folder must hold."""

    folder: Path
    name: str
    version: str
    prompt_version: int
    context_length: int
    vocab_size: int
    layers: int
    kv_heads: int
    head_dim: int
    graphs: Mapping[str, str]
    files: Mapping[str, FileEntry]
    training: Mapping[str, Any]
    licences: Mapping[str, int]
    evaluation: Mapping[str, Any]

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read ``folder/manifest.json``. Raises ModelMissingError or ModelCorruptError."""
        path = folder / MANIFEST
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            return cls._from_json(folder, values)
        except FileNotFoundError as error:
            raise ModelMissingError(
                f"{path}: no such file, so there is no model here; reinstall python-slm or make one with 'slm export'"
            ) from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            detail = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise ModelCorruptError(f"{path}: not a model manifest ({detail}); {_WAY_OUT}") from error

    @classmethod
    def _from_json(cls, folder: Path, values: Mapping[str, Any]) -> Self:
        if values["format"] != MANIFEST_FORMAT:
            raise ValueError(f"format {values['format']!r}, this version reads {MANIFEST_FORMAT}")
        files = {name: FileEntry(str(entry["sha256"]), int(entry["bytes"])) for name, entry in values["files"].items()}
        graphs = {str(kind): str(name) for kind, name in values["graphs"].items()}
        for name in (*files, *graphs.values()):
            if Path(name).name != name:
                raise ValueError(f"{name!r} is not a plain file name")
        for name in (TOKENIZER, *graphs.values()):
            if name not in files:
                raise ValueError(f"files does not list {name}")
        numbers = ("prompt_version", "context_length", "vocab_size", "layers", "kv_heads", "head_dim")
        return cls(
            folder=folder,
            name=str(values["name"]),
            version=str(values["version"]),
            **{name: int(values[name]) for name in numbers},
            graphs=graphs,
            files=files,
            training=dict(values["training"]),
            licences=dict(values["licences"]),
            evaluation=dict(values["evaluation"]),
        )

    def read(self, name: str) -> bytes:
        """A file's bytes, whole and verified: what is loaded is what was hashed, whatever happens to the file later.

        Raises ModelMissingError or ModelCorruptError.
        """
        try:
            data = (self.folder / name).read_bytes()
        except OSError as error:
            raise _missing(self.folder / name, error) from error
        self._check(name, len(data), hashlib.sha256(data).hexdigest())
        return data

    def check(self, name: str) -> None:
        """As ``read``, in bounded memory and without the bytes."""
        digest, size = hashlib.sha256(), 0
        try:
            with (self.folder / name).open("rb") as file:
                while block := file.read(_BLOCK_BYTES):
                    digest.update(block)
                    size += len(block)
        except OSError as error:
            raise _missing(self.folder / name, error) from error
        self._check(name, size, digest.hexdigest())

    def _check(self, name: str, size: int, sha256: str) -> None:
        entry = self.files[name]
        if size != entry.bytes:
            raise ModelCorruptError(
                f"{self.folder / name}: {size} bytes, the manifest says {entry.bytes} (truncated?); {_WAY_OUT}"
            )
        if sha256 != entry.sha256:
            raise ModelCorruptError(f"{self.folder / name}: sha256 differs from manifest; {_WAY_OUT}")


def verify(folder: Path) -> Manifest:
    """The manifest of a folder whose every file is there and unaltered.

    Raises ModelMissingError or ModelCorruptError, naming the file and the way out.
    """
    manifest = Manifest.load(folder)
    for name in manifest.files:
        manifest.check(name)
    return manifest


def _missing(path: Path, error: OSError) -> ModelMissingError:
    return ModelMissingError(f"{path}: {error.strerror or error}; {_WAY_OUT}")
