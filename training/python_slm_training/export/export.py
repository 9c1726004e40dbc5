"""Checkpoint → model folder: Optimum's graph as the reference, the fast graph, their agreement with torch, the card."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from python_slm.engine.manifest import MANIFEST, TOKENIZER
from python_slm.engine.session import open_session
from python_slm.errors import ExportError
from python_slm_training.export.agreement import Agreement, Tolerance, compare, python_texts, windows
from python_slm_training.export.card import model_card
from python_slm_training.export.checkpoint import Checkpoint
from python_slm_training.export.folder import Provenance, write_manifest
from python_slm_training.export.graph import build
from python_slm_training.export.headline import headline
from python_slm_training.export.optimum import export_with_optimum

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Variant = Literal["cpu-int8", "cpu-int4", "fp32"]
FILES: dict[Variant, str] = {"cpu-int8": "model.int8.onnx", "cpu-int4": "model.int4.onnx", "fp32": "model.fp32.onnx"}
CARD, EVALUATION = "README.md", "evaluation.json"
_WINDOW_TOKENS = 512
_SIZES = ("layers", "kv_heads", "head_dim", "vocab_size", "context_length")
"""Fields of the manifest itself."""
_FROM_CARD = ("kept", "splits", "estimated_tokens", "split_seed")

TOLERANCES: Mapping[Variant, Tolerance] = {
    "fp32": Tolerance(max_difference=1e-3),
    "cpu-int8": Tolerance(mean_cosine=0.99, top1=0.97),
    "cpu-int4": Tolerance(mean_cosine=0.95, top1=0.85),
}
"""What each graph must reach. int4 is for experiments: an evaluation has to say what it costs."""


@dataclass(frozen=True)
class Papers:
    """What is said about a model beside its weights: both are JSON files; None where there is none."""

    data_card: Path | None = None
    evaluation: Path | None = None


def export(
    source: Path,
    out: Path,
    *,
    name: str,
    version: str,
    variant: Variant = "cpu-int8",
    papers: Papers | None = None,
    tolerances: Mapping[Variant, Tolerance] = TOLERANCES,
    report: Callable[[str], None],
) -> dict[str, Any]:
    """Write the model folder ``out`` and return its manifest.

    ``out`` is touched only when the graphs agree with torch, and the manifest comes last: a refused export changes
    nothing, an interrupted one leaves a folder that does not load. ``report`` is told what is being done. Raises
    ExportError.
    """
    papers = papers or Papers()
    checkpoint = Checkpoint.open(source)
    card, evaluation = _document(papers.data_card), _document(papers.evaluation)
    with tempfile.TemporaryDirectory() as scratch:
        graph = _graph(checkpoint, variant, Path(scratch), report)
        agreement, parameters = _agreement(checkpoint, graph, tolerances, report)
        out.mkdir(parents=True, exist_ok=True)
        (out / MANIFEST).unlink(missing_ok=True)
        for stale in FILES.values():
            (out / stale).unlink(missing_ok=True)
        shutil.copyfile(graph[variant], out / FILES[variant])
    shutil.copyfile(source / TOKENIZER, out / TOKENIZER)
    (out / EVALUATION).write_text(json.dumps(evaluation.values, indent=2) + "\n", encoding="utf-8")
    provenance = Provenance(
        name=name,
        version=version,
        training={
            "parameters": parameters,
            "network": {name: value for name, value in asdict(checkpoint.architecture).items() if name not in _SIZES},
            **checkpoint.training,
            **({"data_card": card.summary()} if card.values else {}),
        },
        licences={spdx: _files(count) for spdx, count in card.values.get("licences", {}).items()},
        evaluation=headline(evaluation.values),
        export={"variant": variant, "agreement": {label: found.as_json() for label, found in agreement.items()}},
    )
    kinds = ("cpu", "cuda") if variant == "fp32" else ("cpu",)
    manifest = write_manifest(
        out, checkpoint.architecture, dict.fromkeys(kinds, FILES[variant]), provenance, (TOKENIZER, EVALUATION)
    )
    (out / CARD).write_text(model_card(manifest), encoding="utf-8")
    return manifest


def _graph(
    checkpoint: Checkpoint, variant: Variant, scratch: Path, report: Callable[[str], None]
) -> dict[Variant, Path]:
    report("exporting through Optimum")
    reference = export_with_optimum(checkpoint.folder, scratch)
    if variant == "fp32":
        return {variant: reference}
    report(f"building {FILES[variant]}")
    fast = build(checkpoint.architecture, checkpoint.weights(), 8 if variant == "cpu-int8" else 4)
    path = scratch / FILES[variant]
    path.write_bytes(fast.SerializeToString())
    return {"fp32": reference, variant: path}


def _agreement(
    checkpoint: Checkpoint,
    graphs: dict[Variant, Path],
    tolerances: Mapping[Variant, Tolerance],
    report: Callable[[str], None],
) -> tuple[dict[str, Agreement], int]:
    torch_model = checkpoint.reference()
    length = min(_WINDOW_TOKENS, checkpoint.architecture.context_length)
    sequences = windows(checkpoint.tokenizer, python_texts(), length=length)
    expected = [torch_model.logits(ids) for ids in sequences]
    found: dict[str, Agreement] = {}
    for label, path in graphs.items():
        session = open_session(path.read_bytes(), checkpoint.architecture, device="cpu", threads=0)
        found[label] = compare(expected, session, sequences)
        report(f"{label} against torch: {found[label]}")
        tolerances[label].check(found[label], label)
    return found, torch_model.parameters


@dataclass(frozen=True)
class _Document:
    values: dict[str, Any]
    sha256: str

    def summary(self) -> dict[str, Any]:
        """What the manifest keeps of a data card: enough to find it, and its size."""
        return {"sha256": self.sha256, **{name: self.values[name] for name in _FROM_CARD if name in self.values}}


def _document(path: Path | None) -> _Document:
    if path is None:
        return _Document({}, "")
    try:
        data = path.read_bytes()
        values = json.loads(data)
    except (OSError, ValueError) as error:
        raise ExportError(f"{path}: cannot be read as JSON ({error})") from error
    if not isinstance(values, dict):
        raise ExportError(f"{path}: expected an object, got {type(values).__name__}")
    return _Document(values, hashlib.sha256(data).hexdigest())


def _files(count: int | list[int]) -> int:
    return count[0] if isinstance(count, list) else count
