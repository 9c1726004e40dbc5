"""HumanEval and MBPP as their authors wrote them, and what others published."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from python_slm.errors import EvaluationError
from python_slm_training.evaluate import benchmarks
from python_slm_training.evaluate.measures import MEASURES, measure
from python_slm_training.evaluate.programs import attempt, passes
from python_slm_training.evaluate.published import published
from python_slm_training.evaluate.sandbox import Limits
from tests.training.test_sandbox import sandbox_or_skip

if TYPE_CHECKING:
    from pathlib import Path


def write_human_eval(folder: Path, count: int = 2) -> None:
    record = {
        "prompt": 'def double(x):\n    """Twice x."""\n',
        "canonical_solution": "    return 2 * x\n",
        "test": "def check(f):\n    assert f(3) == 6\n",
        "entry_point": "double",
    }
    lines = "".join(json.dumps({"task_id": f"HumanEval/{n}", **record}) + "\n" for n in range(count))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "HumanEval.jsonl.gz").write_bytes(gzip.compress(lines.encode()))


def write_mbpp(folder: Path, ids: tuple[int, ...] = (10, 11, 12, 367, 510, 511)) -> None:
    record = {
        "text": "Write a function to double.",
        "code": "def double(x):\r\n  return 2 * x",
        "test_setup_code": "",
        "test_list": ["assert double(3) == 6", "assert double(0) == 0"],
        "challenge_test_list": [],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mbpp.jsonl").write_text("".join(json.dumps({"task_id": one, **record}) + "\n" for one in ids))


def test_human_eval_is_continued_and_its_tests_judge_prompt_and_answer(tmp_path: Path) -> None:
    write_human_eval(tmp_path / "any" / "where")
    problem, other = benchmarks.human_eval(tmp_path)
    assert (problem.task, other.task) == ("HumanEval/0", "HumanEval/1")
    sandbox = sandbox_or_skip(Limits(seconds=10))
    answers = {"HumanEval/0": problem.solution, "HumanEval/1": "    return x\n"}
    attempts = list(attempt([problem, other], lambda one: answers[one.task], sandbox, workers=2))
    assert [one.passed for one in attempts] == [True, False]
    assert passes(attempts).estimate().value == 0.5


def test_mbpp_takes_the_test_split_without_its_broken_task(tmp_path: Path) -> None:
    write_mbpp(tmp_path)
    problems = benchmarks.mbpp(tmp_path)
    assert [one.task for one in problems] == ["MBPP/11", "MBPP/12", "MBPP/510"]
    assert problems[0].prompt == '"""\nWrite a function to double.\nassert double(3) == 6\n"""\n'
    sandbox = sandbox_or_skip(Limits(seconds=10))
    assert sandbox.run(problems[0].program(problems[0].solution)).passed
    assert not sandbox.run(problems[0].program("def double(x):\n    return x")).passed


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("    return 2 * x\n\n\ndef other():", "    return 2 * x\n\n"),
        ("    return 2 * x\nprint(double(2))", "    return 2 * x"),
        ("    return 2 * x\n    # inside", None),
        ("    if x:\n        pass", None),
    ],
)
def test_an_answer_ends_where_something_else_begins_at_the_margin(tmp_path: Path, text: str, kept: str | None) -> None:
    write_human_eval(tmp_path)
    length = benchmarks.human_eval(tmp_path)[0].cut(text)
    assert (text[:length] if length is not None else None) == kept


def test_a_missing_or_foreign_benchmark_says_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"github.com/openai/human-eval "):
        benchmarks.human_eval(tmp_path)
    (tmp_path / "mbpp.jsonl").write_text('{"task_id": 11}\n')
    with pytest.raises(EvaluationError, match="not the benchmark's records"):
        benchmarks.mbpp(tmp_path)
    (tmp_path / "mbpp.jsonl").write_text("<html>\n")
    with pytest.raises(EvaluationError, match="not a file of JSON lines"):
        benchmarks.mbpp(tmp_path)


def test_every_published_figure_has_a_measure_a_size_and_a_citation() -> None:
    found = published(MEASURES)
    assert len(found) >= 25
    assert all(0 < one.value < 1 and one.parameters > 0 and len(one.source) > 20 for one in found)
    assert {one.measure for one in found} <= set(MEASURES)
    codex = {one.model: one.value for one in found if one.measure == "programs.HumanEval"}
    assert codex["Codex 12M"] == pytest.approx(0.02)


def test_measures_of_sources_are_named_by_them() -> None:
    assert measure("bugs.HumanEvalPack.top-1").label.startswith("HumanEvalPack: ")
    assert measure("bugs.a.b.prefers").label == "a.b: correct code likelier than buggy"
    assert measure("replay.exact") is MEASURES["replay.exact"]
