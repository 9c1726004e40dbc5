"""Refactorings that ruff makes: offered at the selection alone, whatever the project's configuration selects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from python_slm.refactor.through_ruff import REWRITES, offers
from python_slm.syntax.compiled import compiler_problem

if TYPE_CHECKING:
    from pathlib import Path

NESTED = "def f(a, b):\n    if ⟦⟧a:\n        if b:\n            return 1\n    return 2\n"


def offered(marked: str, path: Path | None = None) -> dict[str, str]:
    """What the text becomes by each offer, by the last word of its kind."""
    start, end = marked.index("⟦"), marked.index("⟧") - 1
    text = marked.replace("⟦", "").replace("⟧", "")
    found = {}
    for title, kind, plan in offers(text, path, start, end):
        assert title
        found[kind.rpartition(".")[2]] = plan.applied(text)
    return found


@pytest.mark.parametrize(
    ("name", "marked", "want"),
    [
        ("merge-nested-if", NESTED, "    if a and b:\n        return 1\n"),
        (
            "else-after-return",
            "def f(a):\n    if a:\n        return 1\n    ⟦else⟧:\n        return 2\n",
            "\n    return 2\n",
        ),
        ("f-string", "x = ⟦'{}'.format(y)⟧\ny = 1\n", "f'{y}'"),
        ("dict-get", "d = {}\nif 'k' ⟦in⟧ d:\n    x = d['k']\nelse:\n    x = 0\n", "x = d.get('k', 0)"),
        (
            "comprehension",
            "def f(d):\n    out = []\n    ⟦for⟧ i in d:\n        out.append(i * 2)\n    return out\n",
            "[i * 2",
        ),
        ("any-all", "def f(d):\n    ⟦for⟧ i in d:\n        if i:\n            return True\n    return False\n", "any("),
        (
            "ternary",
            "def f(a):\n    ⟦if⟧ a:\n        x = 1\n    else:\n        x = 2\n    return x\n",
            "x = 1 if a else 2",
        ),
        ("pathlib", "import os\n⟦os.mkdir('a')⟧\n", "pathlib.Path('a').mkdir()"),
        ("mutable-default", "def f(⟦a=[]⟧):\n    return a\n", "if a is None:"),
        ("merge-with", "⟦with⟧ open('a') as a:\n    with open('b') as b:\n        pass\n", "as a, open"),
        ("return-annotation", "def ⟦f⟧():\n    return 1\n", "-> int:"),
    ],
)
def test_offers_at_the_selection(name: str, marked: str, want: str) -> None:
    found = offered(marked)
    assert want in found[name]
    assert compiler_problem(found[name]) is None


def test_nothing_elsewhere() -> None:
    assert offered("def f(a, b):\n    if a:\n        if b:\n            return 1\n    return 2\n\n\n⟦x = 1⟧\n") == {}


def test_rules_need_not_be_selected_by_the_project(tmp_path: Path) -> None:
    settings = '[lint]\nselect = ["E9"]\nignore = ["SIM"]\nper-file-ignores = {"*.py" = ["D"]}\n'
    (tmp_path / "ruff.toml").write_text(settings)
    assert "merge-nested-if" in offered(NESTED, tmp_path / "a.py")


def test_line_length_is_the_projects(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text("line-length = 10\n")
    long = "def f(a):\n    ⟦if⟧ a:\n        x = 1\n    else:\n        x = 2\n    return x\n"
    assert "ternary" in offered(long)
    assert "ternary" not in offered(long, tmp_path / "a.py")


def test_says_what_is_unsafe() -> None:
    text = "def f(a=[]):\n    return a\n"
    titles = [title for title, kind, _ in offers(text, None, 6, 6) if kind.endswith("mutable-default")]
    assert titles == ["Make the default None (may change what the code does)"]


def test_half_typed_code_elsewhere_is_no_obstacle() -> None:
    broken = "\n\ndef g(:\n    x = (\n"
    assert "if a and b" in offered(NESTED + broken)["merge-nested-if"]
    assert offered(NESTED + broken)["merge-nested-if"].endswith(broken)


def test_columns_are_code_points() -> None:
    assert "y = '😀é', f'{a}'" in offered("a = 1\ny = '😀é', ⟦'{}'.format(a)⟧\n")["f-string"]


def test_every_name_is_once() -> None:
    assert len({one.name for one in REWRITES}) == len(REWRITES)
    assert len({one.title for one in REWRITES}) == len(REWRITES)
