"""What a suggestion may do to a buffer: one case a rule. ``|`` is the cursor."""

from __future__ import annotations

import pytest

from python_slm.checks.base import Candidate, Place, Verdict
from python_slm.checks.parses import Parses
from python_slm.engine.decode import Generation
from python_slm.settings import CompletionSettings
from python_slm.syntax.blocks import BlockIndex
from python_slm.syntax.compiled import compiler_problem, may_go_on
from python_slm.text import Document

LONG = "class Long:\n" + "".join(f"    def m{n}(self):\n        return {n}\n\n" for n in range(25))
HUGE = "x = [\n" + "    'a long line of a table',\n" * 4_000 + "|]\n"


def asked(buffer: str, says: str) -> Verdict:
    offset = buffer.index("|")
    text = buffer.replace("|", "", 1)
    place = Place(Document("", text), offset, BlockIndex.of(text), CompletionSettings())
    generation = Generation(says, (), (), 0.0, 1, 0, 0.0, 0.0, "stop")
    return Parses().examine(Candidate(says, offset, offset, generation), place)


@pytest.mark.parametrize(
    ("buffer", "says"),
    [
        ("|\n", "return 1"),
        ("def f(a):\n    |\n", "await a"),
        ("def f(|):\n    pass\n", "a, a"),
        ("f(|)\n", "a=1, a=2"),
        ("for x in y:\n    pass\n|\n", "break"),
        ("|\nfrom __future__ import annotations\n", "x = 1"),
        ("x = 2\n|\n", "from __future__ import annotations"),
        ("|\n\n\ndef f():\n    pass\n\n\nglobal x\n", "x = 1"),
        ("def f():\n    |\n    global x\n", "x = 1"),
        (LONG + "  |\n", " def odd(self):\n      pass"),
        (LONG + " |\n", "y = 1"),
        ("x = 1|\n", " 2"),
        ("|\n", "@decorator"),
        (HUGE, "'b',"),
    ],
)
def test_what_would_break_a_file_is_dropped(buffer: str, says: str) -> None:
    assert asked(buffer, says).outcome == "dropped"


@pytest.mark.parametrize(
    ("buffer", "says"),
    [
        ("def f():\n    |\n", "return 1"),
        ("async def f(a):\n    |\n", "await a"),
        ("from __future__ import annotations\n|\n", "x = 1"),
        (LONG + "    |\n", "y = 1"),
        ("|\n", "try:"),
        ("|\n", "match x:"),
        ("for x in y:\n    |\n", "if x:"),
        ("if x:\n    pass\n|\n", "else:"),
        ("|\n    y = 1\n", "if x:"),
        ("return 1\n|\n", "x = 1"),  # what is wrong elsewhere is not the suggestion's
        ("def f():\n    return (\n\n\ndef g():\n    |\n", "return 1"),
    ],
)
def test_what_fits_is_kept(buffer: str, says: str) -> None:
    assert asked(buffer, says).outcome == "kept"


@pytest.mark.parametrize(
    ("buffer", "says", "outcome"),
    [
        ("x = f(|\n", "a b", "dropped"),
        ("x = f(|\n", "a,", "kept"),
        ("x = |\n", "f(", "kept"),
        ("x = |\n", "a b", "dropped"),
        ("x = |\n", "await f()", "dropped"),
        ("x = (\n    a b,\n    |\n", "c,", "kept"),  # broken above the cursor's line: anything goes
        ('def f():\n    """Says |\n', "that it's [so", "kept"),
    ],
)
def test_an_unfinished_statement_must_be_the_beginning_of_some_program(buffer: str, says: str, outcome: str) -> None:
    assert asked(buffer, says).outcome == outcome


def test_reasons_name_nothing_of_the_users() -> None:
    reasons = [asked("def f(|):\n    pass\n", "secret, secret").reason, asked("|\n", "nonlocal secret").reason]
    assert not any("secret" in reason for reason in reasons)


def test_it_is_cut_to_the_lines_that_fit() -> None:
    verdict = asked("def f():\n    |\n", "x = 1\n    await x")
    assert verdict.outcome == "cut"
    assert verdict.candidate is not None
    assert verdict.candidate.text == "x = 1"


def test_the_compiler_warns_of_nothing() -> None:
    assert compiler_problem("x = 1 is 1\ny = '\\d'\nassert (x, y)\n") is None  # warnings are errors in this suite
    assert compiler_problem("(" * 2_000 + ")" * 2_000) is None
    assert may_go_on("class A:\n    def f(self):\n        x = g(")
    assert not may_go_on("class A:\n    def f(self):\n        x = g(1 2")
