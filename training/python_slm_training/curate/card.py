"""The dataset card: what the corpus holds, what was dropped and why, and whose work it is."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from python_slm_training.collect.record import write_json
from python_slm_training.curate import leakage, nearduplicates, plots, quality, score
from python_slm_training.curate.decide import summary
from python_slm_training.curate.deduplicate import REASONS
from python_slm_training.curate.readme import readme
from python_slm_training.curate.split import SPLITS
from python_slm_training.curate.table import divergence
from python_slm_training.curate.write import note_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from python_slm_training.curate.clean import Cleaned
    from python_slm_training.curate.decide import Decision
    from python_slm_training.curate.plan import Plan

Json = dict[str, Any]
_BYTES_A_TOKEN = 3.77  # 16K vocabulary with the Qwen2 pre-tokenizer, measured on five held-out repositories


@dataclass(frozen=True)
class SourceResult:
    """One source: its ``split``, the notes of collection and cleaning, what was written, what was left out later."""

    split: str
    collected: Json
    cleaned: Json
    written: Json
    left_out: dict[str, list[int]]


def write_card(plan: Plan, decision: Decision) -> None:
    """``card.json``, ``README.md`` and plots, without any code of the corpus."""
    results = [
        SourceResult(
            decision.splits[plan.projects[index]],
            plan.notes[index],
            json.loads(source.note.read_text("utf-8")),
            json.loads(note_of(plan, index).read_text("utf-8")),
            _left_out(source, decision.of(index)),
        )
        for index, source in enumerate(plan.cleaned)
    ]
    card = {**card_of(results), "leakage": decision.leakage, **_labels(summary(plan, decision))}
    (plan.corpus / "README.md").write_text(readme(card), encoding="utf-8")
    plots.draw(card, plan.corpus)
    write_json(plan.corpus / "card.json", card)


def _left_out(source: Cleaned, fate: NDArray[np.uint8]) -> dict[str, list[int]]:
    """``[files, bytes]`` by reason, of what was decided over all sources."""
    sizes = np.load(source.fingerprints, mmap_mode="r")[:, 2]
    found = {reason: [int((fate == value).sum()), int(sizes[fate == value].sum())] for value, reason in REASONS.items()}
    return {reason: counts for reason, counts in found.items() if counts[0]}


def _labels(counts: dict[str, dict[str, list[list[int]]]]) -> Json:
    """How labels are distributed, and the Jensen–Shannon divergence in bits of each split's bytes from all others'."""
    distances = {}
    for label, by_split in counts.items():
        sizes = np.array([by_split[split] for split in SPLITS], np.float64)[..., 1]
        found = divergence(sizes, sizes.sum(0, keepdims=True) - sizes)
        distances[label] = {split: round(float(bits), 4) for split, bits in zip(SPLITS, found, strict=True)}
    return {"labels": counts, "divergence": distances}


def card_of(results: list[SourceResult]) -> Json:
    """The card as JSON. Counts are ``[files, bytes]``."""
    splits: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    licences: dict[str, list[int]] = {}
    dropped: dict[str, list[int]] = {}
    sizes: Counter[str] = Counter()
    masked: Counter[str] = Counter()
    for result in results:
        written = {name: result.written[name] for name in ("files", "bytes", "lines")}
        splits[result.split].update({**written, "repositories": int(written["files"] > 0)})
        sizes.update({str(bits): count for bits, count in result.written["sizes"].items()})
        masked.update(result.cleaned["masked"])
        _merge(licences, result.written["licences"])
        _merge(dropped, result.cleaned["dropped"])
        _merge(dropped, result.left_out)
    totals = [sum(result.cleaned["total"][at] for result in results) for at in (0, 1)]
    return {
        "format": 2,
        "collected": totals,
        "kept": [sum(splits[split][what] for split in SPLITS) for what in ("files", "bytes")],
        "splits": {split: dict(counts) for split, counts in splits.items()},
        "estimated_tokens": {split: round(counts["bytes"] / _BYTES_A_TOKEN) for split, counts in splits.items()},
        "dropped": _by_bytes(dropped),
        "masked": dict(masked.most_common()),
        "licences": _by_bytes(licences),
        "file_sizes_log2": {bits: sizes[bits] for bits in sorted(sizes, key=int)},
        "filters": _filters(),
        "sources": [_source(result) for result in results],
    }


def _merge(into: dict[str, list[int]], more: dict[str, list[int]]) -> None:
    for name, (files, size) in more.items():
        counts = into.setdefault(name, [0, 0])
        counts[0] += files
        counts[1] += size


def _by_bytes(counts: dict[str, list[int]]) -> dict[str, list[int]]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1][1], item[0])))


def _filters() -> Json:
    return {
        "characters": [quality.MIN_CHARACTERS, quality.MAX_CHARACTERS],
        "max_line_characters": quality.MAX_LINE,
        "max_mean_line_characters": quality.MAX_MEAN_LINE,
        "near_duplicates": {
            "jaccard": nearduplicates.THRESHOLD,
            "shingle_words": nearduplicates.SHINGLE,
            "bands": nearduplicates.BANDS,
            "rows": nearduplicates.ROWS,
        },
        "leakage": {"jaccard": nearduplicates.THRESHOLD, "bands": leakage.BANDS, "rows": leakage.ROWS},
        "quality": score.WEIGHTS,
    }


def _source(result: SourceResult) -> Json:
    about = {name: result.collected[name] for name in ("repo", "source", "revision", "collected_at")}
    counts = {"files": result.written["files"], "bytes": result.written["bytes"]}
    return {**about, "split": result.split, **counts, "licences": list(result.written["licences"])}
