"""How much of the benchmarks and of the replayed projects is in the training shards: runs of 13 words, as in curation.

A benchmark's problem counts as seen when any of its 13-word runs (arXiv 2005.14165, appendix C) is in a training
document that was searched. Files of a project share runs with all of Python (licences, imports, idioms), so for
projects the share of runs is given, and the files with more than half of theirs seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from python_slm.errors import EvaluationError
from python_slm.tokenizer import Tokenizer
from python_slm_training.curate.contamination import GRAM
from python_slm_training.curate.words import ngrams, word_hashes
from python_slm_training.evaluate import benchmarks
from python_slm_training.evaluate.infilling import VARIANTS
from python_slm_training.tokenize.shards import Shards, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from python_slm_training.evaluate.evaluation import Evaluation
    from python_slm_training.evaluate.sources import Project

_DOCUMENTS = 1000  # a row: a few seconds
_HALF = 0.5


@dataclass(frozen=True)
class Searched:
    """A text that should not be in the training data; ``grams``: its runs, (n,) uint64."""

    name: str
    source: str
    grams: NDArray[np.uint64]


def targets(folder: Path | None, projects: Sequence[Project]) -> list[Searched]:
    """Every problem of the benchmarks that are there, and every file of the projects, if it has 13 words."""
    found = [
        Searched(file.key, f"replay: {project.name}", _grams(file.text))
        for project in projects
        for file in project.files
    ]
    for source, name, fields in (
        ("HumanEval", benchmarks.HUMAN_EVAL_FILE, ("prompt", "canonical_solution")),
        ("MBPP", benchmarks.MBPP_FILE, ("text", "code")),
        *((f"infilling {one.name}", one.file, ("prompt", "canonical_solution", "suffix")) for one in VARIANTS[:1]),
        ("HumanEvalPack", "humanevalpack.jsonl", ("prompt", "buggy_solution")),
    ):
        try:
            records = benchmarks.records(folder, name) if folder else []
        except EvaluationError:
            continue
        for one in records:
            text = "\n".join(str(one.get(field, "")) for field in fields)
            found.append(Searched(str(one.get("task_id")), source, _grams(text)))
    return [one for one in found if len(one.grams)]


def measure_contamination(run: Evaluation, shards: Path, folder: Path | None, projects: Sequence[Project]) -> None:
    """Search every so many training documents. Raises TrainingError when the shards are missing."""
    wanted = targets(folder, projects)
    if not wanted:
        raise EvaluationError("nothing to look for; give --benchmarks or --replay")
    grams = np.unique(np.concatenate([one.grams for one in wanted]))
    step = run.sizes.contamination_step
    training = Shards(shards, "train")
    order = range(0, len(training), step)
    rows = run.rows(
        "contamination",
        "training documents",
        -(-len(order) // _DOCUMENTS),
        {"shards": sha256(shards / "meta.json"), "step": step, "grams": _digest(grams)},
        lambda start: _search(training, shards, order[start * _DOCUMENTS :], grams),
    )
    seen = np.zeros(len(grams), bool)
    for places in rows:
        seen[places] = True
    run.put("contamination", summarize(wanted, grams, seen, searched=len(order), documents=len(training)))


def summarize(
    wanted: Sequence[Searched], grams: NDArray[np.uint64], seen: NDArray[np.bool_], *, searched: int, documents: int
) -> dict[str, Any]:
    """By source: texts, texts with any run seen, share of runs seen, texts with more than half seen and their names."""
    by_source: dict[str, Any] = {}
    for source in dict.fromkeys(one.source for one in wanted):
        texts = [one for one in wanted if one.source == source]
        shares = [float(seen[np.searchsorted(grams, one.grams)].mean()) for one in texts]
        runs = sum(share * len(one.grams) for share, one in zip(shares, texts, strict=True))
        mostly = [one.name for share, one in zip(shares, texts, strict=True) if share > _HALF]
        by_source[source] = {
            "texts": len(texts),
            "touched": sum(share > 0 for share in shares),
            "share_of_runs": runs / sum(len(one.grams) for one in texts),
            "mostly_seen": len(mostly),
            "names": mostly[:20],
        }
    return {"documents": documents, "searched": searched, "words": GRAM, "sources": by_source}


def _search(training: Shards, shards: Path, order: Sequence[int], grams: NDArray[np.uint64]) -> Iterator[list[int]]:
    """Places in ``grams`` of what the documents hold, a row every thousand documents."""
    tokenizer = Tokenizer.from_file(shards / "tokenizer.json")
    lengths = np.diff(training.index.starts)
    for start in range(0, len(order), _DOCUMENTS):
        found: set[int] = set()
        for index in order[start : start + _DOCUMENTS]:
            text = tokenizer.decode(training.tokens(int(index), 0, int(lengths[index])).tolist())
            own = _grams(text)
            places = np.searchsorted(grams, own)
            places[places == len(grams)] = 0
            found.update(places[grams[places] == own].tolist())
        yield sorted(found)


def _grams(text: str) -> NDArray[np.uint64]:
    return ngrams(word_hashes(text), GRAM)


def _digest(grams: NDArray[np.uint64]) -> str:
    return f"{np.bitwise_xor.reduce(grams):x}:{len(grams)}"
