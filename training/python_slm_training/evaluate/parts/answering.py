"""Answers to the test questions of task data (``slm train tasks``): greedy, against the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from python_slm.prompt import TASKS
from python_slm_training.evaluate import benchmarks
from python_slm_training.evaluate.bug_pairs import read_lines
from python_slm_training.evaluate.chrf import chrf
from python_slm_training.evaluate.intervals import Observations

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from python_slm_training.evaluate.contestants import Contestant
    from python_slm_training.evaluate.evaluation import Evaluation

MOST_TOKENS = 128


@dataclass(frozen=True)
class Question:
    """One example of a task."""

    task: str
    cluster: str
    source: str
    target: str
    path: str


@dataclass(frozen=True)
class Answer:
    """What a model said."""

    cluster: str
    text: str
    exact: bool
    similarity: float


def read_questions(folder: Path, limit: int, seed: int) -> dict[str, list[Question]]:
    """Task → a sample of its test examples; infilling has a measure of its own."""
    found: dict[str, list[Question]] = {}
    for path in sorted((folder / "test").glob("*.jsonl.zst")):
        examples = [
            Question(
                str(one["task"]),
                str((one.get("metadata") or {}).get("repo") or one.get("id") or number),
                one["source"],
                one["target"],
                str(one.get("path") or ""),
            )
            for number, one in enumerate(read_lines(path))
            if one.get("task") in TASKS and "source" in one
        ]
        for task in dict.fromkeys(one.task for one in examples):
            found[task] = benchmarks.sample([one for one in examples if one.task == task], limit, seed, task)
    return found


def measure_answers(run: Evaluation, folder: Path) -> None:
    """Every model, every task of ``folder``."""
    section: dict[str, Any] = {}
    for task, questions in read_questions(folder, run.sizes.answers, run.sizes.seed).items():
        depends_on = {"sources": [one.source for one in questions]}
        for one in run.models:

            def made(start: int, one: Contestant = one, questions: Sequence[Question] = questions) -> Iterator[Answer]:
                return _answers(one, questions[start:])

            rows = run.rows(f"answers {task}", one, len(questions), depends_on, made)
            answers = [Answer(**row) for row in rows]
            clusters = [each.cluster for each in answers]
            observed = {
                "exact": Observations.each([each.exact for each in answers], clusters),
                "chrf": Observations.each([each.similarity for each in answers], clusters),
            }
            for kind, each in observed.items():
                run.observe(f"answers.{task}.{kind}", one.name, each)
            section.setdefault(one.name, {})[task] = {kind: each.estimate() for kind, each in observed.items()}
    run.put("answers", section)


def _answers(one: Contestant, questions: Sequence[Question]) -> Iterator[Answer]:
    assert one.under_test is not None
    writer = one.under_test.writer()
    for question in questions:
        text = writer.answer(question.task, question.source, path=question.path, most=MOST_TOKENS).strip()
        target = question.target.strip()
        yield Answer(question.cluster, text, text == target, chrf(text, target))
