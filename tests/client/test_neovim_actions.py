"""A real Neovim 0.12 shows diagnostics and hovers of the real server, and does its code actions."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.client.neovim import act
from tests.client.test_neovim import neovim  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from pathlib import Path

SERVER = [sys.executable, "-m", "tests.e2e.scripted_server", "{}"]
TEXT = """import os
import sys


def total(prices, rate):
    net = sum(prices)
    return net + net * rate
"""


@pytest.fixture
def steps(neovim: str, tmp_path: Path) -> Any:  # noqa: F811 - the fixture above
    def run(*plan: dict[str, Any], text: str = TEXT) -> dict[str, Any]:
        return act(neovim, tmp_path, SERVER, text, *plan)

    return run


def test_diagnostics_appear_and_go_while_typing(steps: Any) -> None:
    seen = steps(
        {"codes": ["F401"]},
        {"cursor": [7, 0]},
        {"keys": ["A", "<CR>", *"os.remo"]},
        {"codes": ["F401"]},
        {"keys": [*"ve(sys.argv["]},
        {"codes": ["syntax-error"]},
        {"keys": [*"0])", "<Esc>"]},
        {"codes": []},
    )
    assert [step["ok"] for step in seen["steps"] if "ok" in step] == [True] * 4, seen["steps"]
    assert seen["buffer"][-1] == "os.remove(sys.argv[0])"  # Neovim itself goes back after a return


def test_a_quick_fix_is_applied_and_its_diagnostic_goes(steps: Any) -> None:
    seen = steps(
        {"codes": ["F401"]},
        {"cursor": [1, 7]},
        {"action": "Remove unused import: `os`"},
        {"cursor": [1, 7]},
        {"action": "Remove unused import: `sys`"},
        {"codes": []},
    )
    assert seen["steps"][-1]["codes"] == []
    assert seen["buffer"][0] == "def total(prices, rate):" or seen["buffer"][2] == "def total(prices, rate):"
    assert "import" not in "\n".join(seen["buffer"])


def test_all_is_fixed_at_once(steps: Any) -> None:
    seen = steps({"codes": ["F401"]}, {"action": "Fix all that is safe"}, {"codes": []})
    assert seen["steps"][-1]["codes"] == []
    assert "import" not in "\n".join(seen["buffer"])


def test_an_extraction_asks_for_a_name(steps: Any) -> None:
    seen = steps(
        {"codes": ["F401"]},
        {"answer": "taxes"},
        {"cursor": [7, 17]},
        {"action": "Extract variable", "only": ["refactor.extract"], "visual": len("net * rate")},
        {"line": [7, "    taxes = net * rate"]},
    )
    assert seen["asked"] == "extracted"
    assert seen["buffer"][5:] == ["    net = sum(prices)", "    taxes = net * rate", "    return net + taxes"]


def test_a_docstring_is_added(steps: Any) -> None:
    seen = steps(
        {"codes": ["F401"]}, {"cursor": [5, 5]}, {"action": "docstring", "only": ["refactor.rewrite.docstring"]}
    )
    assert seen["buffer"][5].startswith('    """')
    assert "prices" in "\n".join(seen["buffer"][5:-2])


def test_a_hover_tells_what_a_diagnostic_means(steps: Any) -> None:
    seen = steps({"codes": ["F401"]}, {"cursor": [1, 7]}, {"hover": True}, {"cursor": [5, 4]}, {"hover": True})
    rule, symbol = seen["steps"][2]["text"], seen["steps"][4]["text"]
    assert "F401" in rule
    assert "Checks for unused imports." in rule
    assert "def total(prices, rate):" in symbol


def test_a_command_explains_the_function_at_the_cursor(steps: Any) -> None:
    seen = steps({"codes": ["F401"]}, {"cursor": [6, 4]}, {"command": "SlmExplain"})
    assert "that takes" in seen["steps"][-1]["text"]


def test_an_action_explains_in_a_window(steps: Any) -> None:
    seen = steps({"codes": ["F401"]}, {"cursor": [6, 4]}, {"titles": True})
    titles = seen["steps"][-1]["titles"]
    assert "Explain total" in titles
    assert len(titles) < 20, titles
