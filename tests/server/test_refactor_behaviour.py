"""What code does is the same after a refactoring: a program is run before and after, with its traces and exceptions."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from python_slm.bench.refactor import ours
from python_slm.bench.selections import all_like_examples
from python_slm.refactor.base import Refactoring, refactorings

PROGRAM = Path(__file__).with_name("refactored_program.txt").read_text(encoding="utf-8")
MOST = 60
ELSEWHERE = {
    "from-to-import", "import-to-from", "merge-imports", "relative-import", "to-async", "to-dataclass", "to-method",
    "to-property", "to-staticmethod", "to-sync", "unname-arguments",
}  # fmt: skip
"""What needs more of a program than one that is run: packages, event loops, classes with all of their users."""
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
    assert done >= 3 or refactoring.name in ELSEWHERE
