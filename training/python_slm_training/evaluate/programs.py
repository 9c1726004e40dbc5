"""Writes programs with a model and lets their tests judge, in the sandbox, while the model writes the next ones."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from python_slm_training.evaluate.intervals import Observations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from python_slm_training.evaluate.sandbox import Outcome, Sandbox


class Problem(Protocol):
    """A problem whose answer is a text that completes a program."""

    @property
    def task(self) -> str:
        """The problem's name."""

    @property
    def function(self) -> str:
        """What it shares with other problems: they are drawn together."""

    def program(self, answer: str) -> str:
        """What the sandbox runs: it gets to its end when the answer is right."""


_Problem = TypeVar("_Problem", bound=Problem)


@dataclass(frozen=True)
class Attempt:
    """One answer and how its program ended."""

    task: str
    function: str
    answer: str
    passed: bool
    reason: str
    detail: str


def attempt(
    problems: Sequence[_Problem], write: Callable[[_Problem], str], sandbox: Sandbox, workers: int
) -> Iterator[Attempt]:
    """Write each answer in turn while ``workers`` sandboxes run the ones before; in order."""
    with ThreadPoolExecutor(workers) as pool:
        waiting: list[tuple[_Problem, str, Future[Outcome]]] = []
        for problem in problems:
            answer = write(problem)
            waiting.append((problem, answer, pool.submit(sandbox.run, problem.program(answer))))
            while waiting and (len(waiting) > 4 * workers or waiting[0][2].done()):
                yield _attempt(*waiting.pop(0))
        while waiting:
            yield _attempt(*waiting.pop(0))


def passes(attempts: Sequence[Attempt]) -> Observations:
    """Pass@1 of greedy answers."""
    return Observations.each([one.passed for one in attempts], [one.function for one in attempts])


def _attempt(problem: Problem, answer: str, future: Future[Outcome]) -> Attempt:
    outcome = future.result()
    return Attempt(problem.task, problem.function, answer, outcome.passed, outcome.reason, outcome.detail)
