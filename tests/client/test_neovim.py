"""A real Neovim 0.12 shows, cycles and accepts ghost text from the real server."""

from __future__ import annotations

import ast
import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.client.neovim import ROOT, drive, find_neovim

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "def area(width, height):\n\n\nprint(area(3, 4))\n"
SCRIPTS = {
    "def area(width, height):\n    ret": ["urn width * height", "val = width * height", "ries = height"],
    "turm = '🐍🐍' + h": ["öhe"],
    "def area(width, height):\n    ": ["if width < 0:\n        raise ValueError(width)"],
}


@pytest.fixture(scope="module")
def neovim() -> str:
    found = find_neovim()
    if found is None:
        message = "no Neovim >= 0.12: run tests/client/install_neovim.sh, or set PYTHON_SLM_NVIM"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found


def scripted(**plan: object) -> list[str]:
    return [sys.executable, "-m", "tests.e2e.scripted_server", json.dumps({"scripts": SCRIPTS, **plan})]


def type_into(neovim: str, folder: Path, cmd: list[str], text: str, **plan: Any) -> dict[str, Any]:
    """Drive Neovim with the script alone: no words recalled from the file, and no haste on a loaded machine."""
    return drive(
        neovim,
        folder,
        cmd,
        text,
        options={"completion": {"recall": False, "deadlineMs": 5000, "alternativesMs": 5000}},
        **plan,
    )


def test_ghost_text_appears_after_typing(neovim: str, tmp_path: Path) -> None:
    seen = type_into(neovim, tmp_path, scripted(), TEXT, line=1, keys=["<CR>", *"ret"])
    assert seen["ghosts"] == [{"text": "urn width * height", "row": 1, "column": 7}]
    assert seen["encoding"] == "utf-8"
    assert seen["buffer"][1] == "    ret"  # ghost text is no text


def test_a_command_tells_why_something_was_suggested(neovim: str, tmp_path: Path) -> None:
    seen = type_into(neovim, tmp_path, scripted(), TEXT, line=1, keys=["<CR>", *"ret"], command="SlmWhy")
    assert seen["told"].startswith("Asked at typed.py:2:8 by typing")
    assert "shown (18 characters of" in seen["told"]


def test_what_is_copied_is_told(neovim: str, tmp_path: Path) -> None:
    text = TEXT + "print(area(1, 2), area(3, 4))\n"
    keys = ["<Esc>", "Gyy", "1GA", "<CR>", *"ret"]  # between the two y of one key, Neovim runs no timers
    options = {"completion": {"deadlineMs": 5000}, "context": {"yanks": True}}
    seen = drive(neovim, tmp_path, scripted(), text, options=options, line=1, keys=keys, command="SlmWhy")
    assert "recalled" in seen["told"]


def test_tab_accepts_the_ghost_text(neovim: str, tmp_path: Path) -> None:
    seen = type_into(neovim, tmp_path, scripted(), TEXT, line=1, keys=["<CR>", *"ret"], accept=True)
    assert seen["buffer"] == ["def area(width, height):", "    return width * height", "", "", "print(area(3, 4))"]
    assert seen["cursor"] == [2, len("    return width * height")]
    assert seen["mode"] == "i"


def test_key_cycles_through_the_suggestions_and_accepts_the_one_shown(neovim: str, tmp_path: Path) -> None:
    seen = type_into(neovim, tmp_path, scripted(), TEXT, line=1, keys=["<CR>", *"ret"], cycle=1, accept=True)
    first, second = (ghost["text"] for ghost in seen["ghosts"])
    assert first == "urn width * height"
    assert second == "val = width * height (2/3)"
    assert seen["buffer"][1] == "    retval = width * height"


def test_a_key_accepts_word_by_word_and_the_rest_stays_on_display(neovim: str, tmp_path: Path) -> None:
    presses = ["<M-Right>", "<M-Right>", "<M-Right>"]
    seen = type_into(neovim, tmp_path, scripted(), TEXT, line=1, keys=["<CR>", *"ret"], presses=presses)
    assert [press["line"] for press in seen["presses"]] == [
        "    return",
        "    return width",
        "    return width *",
    ]
    assert [press["own"]["text"] for press in seen["presses"]] == [" width * height", " * height", " height"]
    assert all("ghost" not in press for press in seen["presses"])  # nothing is shown twice
    assert seen["last"] == {"ghost": {"text": " height", "row": 1, "column": 18}}
    assert seen["cursor"] == [2, 18]
    assert seen["mode"] == "i"


