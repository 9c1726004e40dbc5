"""Rules of style: their examples, profiles, and a buffer held against them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from python_slm.style.base import StyleRule, style_rules
from python_slm.style.find import find
from python_slm.style.profile import Profile, conventions
from python_slm.syntax.blocks import BlockIndex
from python_slm.syntax.compiled import compiler_problem
from tests.server.rule_examples import HEADINGS, unmarked

if TYPE_CHECKING:
    from python_slm.findings import Finding

RULES = style_rules()


def module_of(rule: StyleRule) -> Any:
    return sys.modules[type(rule).__module__]


def found(rule: StyleRule, text: str) -> list[Finding]:
    module = module_of(rule)
    values = {key: conventions()[key].parsed(value) for key, value in module.PROFILE.items()}
    return find(BlockIndex.of(text), Profile("test", values), path=getattr(module, "PATH", "app.py"))


def applied(text: str, finding: Finding) -> str:
    for edit in reversed(finding.fixes[0].edits):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def examples(kind: str) -> list[Any]:
    return [
        pytest.param(rule, text, id=f"{rule.code}-{place}")
        for rule in RULES
        for place, text in enumerate(getattr(module_of(rule), kind))
    ]


@pytest.mark.parametrize(("rule", "text"), examples("VALID"))
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_says_nothing_of_what_is_fine(rule: StyleRule, text: str, newline: str) -> None:
    assert found(rule, text.replace("\n", newline)) == []


@pytest.mark.parametrize(("rule", "marked"), examples("INVALID"))
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_finds_what_is_marked(rule: StyleRule, marked: str, newline: str) -> None:
    text, spans = unmarked(marked.replace("\n", newline))
    assert compiler_problem(text) is None
    assert [(one.start, one.end) for one in found(rule, text)] == sorted(spans)
    for one in found(rule, text):
        assert (one.origin, one.code) == ("style", rule.code)
        assert one.message
        assert not one.message.endswith(".")
        assert one.reasoning
        assert one.suppress


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if hasattr(module_of(rule), "MENDED")], ids=lambda one: one.code
)
def test_fix_leads_to_what_the_example_says(rule: StyleRule) -> None:
    module = module_of(rule)
    for marked, want in zip(module.INVALID, module.MENDED, strict=True):
        text, _ = unmarked(marked)
        for newline in ("\n", "\r\n"):
            before = text.replace("\n", newline)
            findings = found(rule, before)
            for one in reversed(findings):
                if one.fixes:
                    before = applied(before, one)
            assert before == (want or text).replace("\n", newline)
            assert compiler_problem(before) is None
            assert want is None or found(rule, before) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda one: one.code)
def test_is_documented(rule: StyleRule) -> None:
    assert all(heading in rule.documentation for heading in HEADINGS)
    assert module_of(rule).VALID
    assert module_of(rule).INVALID
    assert bool(getattr(module_of(rule), "MENDED", ())) == ("## Fix safety" in rule.documentation)


def test_no_two_rules_share_a_code_or_a_key() -> None:
    codes = [rule.code for rule in RULES]
    keys = [one.key for rule in RULES for one in rule.conventions]
    assert len(set(codes)) == len(codes) >= 14
    assert len(set(keys)) == len(keys)
