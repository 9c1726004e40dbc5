"""What every catalog of rules must hold: ⟦…⟧ in an invalid example is what is found."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

from python_slm.rules.base import Rule, rules_in
from python_slm.rules.find import found_by
from python_slm.syntax.blocks import BlockIndex
from python_slm.syntax.compiled import compiler_problem

if TYPE_CHECKING:
    from types import ModuleType

    from python_slm.findings import Finding

HEADINGS = ("## What it does", "## Why is this bad", "## Example")
_CODE = re.compile(r"[a-z]+(?:-[a-z]+)+")


def examples(catalog: ModuleType, kind: str) -> list[Any]:
    """(rule, text) of every VALID or INVALID example of a catalog, as parameters of a test."""
    return [
        pytest.param(rule, text, id=f"{rule.code}-{place}")
        for rule in rules_in(catalog)
        for place, text in enumerate(getattr(module_of(rule), kind))
    ]


def module_of(rule: Rule) -> ModuleType:
    return sys.modules[type(rule).__module__]


def unmarked(marked: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without its marks, and the spans that they were around."""
    text, spans, begun = "", [], 0
    for part in re.split("([⟦⟧])", marked):
        if part == "⟦":
            begun = len(text)
        elif part == "⟧":
            spans.append((begun, len(text)))
        else:
            text += part
    return text, spans


def found(rule: Rule, text: str) -> list[Finding]:
    return found_by((rule,), BlockIndex.of(text))


def check_valid(rule: Rule, text: str) -> None:
    """Nothing is found in what is fine, whatever the lines end with."""
    assert compiler_problem(text) is None
    for newline in ("\n", "\r\n", "\r"):
        assert found(rule, text.replace("\n", newline)) == []


def check_invalid(rule: Rule, marked: str) -> None:
    """What is marked is found, with what belongs to a finding, also further down in a file."""
    text, spans = unmarked(marked)
    assert compiler_problem(text) is None
    assert [(one.start, one.end) for one in found(rule, text)] == sorted(spans)
    above = "# é — 🐍\nclass Ünrelated:\n    pass\n\n\n".replace("\n", "\r\n")
    moved = [(one.start - len(above), one.end - len(above)) for one in found(rule, above + text)]
    assert moved == sorted(spans)
    for one in found(rule, text):
        assert one.code == rule.code
        assert one.message
        assert not one.message.endswith(".")
        assert one.reasoning
        for fix in one.fixes:
            check_fix(rule, text, one, fix.edits)


def check_fix(rule: Rule, text: str, finding: Finding, edits: Any) -> None:
    """It compiles, and what was found is not there any more."""
    places = [(edit.start, edit.end) for edit in edits]
    assert places == sorted(places)
    fixed = text
    for edit in reversed(edits):
        fixed = fixed[: edit.start] + edit.text + fixed[edit.end :]
    assert compiler_problem(fixed) is None
    assert len(found(rule, fixed)) < len(found(rule, text))


def check_documented(rule: Rule) -> None:
    assert _CODE.fullmatch(rule.code)
    text = module_of(rule).__doc__ or ""
    assert all(heading in text for heading in HEADINGS), rule.code
    assert module_of(rule).VALID
    assert module_of(rule).INVALID
