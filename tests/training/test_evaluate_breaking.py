"""Every suggestion is accepted, and Python's compiler says what became of the buffer."""

from __future__ import annotations

import pytest

from python_slm.syntax.blocks import BlockIndex
from python_slm.tasks.complete import Completion
from python_slm.text import Edit
from python_slm_training.evaluate.cases import KINDS, sample_cases
from python_slm_training.evaluate.parts.breaking import Outcome, accepted, buffer, compiles, offered, outcome
from python_slm_training.evaluate.sources import SourceFile

FILE = SourceFile(
    "p",
    "m.py",
    "import os\n\n\ndef f(parts, root):\n    first = parts[0]\n    path = os.path.join(root, first)\n    return path\n",
)


@pytest.mark.parametrize(
    ("text", "says", "end", "want"),
    [
        ("x = 1\n|", "y = 2", 0, "kept"),
        ("x = 1\n|", "y = (", 0, "broken"),
        ("x = 1\n|", "return x", 0, "broken"),
        ("x = 1\n|", "if x:", 0, "waits"),
        ("x = 1\n|", "try:", 0, "waits"),
        ("x = 1\n|", "{x:", 0, "broken"),
        ("f(|)", "a, b) + c", 1, "kept"),
        ("f(|)", "a, b) + c", 0, "broken"),
        ("x = |\ny = 1\n", "2", 0, "mended"),
        ("x = |\ny = (\n", "2", 0, "left"),
        ("def f(:\n    pass\n\n\nx = 1\n|", "y = (", 0, "worsened"),
    ],
)
def test_tells_what_a_suggestion_does(text: str, says: str, end: int, want: Outcome) -> None:
    offset = text.index("|")
    text = text.replace("|", "", 1)
    index = BlockIndex.of(text)
    assert outcome(index, Completion(says, offset, offset + end, 0.0), parsed=compiles(text)) == want


def test_additional_edits_are_accepted_too() -> None:
    suggestion = Completion("os.sep", 4, 4, 0.0, (Edit(0, 0, "import os\n"),))
    assert accepted("x = \n", suggestion, body="") == "import os\nx = os.sep\n"


def test_brackets_are_closed_as_editors_do() -> None:
    cases = sample_cases([FILE], 9, 0)
    [case] = [case for case in cases if case.kind == "call-args"]
    text = buffer(case, closed=True)
    assert text[case.offset :].startswith(")\n")
    assert compiles(text)
    assert not compiles(buffer(case, closed=False))


def test_every_suggestion_of_an_answer_is_counted() -> None:
    [case] = [case for case in sample_cases([FILE], 9, 0) if case.kind == "call-args"]
    text = buffer(case, closed=True)
    suggestions = [Completion(said, case.offset, case.offset, 0.0) for said in ("root, first", "root first")]
    row = offered(case, text, True, suggestions)
    assert (row.parsed, row.closed, row.outcomes) == (True, True, ["kept", "broken"])
    assert row.kind in KINDS
