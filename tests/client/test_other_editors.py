"""Snippets of docs/editors.md: their form and settings always, in a real Emacs and Helix where those are installed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from python_slm.settings import Settings
from tests.client.neovim import ROOT
from tests.e2e.conftest import patience

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGE = (ROOT / "docs" / "editors.md").read_text()
DRIVER = Path(__file__).with_name("drive_eglot.el")
TEXT = "import os\n\n\ndef area(width, height):\n\n\nprint(area(3, 4))\n"
WRITTEN = "def area(width, height):\n    if width < 0:\n        raise ValueError(width)\n\n\nprint(area(3, 4))\n"
SCRIPTS = {"def area(width, height):\n    ": ["if width < 0:\n        raise ValueError(width)"]}


def snippet(title: str) -> str:
    """The code below a title of the page."""
    [found] = re.findall(rf"^## {re.escape(title)}$.*?^```\w+\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)[:1]
    return str(found)


@pytest.fixture
def editor(tmp_path: Path) -> dict[str, str]:
    """The environment of an editor: `slm` is the server with a scripted model, and HOME is empty."""
    program = tmp_path / "bin" / "slm"
    program.parent.mkdir()
    plan = json.dumps({"scripts": SCRIPTS})
    program.write_text(f"#!/bin/sh\ncd '{ROOT}'\nexec '{sys.executable}' -m tests.e2e.scripted_server '{plan}'\n")
    program.chmod(0o755)
    (tmp_path / "typed.py").write_text(TEXT)
    kept = {name: value for name, value in os.environ.items() if name in {"PYTHON_SLM_HOME", "LANG", "OMP_NUM_THREADS"}}
    return {
        **kept,
        "HOME": str(tmp_path),
        "TERM": "screen",
        "PATH": f"{program.parent}:/usr/bin:/bin",
    }


def installed(variable: str, *names: str) -> str:
    """The editor, or a skip."""
    found = os.environ.get(variable) or next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.skip(f"no {names[0]} here: install it, or set {variable}")
    return found


def test_helix_snippet_is_toml_with_settings_that_there_are() -> None:
    configuration = tomllib.loads(snippet("Helix"))
    server = configuration["language-server"]["python-slm"]
    assert [server["command"], *server["args"]] == ["slm", "lsp"]
    assert configuration["language"][0]["language-servers"] == ["python-slm"]
    assert Settings.from_dict(server["config"]) != Settings()


@pytest.mark.parametrize(
    ("title", "path", "command"),
    [
        ("Zed", ["lsp", "pylsp", "binary"], ["path", "arguments"]),
        ("Sublime Text", ["clients", "python-slm"], ["command"]),
        ("Kate", ["servers", "python"], ["command"]),
    ],
)
def test_json_snippets_start_the_server(title: str, path: list[str], command: list[str]) -> None:
    found: Any = json.loads(snippet(title))
    for key in path:
        found = found[key]
    parts = [found[key] for key in command]
    assert [word for part in parts for word in ([part] if isinstance(part, str) else part)] == ["slm", "lsp"]
    assert Settings.from_dict(found.get("initializationOptions", {}))


def test_emacs_eglot_completes_shows_and_fixes(editor: dict[str, str], tmp_path: Path) -> None:
    emacs = installed("PYTHON_SLM_EMACS", "emacs")
    version = subprocess.run([emacs, "--version"], capture_output=True, text=True, check=False).stdout
    if int((re.search(r"Emacs (\d+)", version) or ["", "0"])[1]) < 29:
        pytest.skip("Emacs is older than 29: no eglot")
    settings = "(:completion (:deadlineMs 5000 :recall :json-false))"
    configuration, changed = re.subn(r"\(:completion \([^)]*\)\)", settings, snippet("Emacs, eglot"))
    assert changed == 1
    (tmp_path / "init.el").write_text(configuration)
    arguments = ["--batch", "-l", "init.el", "-l", str(DRIVER)]
    ran = subprocess.run(
        [emacs, *arguments], cwd=tmp_path, env=editor, capture_output=True, text=True, timeout=120, check=False
    )
    lines = [line for line in ran.stdout.splitlines() if line.startswith("{")]
    assert lines, ran.stderr
    seen = json.loads(lines[-1])
    assert any("F401" in text for text in seen["diagnostics"])
    assert seen["candidates"][0] == "if width < 0:"
    assert "Remove unused import: `os` (F401)" in seen["actions"]
    assert seen["text"] == "\n\n" + WRITTEN
    assert seen["hover"] == "def area(width, height):"


@pytest.fixture
def tmux(tmp_path: Path, editor: dict[str, str]) -> Iterator[Callable[..., str]]:
    """Runs a command of a tmux that is only for this test."""
    program = shutil.which("tmux")
    if program is None:
        pytest.skip("no tmux here, in which Helix would be driven")

    def run(*arguments: str) -> str:
        command = [program, "-S", str(tmp_path / "tmux"), "-f", "/dev/null", *arguments]
        return subprocess.run(command, env=editor, cwd=tmp_path, capture_output=True, text=True, check=False).stdout

    yield run
    run("kill-server")


def test_helix_completes_shows_and_fixes(tmux: Callable[..., str], editor: dict[str, str], tmp_path: Path) -> None:
    helix = installed("PYTHON_SLM_HELIX", "hx", "helix")
    folder = Path(editor["HOME"]) / ".config" / "helix"
    folder.mkdir(parents=True)
    settings = "{ completion = { deadlineMs = 5000, recall = false } }"
    configuration, changed = re.subn(r"(?<=config = ).*", settings, snippet("Helix"))
    assert changed == 1
    (folder / "languages.toml").write_text(configuration)

    def until(text: str) -> str:
        end = time.monotonic() + 30 * patience()
        while text not in (screen := tmux("capture-pane", "-p")):
            assert time.monotonic() < end, f"no {text!r} in:\n{screen}"
            time.sleep(0.1)
        return screen

    def press(*keys: str) -> None:
        for key in keys:
            tmux("send-keys", key)
            time.sleep(0.2)

    tmux("new-session", "-d", "-x", "110", "-y", "30", helix, "typed.py")
    until("imported but unused")
    press(":", "4", "Enter", "A", "Enter", *["Space"] * 4, "C-x")
    until("if width < 0: text")  # the menu, with the kind
    press("C-n", "Enter", "Escape")
    until("raise ValueError(width)")
    press(":", "1", "Enter", "w", "Space", "a")
    until("Remove unused import")
    press("Enter")
    time.sleep(1)
    press(":", "w", "Enter")
    end = time.monotonic() + 10 * patience()
    while (written := (tmp_path / "typed.py").read_text()) == TEXT and time.monotonic() < end:
        time.sleep(0.1)
    assert written.lstrip("\n").replace("\n\n\n\n", "\n\n\n") == WRITTEN.replace("\n\n\n\n", "\n\n\n")
