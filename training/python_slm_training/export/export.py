"""Checkpoint → model folder: each variant is written, read back and compared with torch before it takes its place."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from python_slm.engine.manifest import TOKENIZER
from python_slm.errors import ExportError
from python_slm.provenance import PROVENANCE, CorpusIndex
from python_slm_training.export.agreement import Agreement, compare, python_texts, windows
from python_slm_training.export.card import model_card
from python_slm_training.export.checkpoint import Checkpoint
from python_slm_training.export.filter import copy_filter
from python_slm_training.export.folder import Provenance, write_manifest
from python_slm_training.export.headline import headline
from python_slm_training.export.install import install, staging
from python_slm_training.export.variants import FILES, READERS, TOLERANCES, graphs
from python_slm_training.export.writers import Writers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from python_slm_training.export.agreement import Tolerance
    from python_slm_training.export.names import Variant

CARD, EVALUATION = "README.md", "evaluation.json"
_WINDOW_TOKENS = 512
_SIZES = ("layers", "kv_heads", "head_dim", "vocab_size", "context_length")
"""Fields of the manifest itself."""
_FROM_CARD = ("kept", "splits", "estimated_tokens", "split_seed")


@dataclass(frozen=True)
class Papers:
    """What goes with a model beside its weights, None where there is none.

    ``data_card`` and ``evaluation`` are JSON files; ``provenance`` is an index that 'slm data index' made, and
    ``show_filter`` a filter that 'slm train filter' made.
    """

    data_card: Path | None = None
    evaluation: Path | None = None
    provenance: Path | None = None
    show_filter: Path | None = None


def export(
    source: Path,
    out: Path,
    *,
    name: str,
    version: str,
    variants: Sequence[Variant] = ("cpu-int8",),
    papers: Papers | None = None,
    tolerances: Mapping[Variant, Tolerance] = TOLERANCES,
    report: Callable[[str], None],
) -> dict[str, Any]:
    """Write the model folder ``out`` and return its manifest.

    ``out`` is touched only when every variant agrees with torch, and the manifest comes last: a refused export changes
    nothing, a killed one leaves a folder that loads as before, or not at all. ``report`` is told what is being done.
    Raises ExportError.
    """
    papers = papers or Papers()
    if out.resolve() == source.resolve():
        raise ExportError(f"{out}: is the checkpoint itself; export to another folder")
    checkpoint = Checkpoint.open(source)
    card, evaluation = _document(papers.data_card), _document(papers.evaluation)
    with staging(out) as staged:
        reference = checkpoint.reference()
        with tempfile.TemporaryDirectory() as scratch:
            writers = Writers(checkpoint, reference, staged, Path(scratch), name=name)
            agreement = _agreement(checkpoint, writers, dict.fromkeys(variants), tolerances, report)
        shutil.copyfile(source / TOKENIZER, staged / TOKENIZER)
        (staged / EVALUATION).write_text(json.dumps(evaluation.values, indent=2) + "\n", encoding="utf-8")
        provenance = Provenance(
            name=name,
            version=version,
            training={
                "parameters": reference.parameters,
                "network": {key: value for key, value in asdict(checkpoint.architecture).items() if key not in _SIZES},
                **checkpoint.training,
                **({"data_card": card.summary()} if card.values else {}),
            },
            licences={spdx: _files(count) for spdx, count in card.values.get("licences", {}).items()},
            evaluation=headline(evaluation.values),
            export={
                "variants": {variant: {"file": FILES[variant], "for": READERS[variant]} for variant in agreement},
                "agreement": {variant: found.as_json() for variant, found in agreement.items()},
                **_copy_index(papers.provenance, staged),
                **(copy_filter(papers.show_filter, staged) if papers.show_filter else {}),
            },
        )
        others = sorted(path.name for path in staged.iterdir())
        manifest = write_manifest(staged, checkpoint.architecture, graphs(agreement), provenance, others)
        (staged / CARD).write_text(model_card(manifest), encoding="utf-8")
        install(staged, out, stale=FILES.values())
    return manifest


def _agreement(
    checkpoint: Checkpoint,
    writers: Writers,
    variants: Iterable[Variant],
    tolerances: Mapping[Variant, Tolerance],
    report: Callable[[str], None],
) -> dict[Variant, Agreement]:
    """Write each variant, in its fastest form that agrees with torch. Raises ExportError when none does."""
    length = min(_WINDOW_TOKENS, checkpoint.architecture.context_length)
    sequences = windows(checkpoint.tokenizer, python_texts(), length=length)
    expected = [writers.reference.logits(ids) for ids in sequences]
    found: dict[Variant, Agreement] = {}
    for variant in variants:
        report(f"writing {FILES[variant]}")
        for read in writers.write(variant):
            found[variant] = compare(expected, read, sequences)
            report(f"{variant} against torch: {found[variant]}")
            if tolerances[variant].admits(found[variant]):
                break
        tolerances[variant].check(found[variant], variant)
    return found


def _copy_index(path: Path | None, staged: Path) -> dict[str, Any]:
    """The index of the training corpus beside the model, and what the manifest says of it."""
    if path is None:
        return {}
    shutil.copyfile(path, staged / PROVENANCE)
    return {"provenance": CorpusIndex.open(staged / PROVENANCE).summary()}


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
