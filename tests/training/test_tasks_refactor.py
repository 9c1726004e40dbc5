"""Every refactoring on its own examples: it does what it says, and both sides behave alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libcst as cst
import pytest

from python_slm_training.tasks.refactor import REFACTORINGS, examples, rewritten
from python_slm_training.tasks.source import SourceFile

if TYPE_CHECKING:
    from python_slm_training.tasks.refactor.base import Refactoring

CASES = [
    pytest.param(each, *example, id=f"{each.KIND}-{number}")
    for each in REFACTORINGS
    for number, example in enumerate(each.EXAMPLES)
]


def outcome(code: str, call: str) -> Any:
    names: dict[str, Any] = {}
    exec(code, names)  # our own examples
    return eval(call, names)


@pytest.mark.parametrize(("refactoring", "before", "after", "call"), CASES)
def test_rewrites_its_example_and_keeps_behaviour(refactoring: Refactoring, before: str, after: str, call: str) -> None:
    assert rewritten(refactoring, cst.parse_module(after if refactoring.KIND == "type-hints" else before)) == (
        before,
        after,
    )
    assert outcome(before, call) == outcome(after, call)
    assert refactoring.HINT.search(before) or refactoring.HINT.search(after)