def test_a_key_accepts_line_by_line_until_all_is_there(neovim: str, tmp_path: Path) -> None:
    presses = ["<M-C-Right>", "<M-C-Right>"]
    seen = type_into(neovim, tmp_path, scripted(), TEXT, line=1, keys=["<CR>"], presses=presses)
    first, second = seen["presses"]
    assert first["line"] == "    if width < 0:"
    assert first["own"]["text"] == "\n        raise ValueError(width)"
    assert second["line"] == "        raise ValueError(width)"
    assert "own" not in second
    assert seen["buffer"][1:4] == ["    if width < 0:", "        raise ValueError(width)", ""]


def test_accepting_after_a_part_brings_the_rest(neovim: str, tmp_path: Path) -> None:
    presses = ["<M-Right>", "<Tab>"]
    seen = type_into(neovim, tmp_path, scripted(), TEXT, line=1, keys=["<CR>", *"ret"], presses=presses)
    assert seen["buffer"][1] == "    return width * height"


def test_typing_on_after_a_part_takes_nothing_back(neovim: str, tmp_path: Path) -> None:
    presses = ["<M-Right>", *" w", "<Tab>"]
    seen = type_into(neovim, tmp_path, scripted(), TEXT, line=1, keys=["<CR>", *"ret"], presses=presses)
    assert seen["buffer"][1] == "    return width * height"
    presses = ["<M-Right>", "x"]
    seen = type_into(neovim, tmp_path, scripted(), TEXT, line=1, keys=["<CR>", *"ret"], presses=presses)
    assert seen["buffer"][1] == "    returnx"
    assert "own" not in seen["presses"][-1]


def test_the_server_learns_what_was_accepted(neovim: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_SLM_HOME", str(tmp_path / "home"))
    options = {"completion": {"recall": False, "deadlineMs": 5000}, "history": {"keep": True}}
    for presses in (["<M-Right>", "x"], ["<M-Right>", "<Tab>"]):
        keys = ["<CR>", *"ret"]
        drive(neovim, tmp_path, scripted(), TEXT, line=1, keys=keys, options=options, presses=presses, pause=2000)
    [history] = tmp_path.rglob("history.jsonl")
    ends = [json.loads(line) for line in history.read_text().splitlines()]
    assert [(end["life"], end["accepted_characters"]) for end in ends] == [("partly", 3), ("accepted", 18)]


def test_accepts_several_lines(neovim: str, tmp_path: Path) -> None:
    seen = type_into(neovim, tmp_path, scripted(), TEXT, line=1, keys=["<CR>"], accept=True)
    assert seen["buffer"][1:3] == ["    if width < 0:", "        raise ValueError(width)"]


def test_positions_hold_behind_characters_of_many_bytes(neovim: str, tmp_path: Path) -> None:
    text = "höhe = '🐍'\nturm = '🐍🐍'\n"
    seen = type_into(neovim, tmp_path, scripted(), text, line=2, keys=[*" + h"], accept=True)
    assert seen["buffer"] == ["höhe = '🐍'", "turm = '🐍🐍' + höhe"]


def test_typing_on_while_the_model_decodes_ends_with_the_newest_suggestion(neovim: str, tmp_path: Path) -> None:
    keys = ["<CR>", *"ret"]
    seen = type_into(neovim, tmp_path, scripted(token_ms=40), TEXT, line=1, keys=keys, accept=True)
    assert seen["buffer"][1].startswith("    retu")


def test_shipped_model_writes_in_a_real_editor(neovim: str, tmp_path: Path) -> None:
    if not (ROOT / "models" / "python_slm_model" / "manifest.json").exists():
        pytest.skip("this checkout has no shipped model")
    text = "class Store:\n    def __init__(self, path, items):\n        self.path = path\n"
    command = [sys.executable, "-m", "python_slm", "lsp"]
    options = {"completion": {"deadlineMs": 5000, "showFilter": False}}  # whatever it has to say
    keys = ["<CR>", *"self.it"]
    seen = drive(neovim, tmp_path, command, text, line=3, keys=keys, options=options, accept=True)
    [ghost] = seen["ghosts"]
    first, *more = ghost["text"].split("\n")
    assert seen["buffer"][3] == "        self.it" + first
    assert seen["buffer"][4 : 4 + len(more)] == more
    ast.parse("\n".join(seen["buffer"]))
