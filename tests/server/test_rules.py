"""Our own rules: their examples, what keeps their findings, and the comments that silence them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from python_slm.findings import Finding
from python_slm.rules import catalog
from python_slm.rules.base import Rule, rules_in
from python_slm.rules.docs import explanation
from python_slm.rules.find import find, found_by
from python_slm.rules.suppress import settled
from python_slm.syntax.blocks import BlockIndex
from tests.server import rule_examples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.findings import Severity
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

DEAD = "def f():\n    return 1\n    {}\n"


@pytest.mark.parametrize(("rule", "text"), rule_examples.examples(catalog, "VALID"))
def test_says_nothing_of_what_is_fine(rule: Rule, text: str) -> None:
    rule_examples.check_valid(rule, text)


@pytest.mark.parametrize(("rule", "text"), rule_examples.examples(catalog, "INVALID"))
def test_finds_what_is_marked(rule: Rule, text: str) -> None:
    rule_examples.check_invalid(rule, text)


@pytest.mark.parametrize("rule", list(rules_in(catalog)), ids=lambda rule: rule.code)
def test_is_documented(rule: Rule) -> None:
    rule_examples.check_documented(rule)
    assert (explanation(rule.code) or "").startswith(f"# {rule.code}\n\n")


def test_no_two_rules_share_a_code() -> None:
    codes = [rule.code for rule in rules_in(catalog)]
    assert len(codes) == len(set(codes))
    assert explanation("no-such-rule") is None


@dataclass(frozen=True)
class Counting:
    """Finds every function, and counts the blocks that it is shown; asks what the module calls ``answer``."""

    seen: Counter[str] = field(default_factory=Counter, hash=False, compare=False)
    code = "counted-function"
    severity: Severity = "hint"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        self.seen[code.block.name] += 1
        asked = len(file.bound("answer")) if code.block.name == "asks" else 0
        for node in code.tree.body:
            yield Finding("rules", self.code, f"found {asked}", *code.span(node), self.severity)


def test_a_keystroke_costs_one_block() -> None:
    rule, text = Counting(), "".join(f"def f{n}():\n    return {n}\n\n\n" for n in range(9))
    index = BlockIndex.of(text)
    before = found_by((rule,), index)
    assert rule.seen == Counter(f"f{n}" for n in range(9))
    rule.seen.clear()
    after = found_by((rule,), index.updated(text.replace("return 4", "return 44")))
    assert rule.seen == {"f4": 1}
    assert [one.start for one in after[:5]] == [one.start for one in before[:5]]
    assert [one.start for one in after[5:]] == [one.start + 1 for one in before[5:]]


def test_a_block_is_read_again_when_what_it_asked_about_changes() -> None:
    rule, text = Counting(), "def asks():\n    pass\n\n\ndef other():\n    pass\n\n\nanswer = 1\n"
    index = BlockIndex.of(text)
    assert found_by((rule,), index)[0].message == "found 1"
    rule.seen.clear()
    assert found_by((rule,), index.updated(text + "\n\ndef answer():\n    pass\n"))[0].message == "found 2"
    assert rule.seen["asks"] == 1
    assert "other" not in rule.seen


def test_other_rules_have_findings_of_their_own() -> None:
    index = BlockIndex.of("def f():\n    pass\n")
    quiet, loud = Counting(), replace(Counting(), severity="error")
    assert [one.severity for one in found_by((quiet,), index)] == ["hint"]
    assert [one.severity for one in found_by((loud,), index)] == ["error"]


def test_nothing_is_said_once_cancelled() -> None:
    index = BlockIndex.of(DEAD.format("a()"))
    assert find(index, cancelled=lambda: True) == []
    assert [one.code for one in find(index)] == ["unreachable-code"]


def test_a_broken_block_hides_nothing_elsewhere() -> None:
    text = "def g(:\n    pass\n\n\n" + DEAD.format("a()")
    assert [text[one.start : one.end] for one in find(BlockIndex.of(text))] == ["a()"]


@pytest.mark.parametrize(
    "line",
    [
        "a()  # slm: ignore[unreachable-code]",
        "a()  # slm: ignore[other, unreachable-code]",
        "a()  # noqa: X1  # slm: ignore[unreachable-code]",
        "a()  # type: ignore # slm:ignore[ unreachable-code ]",
        "a(  # slm: ignore[unreachable-code]\n        1)",
        'a("""\n    # slm: ignore[other]\n""")  # slm: ignore[unreachable-code]',
        "a(1, \\\n        2)  # slm: ignore[unreachable-code]",
        "a()\n# slm: ignore-file[unreachable-code]",
    ],
)
def test_comment_silences_its_line(line: str) -> None:
    assert find(BlockIndex.of(DEAD.format(line))) == []


@pytest.mark.parametrize(
    "line",
    [
        "a()  # slm: ignore[other]",
        "a('# slm: ignore[unreachable-code]')",
        "a('# slm: ignore-file[unreachable-code]')",
        "a()\n    b()  # slm: ignore[unreachable-code]",
        'a("""\n    # slm: ignore[unreachable-code]\n""")',
    ],
)
def test_other_comments_do_not(line: str) -> None:
    assert [one.code for one in find(BlockIndex.of(DEAD.format(line)))] == ["unreachable-code"]


@pytest.mark.parametrize(
    ("line", "want"),
    [
        ("a()", "a()  # slm: ignore[unreachable-code]"),
        ("a()  ", "a()  # slm: ignore[unreachable-code]"),
        ("a()  # why ", "a()  # why  # slm: ignore[unreachable-code]"),
        ("a()  # noqa: E1", "a()  # noqa: E1  # slm: ignore[unreachable-code]"),
        ("a()  # slm: ignore[other]", "a()  # slm: ignore[other, unreachable-code]"),
        ("a()  # slm: ignore[]  # x", "a()  # slm: ignore[unreachable-code]  # x"),
        ('a("""\n#""")', 'a("""\n#""")  # slm: ignore[unreachable-code]'),
        ("a(1 + \\\n  2)", "a(1 + \\\n  2)  # slm: ignore[unreachable-code]"),
        ("a('é#', \"#\")", "a('é#', \"#\")  # slm: ignore[unreachable-code]"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_edit_silences_and_keeps_what_is_there(line: str, want: str, end: str) -> None:
    text = DEAD.format(line)[:-1] + end
    [finding] = find(BlockIndex.of(text))
    [edit] = finding.suppress
    silenced = text[: edit.start] + edit.text + text[edit.end :]
    assert silenced == DEAD.format(want)[:-1] + end
    assert find(BlockIndex.of(silenced)) == []


def test_findings_of_others_are_left_as_they_are() -> None:
    index = BlockIndex.of("x = 1  # slm: ignore[F841]\n")
    ruff = Finding("ruff", "F841", "unused", 0, 1)
    assert settled(index, [ruff]) == [ruff]
