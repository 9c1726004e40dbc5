"""The exported folder: graphs and tokenizer in, manifest and model card out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from python_slm.engine.manifest import MANIFEST, MANIFEST_FORMAT, TOKENIZER
from python_slm.prompt import PROMPT_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from python_slm_training.export.architecture import Architecture


@dataclass(frozen=True)
class Provenance:
    """Where a model comes from and what it was seen to do; everything here ends up in the manifest and the card."""

    name: str
    version: str
    training: Mapping[str, Any] = field(default_factory=dict)
    licences: Mapping[str, int] = field(default_factory=dict)
    evaluation: Mapping[str, Any] = field(default_factory=dict)
    export: Mapping[str, Any] = field(default_factory=dict)


def write_manifest(
    folder: Path,
    architecture: Architecture,
    graphs: Mapping[str, str],
    provenance: Provenance,
    others: Sequence[str] = (TOKENIZER,),
) -> dict[str, Any]:
    """Write ``manifest.json`` over the graphs and the ``others`` in ``folder``, and return what it says.

    The model card is not fingerprinted: it is written from the manifest, and a comma in it must not stop the engine.
    """
    manifest = {
        "format": MANIFEST_FORMAT,
        "name": provenance.name,
        "version": provenance.version,
        "prompt_version": PROMPT_VERSION,
        "context_length": architecture.context_length,
        "vocab_size": architecture.vocab_size,
        "layers": architecture.layers,
        "kv_heads": architecture.kv_heads,
        "head_dim": architecture.head_dim,
        "graphs": dict(graphs),
        "files": {name: fingerprint(folder / name) for name in sorted({*graphs.values(), *others})},
        "training": dict(provenance.training),
        "licences": dict(provenance.licences),
        "evaluation": dict(provenance.evaluation),
        "export": dict(provenance.export),
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    return manifest


def fingerprint(path: Path) -> dict[str, str | int]:
    """What the manifest says of a file."""
    data = path.read_bytes()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
