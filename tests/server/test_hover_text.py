"""What a hover says of a finding, and the same as plain text."""

from __future__ import annotations

from python_slm.findings import Finding
from python_slm.lsp.hover import finding_text, plain, symbol_text
from python_slm.tasks.symbol import Symbol


def test_a_finding_of_the_model_tells_how_sure_and_why() -> None:
    found = Finding("bugs", "no-such-code", "`a` may be meant", 0, 1, confidence=0.934, reasoning="It fits better.")
    assert finding_text(found) == "**no-such-code** (bugs, 93% sure): `a` may be meant\n\nIt fits better."


def test_a_rule_of_ours_tells_what_it_does_and_spares_the_example() -> None:
    text = finding_text(Finding("rules", "unreachable-code", "never reached", 0, 1))
    assert text.startswith("**unreachable-code** (rules): never reached")
    assert "**What it does**" in text
    assert "Use instead" not in text


def test_a_url_is_where_the_rest_is() -> None:
    found = Finding("ruff", "X999", "odd", 0, 1, url="https://example.org/x999")
    assert finding_text(found).endswith("[More about X999](https://example.org/x999)")
    assert plain(finding_text(found)).endswith("More about X999: https://example.org/x999")


def test_plain_text_has_no_markup() -> None:
    assert plain("**a** `b`\n\n```python\ndef f():\n```\n") == "a b\n\ndef f():\n"


def test_a_symbol_of_which_nothing_is_known_has_no_text() -> None:
    assert symbol_text(Symbol("np.zeros", "imported", 0, 1)) == ""
    assert symbol_text(Symbol("x", "parameter", 0, 1, header="x: int")) == "```python\n(parameter) x: int\n```"
