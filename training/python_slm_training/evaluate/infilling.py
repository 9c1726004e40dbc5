"""HumanEval-Infilling (Bavarian et al., arXiv 2207.14255): write the missing middle, and let the tests judge.

A program passes when its tests do, inside the sandbox. The middle is the model's raw text up to its end of text or a
limit of tokens; single-line problems are cut after the first line that is not blank. Several problems come from one
HumanEval function, so the intervals draw whole functions.
"""

from __future__ import annotations

import gzip
import json
import random
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.errors import EvaluationError
from python_slm_training.evaluate.intervals import Estimate, share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from python_slm_training.evaluate.completers import Completer
    from python_slm_training.evaluate.sandbox import Outcome, Sandbox


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
)


@dataclass(frozen=True)
class Problem:
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

    def program(self, middle: str) -> str:
        """What the sandbox runs."""
        return f"{self.prefix}{middle}{self.suffix}\n{self.tests}\ncheck({self.entry_point})\n"


@dataclass(frozen=True)
class Attempt:
    """One middle and how its program ended."""

    task: str
    function: str
    middle: str
    passed: bool
    reason: str
    detail: str


def read_problems(folder: Path, variant: Variant, limit: int | None, seed: int) -> list[Problem]:
    """A seeded sample of ``limit`` problems. Raises EvaluationError when the file is missing or not the benchmark."""
    path = folder / variant.file
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            problems = [_problem(json.loads(line), variant) for line in file]
    except FileNotFoundError as error:
        raise EvaluationError(
            f"{path}: not found; copy 'data' of github.com/openai/human-eval-infilling there, or leave it out"
        ) from error
    except (OSError, ValueError, KeyError) as error:
        raise EvaluationError(f"{path}: not a HumanEval-Infilling file ({error})") from error
    if limit is not None and limit < len(problems):
        problems = random.Random(f"{seed}:{variant.name}").sample(problems, limit)  # noqa: S311 - reproducible
    return problems


def attempt(
    problems: Sequence[Problem], write: Callable[[Problem], str], sandbox: Sandbox, workers: int
) -> Iterator[Attempt]:
    """Write each middle in turn while ``workers`` sandboxes run the ones before; in order."""
    with ThreadPoolExecutor(workers) as pool:
        waiting = []
        for problem in problems:
            middle = write(problem)
            waiting.append((problem, middle, pool.submit(sandbox.run, problem.program(middle))))
            while len(waiting) > 4 * workers:
                yield _attempt(*_first(waiting))
        while waiting:
            yield _attempt(*_first(waiting))


def pass_rate(attempts: Sequence[Attempt]) -> Estimate:
    """Pass@1."""
    return share([one.passed for one in attempts], [one.function for one in attempts])


def reference(problem: Problem) -> str:
    """The benchmark's own middle: what does not pass here is the sandbox's fault."""
    return problem.solution


def empty(problem: Problem) -> str:  # noqa: ARG001 - the interface
    """The floor: some middles are not needed to pass."""
    return ""


def line_writer(complete: Completer) -> Callable[[Problem], str]:
    """A line completer's best suggestion as the middle, with the line end that a middle of whole lines needs."""

    def write(problem: Problem) -> str:
        found = complete(SOLUTION_PATH, problem.prefix + problem.suffix, len(problem.prefix))
        whole_lines = problem.prefix.endswith("\n") and not problem.suffix.startswith("\n")
        return (found[0] if found else "") + ("\n" if whole_lines else "")

    return write


def cut(text: str, variant: Variant) -> int | None:
    """Where to cut a middle, or None while it may go on: after the first line that is not blank, for one line."""
    if not variant.one_line:
        return None
    start = len(text) - len(text.lstrip())
    end = text.find("\n", start)
    return end + 1 if end >= 0 else None


def _problem(record: dict[str, str], variant: Variant) -> Problem:
    return Problem(
        record["task_id"],
        record["prompt"],
        record["suffix"],
        record["canonical_solution"],
        record["test"],
        record["entry_point"],
        variant,
    )


def _first(waiting: list[tuple[Problem, str, Future[Outcome]]]) -> tuple[Problem, str, Outcome]:
    problem, middle, future = waiting.pop(0)
    return problem, middle, future.result()


def _attempt(problem: Problem, middle: str, outcome: Outcome) -> Attempt:
    return Attempt(problem.task, problem.function, middle, outcome.passed, outcome.reason, outcome.detail)
