"""The extension in VS Code itself, driven through its web client in a real browser."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from python_slm.settings_schema import configuration
from tests.client.browser import drive, find_tools
from tests.client.vscode import CLIENT, package, vscode

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.client.browser import Seen

TOOLS = find_tools()
in_vscode = pytest.mark.skipif(
    TOOLS is None or not shutil.which("npm"), reason="no VS Code: sh tests/client/install_vscode.sh; chromium; npm"
)
OPEN = ({"do": "goto"}, {"do": "open", "name": "typed.py"})
ITEM = ".statusbar-item[id='python-slm.python-slm.python-slm.status']"
READY = {"do": "wait", "selector": f"{ITEM} .codicon-sparkle", "timeout": 60_000}
PALETTE_MS = 300
TEXT = """import os


def area(width, height):
    return width * height


"""


@pytest.fixture(scope="session")
def vsix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension, packaged."""
    assert TOOLS is not None
    return package(TOOLS, tmp_path_factory.mktemp("vsix"))


@pytest.fixture
def see(vsix: Path, tmp_path: Path) -> Callable[..., Seen]:
    """Does steps in VS Code with a scripted model."""

    def run(scripts: dict[str, list[str]], *steps: dict[str, Any], settings: dict[str, Any] | None = None) -> Seen:
        assert TOOLS is not None
        (tmp_path / "work").mkdir()
        (tmp_path / "work" / "typed.py").write_text(TEXT)
        plan = json.dumps({"scripts": scripts, "marker": str(tmp_path)})
        command = [sys.executable, "-m", "tests.e2e.scripted_server", plan]
        ours = {"python-slm.server.command": command} if settings is None else settings
        with vscode(TOOLS, vsix, tmp_path, ours) as url:
            found = drive(TOOLS, tmp_path, url, *OPEN, *steps)
        assert found.outside == []
        return found

    return run


def test_the_manifest_has_every_setting_of_the_server() -> None:
    manifest = json.loads((CLIENT / "package.json").read_text())
    [group] = [one for one in manifest["contributes"]["configuration"] if one["id"] == "server"]
    assert group["properties"] == configuration(), "run 'npm run settings' in client/vscode"


def test_every_command_of_the_manifest_is_registered() -> None:
    manifest = json.loads((CLIENT / "package.json").read_text())
    source = (CLIENT / "src" / "extension.ts").read_text()
    for one in manifest["contributes"]["commands"]:
        assert f"    {one['command'].removeprefix('python-slm.')}: (" in source


