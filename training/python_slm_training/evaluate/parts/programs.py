"""Benchmarks whose answers are run in the sandbox: HumanEval, MBPP and HumanEval-Infilling."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

from python_slm_training.evaluate import benchmarks, infilling
from python_slm_training.evaluate.benchmarks import HUMAN_EVAL, MBPP
from python_slm_training.evaluate.infilling import SOLUTION_PATH, VARIANTS
from python_slm_training.evaluate.programs import Attempt, attempt, passes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from python_slm_training.evaluate.benchmarks import WrittenProblem
    from python_slm_training.evaluate.contestants import Contestant
    from python_slm_training.evaluate.evaluation import Evaluation
    from python_slm_training.evaluate.sandbox import Sandbox

MOST_TOKENS = 256
_REFERENCE = "reference"


def measure_infilling(run: Evaluation, folder: Path, sandbox: Sandbox) -> None:
    """HumanEval-Infilling, every variant, for all; nothing written and the benchmark's own middles beside them."""
    found: dict[str, dict[str, Any]] = {}
    for variant in VARIANTS:
        problems = infilling.read_problems(folder, variant, run.sizes.infilling, run.sizes.seed)
        part = f"infilling {variant.name}"
        bounds: tuple[tuple[str, Any], ...] = ((_REFERENCE, infilling.reference), ("empty middle", infilling.empty))
        for name, write in bounds if run.sizes.bounds else ():
            attempts = _attempts(run, part, name, problems, sandbox, partial(_as_is, write))
            found.setdefault(name, {})[variant.name] = passes(attempts).estimate()
        for one in (one for one in run.contestants if one.filler):
            assert one.filler is not None
            passed = passes(_attempts(run, part, one, problems, sandbox, one.filler))
            run.observe(f"infilling.{variant.name}", one.name, passed)
            found.setdefault(one.name, {})[variant.name] = passed.estimate()
    run.put("infilling", found)


def measure_written(run: Evaluation, name: str, folder: Path, sandbox: Sandbox) -> None:
    """HumanEval or MBPP, written left to right by the models; their own solutions beside them."""
    read, limit = {
        HUMAN_EVAL: (benchmarks.human_eval, run.sizes.human_eval),
        MBPP: (benchmarks.mbpp, run.sizes.mbpp),
    }[name]
    problems = benchmarks.sample(read(folder), limit, run.sizes.seed, name)
    found: dict[str, Any] = {}
    if run.sizes.bounds:
        solved = _attempts(run, name, _REFERENCE, problems, sandbox, partial(_as_is, infilling.reference))
        found[_REFERENCE] = passes(solved).estimate()
    for one in run.models:
        passed = passes(_attempts(run, name, one, problems, sandbox, _writer(one)))
        run.observe(f"programs.{name}", one.name, passed)
        found[one.name] = passed.estimate()
    run.add("programs", name, found)


def _writer(one: Contestant) -> Callable[[], Callable[[WrittenProblem], str]]:
    under_test = one.under_test
    assert under_test is not None

    def made() -> Callable[[WrittenProblem], str]:
        writer = under_test.writer()
        return lambda problem: writer.go_on(problem.prompt, path=SOLUTION_PATH, most=MOST_TOKENS, stop=problem.cut)

    return made


def _as_is(write: Callable[[Any], str]) -> Callable[[Any], str]:
    return write


def _attempts(  # noqa: PLR0917 - the row's key, then what makes it
    run: Evaluation,
    part: str,
    of: Contestant | str,
    problems: Sequence[Any],
    sandbox: Sandbox,
    write: Callable[[], Callable[[Any], str]],
) -> list[Attempt]:
    def made(start: int) -> Iterator[Attempt]:
        return attempt(problems[start:], write(), sandbox, workers=os.cpu_count() or 1)

    depends_on = {"tasks": [problem.task for problem in problems]}
    return [Attempt(**row) for row in run.rows(part, of, len(problems), depends_on, made)]
