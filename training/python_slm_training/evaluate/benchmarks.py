"""Other people's benchmarks, found by their file names below one folder and read as their authors wrote them.

HumanEval (arXiv 2107.03374) and MBPP (arXiv 2108.07732) are written left to right by a base model. HumanEval's answer
ends where something else begins at the margin, as in its paper. MBPP is asked as InCoder did and the
bigcode-evaluation-harness does, with the task and its first test in a docstring; its test split are tasks 11 to 510.
"""

from __future__ import annotations

import gzip
import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from python_slm.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

HUMAN_EVAL, MBPP = "HumanEval", "MBPP"
HUMAN_EVAL_FILE, MBPP_FILE = "HumanEval.jsonl.gz", "mbpp.jsonl"
_SOURCES = {
    HUMAN_EVAL_FILE: "github.com/openai/human-eval (data/)",
    MBPP_FILE: "github.com/google-research/google-research (mbpp/)",
    "humanevalpack.jsonl": "github.com/bigcode-project/octopack (evaluation/create/humaneval-x/data/python/data/)",
}
_INFILLING_SOURCE = "github.com/openai/human-eval-infilling (data/)"
_MBPP_TEST = range(11, 511)
_MBPP_BROKEN = 367  # its own solution does not define the class that its tests use

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class WrittenProblem:
    """A program to be continued from ``prompt`` until one of ``ends`` appears."""

    task: str
    prompt: str
    ends: tuple[str, ...]
    before: str
    """What the program needs before the answer: HumanEval's prompt, nothing for MBPP."""
    tests: str
    solution: str

    @property
    def function(self) -> str:
        """Each problem stands for itself."""
        return self.task

    def program(self, answer: str) -> str:
        """The answer between what it needs and its tests."""
        return f"{self.before}{answer}\n{self.tests}\n"

    def cut(self, text: str) -> int | None:
        """Where the answer ends, or None while it may go on."""
        found = [place for place in (text.find(end) for end in self.ends) if place >= 0]
        return min(found, default=None)


def find(folder: Path, name: str) -> Path:
    """The benchmark's file ``name`` anywhere below ``folder``. Raises EvaluationError when it is not there."""
    found = sorted(folder.rglob(name)) if folder.is_dir() else []
    if not found:
        raise EvaluationError(f"{folder}: no {name} below it; get it from {_SOURCES.get(name, _INFILLING_SOURCE)}")
    return found[0]


def records(folder: Path, name: str) -> list[dict[str, Any]]:
    """The benchmark's records. Raises EvaluationError when the file is missing or not JSON lines."""
    path = find(folder, name)
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.strip()]
    except (OSError, ValueError) as error:
        raise EvaluationError(f"{path}: not a file of JSON lines ({error}); get it again") from error


def sample(items: Sequence[_Item], limit: int | None, seed: int, name: str) -> list[_Item]:
    """A seeded sample of ``limit`` items, all when there are no more; None takes all."""
    if limit is None or limit >= len(items):
        return list(items)
    return random.Random(f"{seed}:{name}").sample(items, limit)  # noqa: S311 - reproducible


def human_eval(folder: Path) -> list[WrittenProblem]:
    """All 164 problems."""
    ends = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")
    return _built(
        HUMAN_EVAL_FILE,
        records(folder, HUMAN_EVAL_FILE),
        lambda one: WrittenProblem(
            one["task_id"],
            one["prompt"],
            ends,
            one["prompt"],
            f"{one['test']}\ncheck({one['entry_point']})",
            one["canonical_solution"],
        ),
    )


def mbpp(folder: Path) -> list[WrittenProblem]:
    """The 499 test problems that are not broken in the data."""
    ends = ("\nclass", "\nassert", '\n"""', "\nprint", "\nif", "\n```")
    chosen = [
        one
        for one in records(folder, MBPP_FILE)
        if one.get("task_id") in _MBPP_TEST and one.get("task_id") != _MBPP_BROKEN
    ]
    return _built(
        MBPP_FILE,
        chosen,
        lambda one: WrittenProblem(
            f"MBPP/{one['task_id']}",
            f'"""\n{one["text"]}\n{one["test_list"][0]}\n"""\n',
            ends,
            "",
            "\n".join([one["test_setup_code"], *one["test_list"]]),
            one["code"].replace("\r\n", "\n"),
        ),
    )


def _built(
    name: str, found: Sequence[dict[str, Any]], build: Callable[[dict[str, Any]], WrittenProblem]
) -> list[WrittenProblem]:
    try:
        return [build(one) for one in found]
    except (KeyError, IndexError, AttributeError) as error:
        raise EvaluationError(f"{name}: not the benchmark's records ({error!r}); get it again") from error