@in_vscode
def test_types_are_strict_and_the_linter_is_content(vsix: Path) -> None:
    assert TOOLS is not None
    assert vsix.exists()
    for tool in (["typescript/bin/tsc", "--noEmit", "-p", "."], ["eslint/bin/eslint.js", "src"]):
        command = [TOOLS.node, f"node_modules/{tool[0]}", *tool[1:]]
        done = subprocess.run(command, cwd=CLIENT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@in_vscode
@pytest.mark.slow
def test_ghost_text_shows_is_accepted_and_can_be_switched_off(see: Callable[..., Seen]) -> None:
    more = [{"do": "press", "keys": "Control+End"}, {"do": "press", "keys": "Enter"}]
    found = see(
        {"zeta = ": ["list(range(10))"]},
        READY,
        {"do": "press", "keys": "Control+End"},
        {"do": "type", "text": "zeta = "},
        {"do": "ghost", "as": "ghost"},
        {"do": "shot", "name": "ghost"},
        {"do": "press", "keys": "Control+ArrowRight"},
        {"do": "sleep", "ms": 500},
        {"do": "text", "as": "a word"},
        {"do": "press", "keys": "Tab"},
        {"do": "sleep", "ms": 500},
        {"do": "text", "as": "all"},
        {"do": "click", "selector": ITEM},
        {"do": "wait", "selector": ".quick-input-list .monaco-list-row:has-text('Off here')"},
        {"do": "shot", "name": "menu"},
        {"do": "click", "selector": ".quick-input-list .monaco-list-row:has-text('Off here')"},
        {"do": "wait", "selector": f"{ITEM} .codicon-circle-slash"},
        {"do": "click", "selector": ".monaco-editor .view-lines"},
        *more,
        {"do": "type", "text": "zeta = "},
        {"do": "ghost", "timeout": 2500, "as": "off"},
        {"do": "shot", "name": "off"},
    )
    assert found["ghost"] == "list(range(10))"
    assert "zeta = list" in found["a word"]
    assert "zeta = list(range(10))" in found["all"]
    assert found["off"] == ""


@in_vscode
@pytest.mark.slow
def test_squiggle_hover_quick_fix_and_docstring(see: Callable[..., Seen]) -> None:
    fix = "Remove unused import: `os`"
    row = ".action-widget .monaco-list-row"
    found = see(
        {},
        READY,
        {"do": "wait", "selector": ".squiggly-warning", "timeout": 60_000},
        {"do": "hover", "selector": ".squiggly-warning"},
        {"do": "wait", "selector": ".monaco-hover:has-text('imported but unused')", "timeout": 30_000},
        {"do": "shot", "name": "hover"},
        {"do": "texts", "selector": ".monaco-hover", "as": "hover"},
        {"do": "press", "keys": "Control+Home"},
        {"do": "press", "keys": "Control+ArrowRight"},
        {"do": "press", "keys": "Control+ArrowRight"},
        {"do": "press", "keys": "Control+."},
        {"do": "wait", "selector": f"{row}:has-text('{fix}')", "timeout": 30_000},
        {"do": "shot", "name": "fix"},
        {"do": "click", "selector": f"{row}:has-text('{fix}')"},
        {"do": "gone", "selector": ".squiggly-warning", "timeout": 30_000},
        {"do": "press", "keys": "Control+Home"},
        {"do": "press", "keys": "ArrowDown"},
        {"do": "press", "keys": "ArrowDown"},
        {"do": "sleep", "ms": 1500},  # VS Code closes a menu that opens while it still marks the change before
        {"do": "press", "keys": "Control+."},
        {"do": "wait", "selector": f"{row}:has-text('ocstring')", "timeout": 30_000},
        {"do": "shot", "name": "actions"},
        {"do": "click", "selector": f"{row}:has-text('ocstring')"},
        {"do": "sleep", "ms": 1500},
        {"do": "text", "as": "text"},
        {"do": "shot", "name": "docstring"},
    )
    assert "F401" in "".join(found["hover"])
    assert "import os" not in found["text"]
    assert '"""' in found["text"]


def kill_server(marker: str) -> None:
    """Kill the server of this test, as a crash does."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_text()
        except OSError:
            continue
        if marker in line and "scripted_server" in line and "resolver" not in line:
            os.kill(int(folder.name), signal.SIGKILL)


@in_vscode
@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc to find the server's process")
def test_a_server_that_dies_is_started_again_and_the_buffer_is_intact(see: Callable[..., Seen], tmp_path: Path) -> None:
    work = tmp_path / "work"
    killer = threading.Thread(target=kill_when, args=(work / "typed.py", str(tmp_path)), daemon=True)
    killer.start()
    found = see(
        {"zeta = ": ["list(range(10))"]},
        READY,
        {"do": "press", "keys": "Control+End"},
        {"do": "type", "text": "kept = 1\n"},
        {"do": "press", "keys": "Control+s"},
        {"do": "sleep", "ms": 4000},
        READY,
        {"do": "text", "as": "text"},
        {"do": "type", "text": "zeta = "},
        {"do": "ghost", "as": "ghost", "timeout": 30_000},
        {"do": "shot", "name": "again"},
    )
    killer.join(1)
    assert not killer.is_alive()
    assert "kept = 1" in found["text"]
    assert found["ghost"] == "list(range(10))"


def kill_when(file: Path, marker: str) -> None:
    """Kill the server once the file was saved."""
    until = time.monotonic() + 120
    while not (file.exists() and "kept = 1" in file.read_text()):
        if time.monotonic() > until:
            return
        time.sleep(0.1)
    kill_server(marker)


@in_vscode
@pytest.mark.slow
def test_without_a_server_it_offers_to_install_one_and_says_why_it_could_not(see: Callable[..., Seen]) -> None:
    toast = ".notification-list-item"
    found = see(
        {},
        {"do": "wait", "selector": f"{toast}:has-text('needs its server')", "timeout": 60_000},
        {"do": "shot", "name": "offer"},
        {"do": "click", "selector": f"{toast} .monaco-button:has-text('Install it')"},
        {"do": "wait", "selector": f"{toast}:has-text('could not be installed')", "timeout": 120_000},
        {"do": "texts", "selector": toast, "as": "told"},
        {"do": "shot", "name": "failed"},
        settings={"python-slm.server.package": "there-is-no-such-package-of-ours"},
    )
    assert "Show log" in "".join(found["told"])
