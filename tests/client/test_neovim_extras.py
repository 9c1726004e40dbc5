"""A real Neovim 0.12 with the plugin: status, health, help, the switch, a server that dies, and no ghost text."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.client.neovim import CLIENT, extras
from tests.client.test_neovim import neovim, scripted  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "def area(width, height):\n\n\nprint(area(3, 4))\n"
OPTIONS = {"completion": {"recall": False, "deadlineMs": 5000, "alternativesMs": 5000}}


@pytest.fixture
def see(neovim: str, tmp_path: Path) -> Any:  # noqa: F811 - the fixture above
    def run(scenario: str, cmd: list[str] | None = None, **plan: Any) -> dict[str, Any]:
        return extras(neovim, tmp_path, cmd or scripted(), TEXT, scenario=scenario, options=OPTIONS, **plan)

    return run


def test_status_tells_of_the_loading_model(see: Any) -> None:
    seen = see("status", scripted(load_ms=3000))
    assert seen["before"] == ""
    assert seen["texts"][-2:] == ["slm …", "slm"]


def test_status_tells_that_there_is_no_model(see: Any, tmp_path: Path) -> None:
    seen = see("status", [sys.executable, "-m", "python_slm", "lsp", "--model", str(tmp_path / "nowhere")])
    assert seen["texts"][-1] == "slm: no model"


@pytest.mark.slow
def test_checkhealth_asks_the_doctor(see: Any) -> None:
    report = see("health")["report"]
    assert "Neovim has inline completion: ghost text" in report
    assert re.search(r"OK python: 3\.\d+", report)
    assert "the server runs for 1 buffer, in" in report


def test_checkhealth_tells_that_there_is_no_server(see: Any, tmp_path: Path) -> None:
    server = tmp_path / "slm"
    server.write_text(f'#!/bin/sh\nexec {sys.executable} -m tests.e2e.scripted_server "{{}}"\n')
    server.chmod(0o755)
    report = see("health", [str(server)])["report"]
    assert "doctor did not answer" in report  # this one is no slm


def test_every_help_tag_leads_to_the_help_file(see: Any, tmp_path: Path) -> None:
    plugin = tmp_path / "plugin"
    shutil.copytree(CLIENT, plugin)
    text = (plugin / "doc" / "python_slm.txt").read_text()
    tags = re.findall(r"(?<=\*)[^\s*|]+(?=\*)", text)
    assert {"python_slm.txt", "python_slm", ":SlmToggle"} <= set(tags)
    seen = see("help", plugin=str(plugin), tags=tags)
    assert seen["lines"] == dict.fromkeys(tags, "python_slm.txt")


def test_help_and_readme_name_every_command() -> None:
    lua = "".join(file.read_text() for file in (CLIENT / "lua").rglob("*.lua"))
    commands = set(re.findall(r"'(Slm\w+)'", lua))
    assert commands >= {"SlmWhy", "SlmFixAll", "SlmToggle"}
    for page in (CLIENT / "README.md", CLIENT / "doc" / "python_slm.txt"):
        assert {name for name in commands if f":{name}" not in page.read_text().replace("[count]", "")} == set()


def test_suggestions_are_turned_off_and_on_again(see: Any) -> None:
    seen = see("toggle")
    assert seen["off"] == {"status": "slm off"}
    assert seen["other"] is False  # a file opened later
    assert seen["on"] == {"ghost": "rn width * height", "status": "slm"}
    assert seen["told"] == ["python-slm: suggestions are off", "python-slm: suggestions are on"]


def test_a_server_that_dies_is_started_again_for_the_buffer_as_it_is(see: Any) -> None:
    seen = see("crash")
    assert seen["ghosts"] == ["urn width * height"]
    assert seen["buffer"] == ["def area(width, height):", "    return width * height", *TEXT.splitlines()[1:], "#x"]
    assert "python-slm: the server died and is started again" in seen["told"]


@pytest.mark.slow
def test_a_server_that_dies_again_and_again_is_left_off(see: Any) -> None:
    seen = see("crashes")
    assert seen["left"] == 0
    assert "the server died 5 times in 3 minutes and is left off" in "\n".join(seen["told"])


def test_a_server_that_was_stopped_stays_off(see: Any) -> None:
    seen = see("stop")
    assert seen["left"] == 0
    assert not [text for text in seen["told"] if "started again" in text]


def test_without_ghost_text_suggestions_come_in_the_menu(see: Any) -> None:
    seen = see("without_ghost_text")
    assert "return width * height" in seen["words"]
    assert seen["buffer"][1] == "    return width * height"
    assert seen["status"] == "slm"
    assert "ghost text needs Neovim 0.12" in seen["told"][0]


def test_the_plugin_may_be_loaded_by_the_first_python_file(see: Any) -> None:
    assert see("late")["ghosts"] == ["urn width * height"]


def instructions(kind: str) -> str:
    """The Lua of the help file below ``kind``."""
    text = (CLIENT / "doc" / "python_slm.txt").read_text()
    [block] = re.findall(rf"{re.escape(kind)}: >lua\n(.*?)\n<", text, re.DOTALL)
    return str(block)


@pytest.mark.slow
def test_vim_pack_installs_as_written(neovim: str, tmp_path: Path) -> None:  # noqa: F811 - the fixture above
    repository = tmp_path / "upstream" / "python-slm"
    shutil.copytree(CLIENT, repository / "client" / "neovim")
    for arguments in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"],
    ):
        subprocess.run(["git", *arguments], cwd=repository, check=True, capture_output=True)
    config = tmp_path / "config" / "nvim"
    config.mkdir(parents=True)
    written = instructions("vim.pack").replace("https://github.com/python-slm/python-slm", repository.as_uri())
    assert repository.as_uri() in written
    answers = "vim.fn.confirm = function() return 1 end\n"  # it asks before it installs
    (config / "init.lua").write_text(answers + written)
    out = tmp_path / "out.json"
    look = (
        f"lua vim.fn.writefile({{vim.json.encode({{enabled = vim.lsp._enabled_configs.python_slm ~= nil, "
        f"cmd = vim.lsp.config.python_slm.cmd, help = vim.fn.getcompletion('python_slm', 'help')[1]}})}}, '{out}')"
    )
    environment = {f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
    ran = subprocess.run(
        [neovim, "--headless", "-c", "helptags ALL", "-c", look, "-c", "qall!"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert out.exists(), ran.stderr
    assert json.loads(out.read_text()) == {"enabled": True, "cmd": ["slm", "lsp"], "help": "python_slm"}, ran.stderr
