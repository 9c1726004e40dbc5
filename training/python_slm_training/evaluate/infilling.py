"""HumanEval-Infilling (Bavarian et al., arXiv 2207.14255): write the missing middle, and let the tests judge.

A program passes when its tests do, inside the sandbox. The middle is the model's raw text up to its end of text or a
limit of tokens; single-line problems are cut after the first line that is not blank. Several problems come from one
HumanEval function, so the intervals draw whole functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.errors import EvaluationError
from python_slm_training.evaluate import benchmarks
from python_slm_training.evaluate.sources import SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from python_slm_training.evaluate.benchmarks import WrittenProblem
    from python_slm_training.evaluate.completers import Completer


SOLUTION_PATH = "solution.py"


@dataclass(frozen=True)
class Variant:
    """One of the benchmark's files, and how much may be written."""

    name: str
    file: str
    most_tokens: int
    one_line: bool = False


VARIANTS = (
    Variant("single-line", "HumanEval-SingleLineInfilling.jsonl.gz", 48, one_line=True),
    Variant("multi-line", "HumanEval-MultiLineInfilling.jsonl.gz", 160),
    Variant("random-span", "HumanEval-RandomSpanInfilling.jsonl.gz", 128),
    Variant("random-span-light", "HumanEval-RandomSpanInfillingLight.jsonl.gz", 128),
)


@dataclass(frozen=True)
class InfillingProblem:
    """``prefix + middle + suffix`` is a solution; ``tests`` define ``check``, called with ``entry_point``."""

    task: str
    prefix: str
    suffix: str
    solution: str
    tests: str
    entry_point: str
    variant: Variant

    @property
    def function(self) -> str:
        """The HumanEval task that the problem was cut from, such as ``HumanEval/0``."""
        return "/".join(self.task.split("/")[1:3])

    def program(self, answer: str) -> str:
        """What the sandbox runs."""
        return f"{self.prefix}{answer}{self.suffix}\n{self.tests}\ncheck({self.entry_point})\n"

    def cut(self, text: str) -> int | None:
        """Where to cut a middle, or None while it may go on: after the first line that is not blank, for one line."""
        if not self.variant.one_line:
            return None
        start = len(text) - len(text.lstrip())
        end = text.find("\n", start)
        return end + 1 if end >= 0 else None


def read_problems(folder: Path, variant: Variant, limit: int | None, seed: int) -> list[InfillingProblem]:
    """A seeded sample of ``limit`` problems. Raises EvaluationError when the file is missing or not the benchmark."""
    found = benchmarks.records(folder, variant.file)
    try:
        problems = [
            InfillingProblem(
                one["task_id"],
                one["prompt"],
                one["suffix"],
                one["canonical_solution"],
                one["test"],
                one["entry_point"],
                variant,
            )
            for one in found
        ]
    except KeyError as error:
        raise EvaluationError(f"{variant.file}: not a HumanEval-Infilling file (no {error})") from error
    return benchmarks.sample(problems, limit, seed, variant.name)


def reference(problem: InfillingProblem | WrittenProblem) -> str:
    """The benchmark's own answer: what does not pass here is the sandbox's fault."""
    return problem.solution


def empty(problem: InfillingProblem) -> str:  # noqa: ARG001 - the interface
    """The floor: some middles are not needed to pass."""
    return ""


def line_writer(complete: Completer) -> Callable[[InfillingProblem], str]:
    """A line completer's best suggestion as the middle, with the line end that a middle of whole lines needs."""
    file = SourceFile("", SOLUTION_PATH, "")

    def write(problem: InfillingProblem) -> str:
        found = complete(file, problem.prefix + problem.suffix, len(problem.prefix))
        whole_lines = problem.prefix.endswith("\n") and not problem.suffix.startswith("\n")
        return (found[0] if found else "") + ("\n" if whole_lines else "")

    return write
