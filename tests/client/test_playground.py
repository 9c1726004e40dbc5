"""The playground in a real browser, and its door."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.client.browser import ROOT, drive, find_tools, running, wait_for_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.client.browser import Seen

TOOLS = find_tools()
in_browser = pytest.mark.skipif(TOOLS is None, reason="no browser tools: sh tests/client/install_vscode.sh; chromium")
SOURCE = ROOT / "client" / "playground"
ASSETS = ROOT / "server" / "python_slm" / "playground" / "assets"
OPEN = {"do": "goto", "selector": "#editor .view-lines"}
READY = {"do": "wait", "selector": '#status[data-health="ok"]', "timeout": 60_000}


@pytest.fixture
def playground(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Starts the playground with a scripted model; its address."""
    started: list[Any] = []

    def start(**plan: Any) -> str:
        log = tmp_path / "playground.log"
        command = [sys.executable, "-m", "tests.e2e.scripted_server", json.dumps(plan), "playground"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        started.append(running(command, log, cwd=tmp_path, env=environment))
        started[-1].__enter__()
        found = re.search(r"http://\S+", wait_for_text(log, "token="))
        assert found is not None
        return found[0]

    yield start
    for one in started:
        one.__exit__(None, None, None)


@pytest.fixture
def seen(playground: Callable[..., str], tmp_path: Path) -> Callable[..., Seen]:
    """Does steps in the page of a playground with these scripts."""

    def run(scripts: dict[str, list[str]], *steps: dict[str, Any]) -> Seen:
        assert TOOLS is not None
        found = drive(TOOLS, tmp_path, playground(scripts=scripts), OPEN, READY, *steps)
        assert found.outside == []
        return found

    return run


def choose(example: str) -> dict[str, Any]:
    return {"do": "select", "selector": "#example", "label": example}


def test_the_page_is_built_from_its_sources() -> None:
    hashed = hashlib.sha256()
    names = [
        "index.html",
        "style.css",
        "icon.svg",
        "package-lock.json",
        *(f"src/{p.name}" for p in SOURCE.glob("src/*")),
    ]
    for name in sorted(names):
        hashed.update(f"{name}\0".encode() + (SOURCE / name).read_bytes() + b"\0")
    built = json.loads((ASSETS / "BUILD.json").read_text())
    assert built["sources"] == hashed.hexdigest(), "run 'npm run build' in client/playground"


def status(url: str, **headers: str) -> int:
    try:
        with urlopen(Request(url, headers=headers), timeout=10) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def test_only_this_machine_with_the_token_gets_in(playground: Callable[..., str]) -> None:
    url = playground()
    base, token = url.split("/?token=")
    host = base.removeprefix("http://")
    assert status(url) == 200
    assert status(f"{base}/main.js") == 200
    assert status(f"{base}/") == 401
    assert status(f"{base}/?token=wrong") == 401
    assert status(f"{base}/../site.py") == 404
    assert status(f"{base}/BUILD.json") == 404
    assert status(url, Host="evil.example") == 403
    right, ours = f"?token={token}", Origin(f"http://{host}")
    for query, origin, code in (("", ours, 401), (right, Origin("http://evil.example"), 403), (right, None, 403)):
        with pytest.raises(InvalidStatus) as problem, connect(f"ws://{host}/lsp{query}", origin=origin):
            pass
        assert problem.value.response.status_code == code
    with connect(f"ws://{host}/lsp{right}", origin=ours) as socket:
        socket.send('{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}')
        assert "capabilities" in json.loads(socket.recv())["result"]


@in_browser
def test_ghost_text_shows_and_is_accepted(seen: Callable[..., Seen]) -> None:
    scripts = {"zeta = ": ["list(range(10))"]}
    end = [{"do": "press", "keys": "Control+End"}, {"do": "type", "text": "\nzeta = "}]
    found = seen(
        scripts,
        *end,
        {"do": "ghost", "as": "ghost"},
        {"do": "texts", "selector": "#story", "as": "story"},
        {"do": "shot", "name": "ghost"},
        {"do": "press", "keys": "Tab"},
        {"do": "sleep", "ms": 300},
        {"do": "text", "as": "text"},
        {"do": "click", "selector": "#tab-trace"},
        {"do": "shot", "name": "trace"},
    )
    assert found["ghost"] == "list(range(10))"
    assert "zeta = list(range(10))" in found["text"]
    assert "prefill" in found["story"][0]


@in_browser
def test_squiggles_fixes_and_hovers(seen: Callable[..., Seen]) -> None:
    fix = "Remove unused import: `os`"
    found = seen(
        {},
        choose("findings and fixes"),
        {"do": "click", "selector": "#tab-findings"},
        {"do": "wait", "selector": "#list code:has-text('unreachable-code')", "timeout": 30_000},
        {"do": "texts", "selector": "#list code", "as": "codes"},
        {"do": "shot", "name": "findings"},
        {"do": "hover", "selector": ".squiggly-warning"},
        {"do": "wait", "selector": ".monaco-hover:has-text('F401')", "timeout": 30_000},
        {"do": "texts", "selector": ".monaco-hover", "as": "hover"},
        {"do": "shot", "name": "hover"},
        {"do": "click", "selector": "#list button"},
        {"do": "press", "keys": "Control+."},
        {"do": "wait", "selector": f".action-widget .monaco-list-row:has-text('{fix}')", "timeout": 30_000},
        {"do": "shot", "name": "actions"},
        {"do": "click", "selector": f".action-widget .monaco-list-row:has-text('{fix}')"},
        {"do": "gone", "selector": "#list code:has-text('F401') >> nth=1", "timeout": 30_000},
        {"do": "text", "as": "text"},
    )
    assert {"F401", "renamed-parameter", "unreachable-code"} <= set(found["codes"])
    assert "imported but unused" in "".join(found["hover"])
    assert "import os" not in found["text"]


@in_browser
def test_code_from_a_description(seen: Callable[..., Seen]) -> None:
    scripts = {"def add_two_numbers(": ["a, b"], '    """Add two numbers."""\n': ["    return a + b\n"]}
    want = 'def add_two_numbers(a, b):\n    """Add two numbers."""\n    return a + b\n'
    found = seen(
        scripts,
        {"do": "fill", "selector": "#wish", "text": "Add two numbers."},
        {"do": "press", "keys": "Tab"},
        {"do": "press", "keys": "ArrowRight"},
        {"do": "texts", "selector": "#tokens", "as": "tokens"},
        {"do": "click", "selector": "#write"},
        {"do": "wait", "selector": "#copy:not([disabled])", "timeout": 60_000},
        {"do": "texts", "selector": "#answer", "as": "answer"},
        {"do": "click", "selector": "#copy"},
        {"do": "sleep", "ms": 200},
        {"do": "clipboard", "as": "copied"},
        {"do": "shot", "name": "describe"},
    )
    assert found["tokens"] == ["112"]
    assert found["answer"] == [want]
    assert found["copied"] == want


@in_browser
def test_dark_narrow_and_by_keyboard(seen: Callable[..., Seen]) -> None:
    found = seen(
        {},
        {"do": "select", "selector": "#theme", "label": "dark"},
        {"do": "shot", "name": "dark"},
        {"do": "attribute", "selector": "html", "name": "data-theme", "as": "theme"},
        {"do": "viewport", "width": 420, "height": 800},
        {"do": "shot", "name": "narrow"},
        {"do": "overflow", "as": "overflow"},
        {"do": "click", "selector": "#tab-describe"},
        {"do": "press", "keys": "ArrowRight"},
        {"do": "attribute", "selector": "#tab-findings", "name": "aria-selected", "as": "selected"},
        {"do": "count", "selector": "#findings:visible", "as": "shown"},
    )
    assert found["theme"] == "dark"
    assert found["overflow"] == 0
    assert found["selected"] == "true"
    assert found["shown"] == 1


@in_browser
def test_each_tab_is_a_session(playground: Callable[..., str], tmp_path: Path) -> None:
    assert TOOLS is not None
    url = playground(scripts={})
    found = drive(
        TOOLS,
        tmp_path,
        url,
        OPEN,
        READY,
        {"do": "type", "text": "one = 1  "},
        {"do": "second", "as": "second"},
        {"do": "text", "as": "first"},
    )
    assert "one = 1" in found["first"]
    assert "one = 1" not in found["second"]
