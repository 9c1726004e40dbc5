"""What the tests of docstrings share: source text in, findings or the mended text out, proven on the way."""

from __future__ import annotations

import ast
from textwrap import dedent
from typing import TYPE_CHECKING

from python_slm.docstrings.facts import Facts, facts_of
from python_slm.docstrings.findings import find
from python_slm.docstrings.proof import applied, edits_of, unchanged
from python_slm.syntax.blocks import BlockIndex

if TYPE_CHECKING:
    from python_slm.docstrings.style import Style
    from python_slm.findings import Finding


def findings(source: str, style: Style | None = None) -> list[Finding]:
    """Missing and stale ones, but for the module's own."""
    found = find(BlockIndex.of(source), path="app.py", missing=True, style=style)
    return [one for one in found if one.message != "the module has no docstring"]


def stale(source: str) -> list[tuple[str, str]]:
    """(code, what is marked) of what is stale."""
    found = find(BlockIndex.of(source), path="app.py")
    return [(one.code, source[one.start : one.end]) for one in found]


def mended(source: str, style: Style | None = None) -> str:
    """With every fix made: the same program, in which a second run changes nothing."""
    after = applied(source, edits_of(findings(source, style)))
    assert unchanged(source, after)
    assert applied(after, edits_of(findings(after, style))) == after, "a second run changes something"
    return after


def facts(source: str, *, in_class: bool = False) -> Facts:
    """Of the first definition."""
    node = ast.parse(dedent(source)).body[0]
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    return facts_of(node, name=node.name, in_class=in_class)


def docstring_of(signature: str, text: str, body: str = "pass") -> str:
    """A function of one statement with a docstring."""
    return f"def f({signature}):\n    {text}\n    {body}\n"
