"""docs/refactorings.md lists every refactoring; ``python tests/server/test_refactorings_page.py`` writes it anew."""

from __future__ import annotations

import html
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from python_slm.refactor.base import refactorings

if TYPE_CHECKING:
    from python_slm.refactor.base import Refactoring

PAGE = Path(__file__).parents[2] / "docs" / "refactorings.md"
MARKS = ("<!-- catalog -->\n", "<!-- end of catalog -->\n")


def catalog() -> str:
    """A table with one line for each refactoring: what it does, and its first example."""
    lines = ["| name | what it does | before | after |", "|---|---|---|---|"]
    return "\n".join([*lines, *map(row, refactorings()), ""])


def row(one: Refactoring) -> str:
    """Its line; ⟦ and ⟧ are where the selection begins and ends, one bar is a cursor."""
    module = sys.modules[type(one).__module__]
    before, after = module.EXAMPLES[0]
    what = " ".join((module.__doc__ or "").partition("\n\n")[0].split())
    shown = [as_cell(before.replace("⟦⟧", "❙")), as_cell(after)]
    return " | ".join((f"| `{one.name}`", what.replace("|", "\\|"), *shown)) + " |"


def as_cell(code: str) -> str:
    """Several lines of code in one line of a table."""
    escaped = html.escape(code.rstrip("\n").expandtabs(4), quote=False)
    for sign in "|*_`":
        escaped = escaped.replace(sign, f"&#{ord(sign)};")
    return f"<pre>{escaped.replace(chr(10), '<br>')}</pre>"


def test_page_lists_every_refactoring_as_it_is() -> None:
    _, _, behind = PAGE.read_text("utf-8").partition(MARKS[0])
    listed, mark, _ = behind.partition(MARKS[1])
    assert mark
    assert listed == catalog(), f"write it anew: python {Path(__file__).name}"


def test_code_of_several_lines_is_one_cell() -> None:
    assert as_cell("if a < b | c:\n    d\n") == "<pre>if a &lt; b &#124; c:<br>    d</pre>"


if __name__ == "__main__":
    above, _, behind = PAGE.read_text("utf-8").partition(MARKS[0])
    PAGE.write_text(above + MARKS[0] + catalog() + MARKS[1] + behind.partition(MARKS[1])[2], encoding="utf-8")
