"""What of the benchmarks and the replayed projects is in the training shards."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from python_slm.errors import EvaluationError
from python_slm_training.evaluate.evaluation import Evaluation, Sizes
from python_slm_training.evaluate.parts.contamination import measure_contamination
from python_slm_training.evaluate.sources import Project, SourceFile
from python_slm_training.evaluate.store import Store
from tests.training.test_evaluate_command import shards

if TYPE_CHECKING:
    from pathlib import Path

WORDS = [f"word{number}" for number in range(15)]
SOLUTION = "return " + " + ".join(WORDS)


def searched(tmp_path: Path, trained_on: str) -> dict[str, dict[str, float]]:
    """Whether a benchmark of two problems and a project of one file are in the training text."""
    records = [
        {"task_id": "HumanEval/0", "prompt": "def total(x):", "canonical_solution": SOLUTION},
        {"task_id": "HumanEval/1", "prompt": "def other(x):", "canonical_solution": " - ".join(reversed(WORDS))},
    ]
    lines = "".join(json.dumps(one) + "\n" for one in records)
    (tmp_path / "HumanEval.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    file = SourceFile("p", "a.py", "# " + " ".join(WORDS[:14]) + "\n" + " / ".join(f"w{n}" for n in range(60)))
    run = Evaluation(Sizes(contamination_step=1), Store(tmp_path / "parts"), [], show=lambda _: None)
    folder = shards(tmp_path / "shards", trained_on)
    measure_contamination(run, folder, tmp_path, [Project("p", "1", (file,))])
    found: dict[str, dict[str, float]] = run.report()["contamination"]["sources"]
    return found


def test_a_problem_in_the_training_data_is_found_whatever_stands_between_its_words(tmp_path: Path) -> None:
    found = searched(tmp_path, f"def mine():\n    {SOLUTION.replace(' + ', ', ')}\n")
    assert (found["HumanEval"]["texts"], found["HumanEval"]["touched"]) == (2, 1)
    assert found["replay: p"]["touched"] == 1
    assert 0 < found["replay: p"]["share_of_runs"] < 0.1
    assert found["replay: p"]["mostly_seen"] == 0


def test_unrelated_training_data_touch_nothing(tmp_path: Path) -> None:
    found = searched(tmp_path, "def f(x):\n    return x\n" * 9)
    assert [one["touched"] for one in found.values()] == [0, 0]


def test_without_anything_to_look_for_it_says_so(tmp_path: Path) -> None:
    run = Evaluation(Sizes(), Store(tmp_path / "parts"), [], show=lambda _: None)
    with pytest.raises(EvaluationError, match="nothing to look for"):
        measure_contamination(run, tmp_path, None, [])
