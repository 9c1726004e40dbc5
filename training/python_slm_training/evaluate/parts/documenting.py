"""Docstrings that models write for functions of held-out files, and answers to the questions of task data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from python_slm_training.evaluate import docstrings
from python_slm_training.evaluate.docstrings import Written
from python_slm_training.evaluate.evaluation import first_of_each
from python_slm_training.evaluate.parts.editing import all_files, describe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm_training.evaluate.contestants import Contestant
    from python_slm_training.evaluate.docstrings import Function
    from python_slm_training.evaluate.evaluation import Evaluation
    from python_slm_training.evaluate.sources import Project

MOST_TOKENS = 96
COMMITTED, NAME = "committed docstring", "name in words"
_SAMPLES = 8


def measure_docstrings(run: Evaluation, projects: Sequence[Project]) -> None:
    """Every model fills the gap where a docstring was."""
    functions = docstrings.sample_functions(all_files(projects), run.sizes.functions, run.sizes.seed)
    depends_on = {"functions": run.sizes.functions, "projects": describe(projects)}
    found: dict[str, list[Written]] = {
        COMMITTED: [docstrings.judge(one, one.docstring) for one in functions],
        NAME: [docstrings.judge(one, docstrings.name_in_words(one)) for one in functions],
    }
    for one in run.models:

        def written(start: int, one: Contestant = one) -> Iterator[Written]:
            return _written(one, functions[start:])

        rows = run.rows("docstrings", one, len(functions), depends_on, written)
        found[one.name] = [Written(**row) for row in rows]
        if run.sizes.asked:
            found[f"{one.name}, asked"] = _asked(run, one, functions, depends_on)
    section: dict[str, Any] = {}
    for name, judged in found.items():
        observed = docstrings.observations(judged)
        section[name] = {kind: each.estimate() for kind, each in observed.items()}
        for kind, each in observed.items():
            run.observe(f"docstrings.{kind}", name, each)
    run.put("docstrings", section)
    run.put("samples", _samples(functions, found))


def _written(one: Contestant, functions: Sequence[Function]) -> Iterator[Written]:
    assert one.under_test is not None
    writer = one.under_test.writer()
    for function in functions:
        text = writer.fill(function.before, function.after, path=function.path, most=MOST_TOKENS, stop=closing_quotes)
        yield docstrings.judge(function, text.strip())


def _asked(
    run: Evaluation, one: Contestant, functions: Sequence[Function], depends_on: dict[str, Any]
) -> list[Written]:
    def written(start: int) -> Iterator[Written]:
        assert one.under_test is not None
        writer = one.under_test.writer()
        for function in functions[start:]:
            text = writer.answer("docstring", function.bare, path=function.path, most=MOST_TOKENS)
            yield docstrings.judge(function, text.strip())

    return [Written(**row) for row in run.rows("docstrings asked", one, len(functions), depends_on, written)]


def closing_quotes(text: str) -> int | None:
    """Where the docstring ends, or None while it goes on."""
    found = text.find('"""')
    return found if found >= 0 else None


def _samples(functions: Sequence[Function], found: dict[str, list[Written]]) -> list[dict[str, Any]]:
    places = first_of_each(functions, lambda _: "", _SAMPLES)
    return [
        {"function": functions[place].name, "file": functions[place].file}
        | {"written": {name: judged[place].text for name, judged in found.items() if name != NAME}}
        for place in places
    ]
