"""Every refactoring's own examples: ⟦…⟧ is the selection."""

from __future__ import annotations

import json
import re
import sys
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from python_slm.bench.refactor import judged, measured, ours
from python_slm.bench.selections import anywhere, files_under, like_examples, stdlib_files
from python_slm.cli import main
from python_slm.refactor.base import Refactoring, offer, refactorings
from python_slm.refactor.code import Code
from python_slm.refactor.plan import Plan, Refusal
from python_slm.syntax.blocks import BlockIndex
from python_slm.syntax.compiled import compiler_problem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ALL = list(refactorings())


@pytest.fixture(scope="module")
def stdlib() -> Sequence[str]:
    return stdlib_files()


def proposed(refactoring: Refactoring, marked: str) -> tuple[str, Plan | Refusal]:
    """The text without its marks, and what the refactoring says of the selection."""
    start, end = marked.index("⟦"), marked.index("⟧") - 1
    text = marked.replace("⟦", "").replace("⟧", "")
    module = sys.modules[type(refactoring).__module__]
    new_name = getattr(module, "NEW_NAME", "")
    plan = offer(refactoring, BlockIndex.of(text), start, end, new_name, module=getattr(module, "MODULE", ""))
    return text, plan


def examples(kind: str) -> list[Any]:
    return [
        pytest.param(one, *pair, id=f"{one.name}-{place}")
        for one in ALL
        for place, pair in enumerate(getattr(sys.modules[type(one).__module__], kind))
    ]


@pytest.mark.parametrize(("refactoring", "marked", "want"), examples("EXAMPLES"))
def test_example_becomes_what_it_says(refactoring: Refactoring, marked: str, want: str) -> None:
    text, plan = proposed(refactoring, marked)
    assert isinstance(plan, Plan), plan
    assert plan.applied(text) == want


@pytest.mark.parametrize(("refactoring", "marked", "reason"), examples("REFUSED"))
def test_refuses_with_the_reason(refactoring: Refactoring, marked: str, reason: str) -> None:
    _, refusal = proposed(refactoring, marked)
    assert isinstance(refusal, Refusal), refusal
    assert reason in refusal.reason


@pytest.mark.parametrize("refactoring", ALL, ids=lambda one: one.name)
@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_lines_end_as_in_the_file(refactoring: Refactoring, newline: str) -> None:
    marked, want = sys.modules[type(refactoring).__module__].EXAMPLES[0]
    text, plan = proposed(refactoring, marked.replace("\n", newline))
    assert isinstance(plan, Plan), plan
    assert plan.applied(text) == want.replace("\n", newline)
    assert compiler_problem(plan.applied(text)) is None


def test_extracted_name_is_where_the_plan_says() -> None:
    for one in ALL:
        if one.name.startswith("extract"):
            marked, _ = sys.modules[type(one).__module__].EXAMPLES[0]
            text, plan = proposed(one, marked)
            assert isinstance(plan, Plan)
            assert plan.rename is not None
            name = re.match(r"extracted|[A-Z]+\b", plan.applied(text)[plan.rename :])
            assert name is not None
            assert plan.applied(text).count(name.group()) > 1


@pytest.mark.parametrize("refactoring", ALL, ids=lambda one: one.name)
def test_breaks_nothing_in_the_standard_library(refactoring: Refactoring, stdlib: Sequence[str]) -> None:
    selections = like_examples(refactoring, stdlib, seed=1)
    outcomes = measured(ours(refactoring), selections, done=2, most=12)
    assert outcomes.broken == 0, outcomes.bad
    assert outcomes.counts.total()


def test_the_judge_sees_what_is_broken() -> None:
    pairs = [("x = 1\n", "x = \n"), ("x = 1\n", "x = y\n"), ("x = y\n", "z = y\n"), ("x = 1\n", "x = 1\n")]
    assert judged(pairs) == ["syntax error", "new undefined", "ok", "refused"]


def file_with(tmp_path: Path, text: bytes) -> Path:
    path = tmp_path / "a.py"
    path.write_bytes(text)
    return path


def test_command_writes_what_it_shows(tmp_path: Path) -> None:
    path = file_with(tmp_path, b"y = f(1 + 2)\r\n")
    place = f"{path}:1:7-1:12"
    shown = CliRunner().invoke(main, ["refactor", place, "extract-variable", "--as", "three"])
    assert "+three = 1 + 2" in shown.output
    assert path.read_bytes() == b"y = f(1 + 2)\r\n"
    assert CliRunner().invoke(main, ["refactor", place, "extract-variable", "--write", "--as", "three"]).exit_code == 0
    assert path.read_bytes() == b"three = 1 + 2\r\ny = f(three)\r\n"


def test_command_says_why_not(tmp_path: Path) -> None:
    path = file_with(tmp_path, b"y = a and f(1)\n")
    done = CliRunner().invoke(main, ["refactor", f"{path}:1:11-1:15", "extract-variable"])
    assert done.exit_code == 1
    assert "only under a condition" in done.output


def test_command_lists_all_as_json(tmp_path: Path) -> None:
    path = file_with(tmp_path, b"y = f(1 + 2)\n")
    done = CliRunner().invoke(main, ["refactor", f"{path}:1:7-1:12", "--list", "--json"])
    said = json.loads(done.output)
    assert set(said) == {one.name for one in ALL}
    assert said["extract-variable"]["edits"][0]["text"] == "extracted = 1 + 2\n"
    assert said["invert-if"] == {"refused": "select an if, or its condition"}


def test_empty_modules_have_nothing_to_select(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text("")
    (tmp_path / "b.py").write_text("x = f(1)\n")
    texts = files_under(tmp_path, 200, seed=0)
    assert sorted(texts) == ["", "x = f(1)\n"]
    assert {text for text, *_ in islice(anywhere(texts, seed=0), 20)} == {"x = f(1)\n"}


def test_a_file_is_read_as_a_whole_once_for_all_selections() -> None:
    index = BlockIndex.of("import os\n\n\ndef f():\n    return os.path\n")
    first, second = Code(index, 0, 0).whole, Code(index, 15, 15).whole
    assert first.tree is second.tree
    assert first.scopes is second.scopes
    assert [type(one.path[0]).__name__ for one in (first, second)] == ["Import", "FunctionDef"]
    assert Code(index.updated("import sys\n"), 0, 0).whole.tree is not first.tree


def test_a_cursor_in_a_literal_selects_literals() -> None:
    grouped = next(one for one in ALL if one.name == "group-digits")
    places = {text[start : start + 4] for text, start, _ in islice(like_examples(grouped, ["x = f(1234)\n"], 0), 9)}
    assert "1234" in places
