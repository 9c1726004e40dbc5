"""What code does is the same after a refactoring: a program is run before and after, with its traces and exceptions."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from python_slm.bench.refactor import ours
from python_slm.bench.selections import all_like_examples
from python_slm.refactor.base import Refactoring, refactorings

PROGRAM = Path(__file__).with_name("refactored_program.txt").read_text(encoding="utf-8")
MOST = 12
WITHIN_REACH = {
    "augment-assignment", "comprehension-to-loop", "de-morgan", "dict-call", "dict-literal",
    "expand-assignment", "extract-constant", "extract-constant-everywhere", "extract-function",
    "extract-variable", "f-string-from-concatenation", "f-string-to-format", "flip-comparison", "flip-operands",
    "guard-clause", "hoist-statement", "if-to-ternary", "inline-function", "inline-variable",
    "introduce-walrus", "invert-if", "join-ifs", "lambda-to-def", "loop-to-comprehension", "merge-assignments",
    "merge-comparisons", "nest-guard", "raise-from", "remove-unreachable", "remove-walrus", "rename-local",
    "simplify-not", "split-assignment", "split-comparison", "split-if", "swap-ifs", "ternary-to-if",
    "use-enumerate", "use-join", "while-to-for", "with-open",
}  # fmt: skip
"""What the program has at least three places for; packages, event loops and class hierarchies it has not."""
ALL = list(refactorings())


def answer_of(text: str, path: Path) -> str:
    names: dict[str, object] = {}
    exec(compile(text, "program", "exec"), names)
    drive = names["drive"]
    assert callable(drive)
    return repr(drive(str(path)))


@pytest.mark.parametrize("refactoring", ALL, ids=lambda one: one.name)
def test_program_does_the_same_afterwards(refactoring: Refactoring, tmp_path: Path) -> None:
    want, done = answer_of(PROGRAM, tmp_path / "a"), 0
    selections = all_like_examples(refactoring, PROGRAM)
    random.Random(3).shuffle(selections)
    for text, start, end in selections:
        try:
            after = ours(refactoring)(text, start, end)
        except ValueError:
            continue
        assert answer_of(after, tmp_path / "a") == want, after
        done += 1
        if done == MOST:
            break
    assert done >= 3 or refactoring.name not in WITHIN_REACH
