"""The server ends when, and how, it is told to, also in the middle of a request, and leaves nothing behind."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.e2e.conftest import patience

if TYPE_CHECKING:
    from pathlib import Path

    from python_slm.bench.client import LanguageClient
    from tests.e2e.conftest import Start, StartScripted

URI = "file:///project/area.py"
TEXT = "def area(width, height):\n    "
SLOW = {"scripts": {TEXT: ["return width * height" * 3]}, "token_ms": 50}


def decoding(client: LanguageClient) -> LanguageClient:
    client.initialize(options={"completion": {"deadlineMs": 20_000}})
    client.open(URI, TEXT)
    client.begin_inline(URI, 1, 4)
    time.sleep(0.3)
    return client


def ended(client: LanguageClient, begun: float) -> int:
    """Exit code; the process must end within a second."""
    code = client.process.wait(10)
    assert time.perf_counter() - begun < 1.0 * patience()
    return code


def test_shutdown_and_exit_with_a_request_running_give_code_0(scripted: StartScripted, errors: Path) -> None:
    client = decoding(scripted(**SLOW))
    begun = time.perf_counter()
    client.request("shutdown")
    client.notify("exit")
    assert ended(client, begun) == 0
    assert errors.read_text() == ""


def test_exit_without_shutdown_gives_code_1(scripted: StartScripted, errors: Path) -> None:
    client = decoding(scripted(**SLOW))
    begun = time.perf_counter()
    client.notify("exit")
    assert ended(client, begun) == 1
    assert errors.read_text() == ""


def test_end_of_stdin_ends_the_server(scripted: StartScripted, errors: Path) -> None:
    client = decoding(scripted(**SLOW))
    begun = time.perf_counter()
    assert client.process.stdin is not None
    client.process.stdin.close()
    assert ended(client, begun) == 1
    assert errors.read_text() == ""


EDITOR = """
import json, sys, time
from python_slm.bench.client import LanguageClient
client = LanguageClient([sys.executable, "-m", "tests.e2e.scripted_server", sys.argv[1]])
client.initialize(options={"completion": {"deadlineMs": 20_000}})
client.open("file:///project/area.py", sys.argv[2])
client.begin_inline("file:///project/area.py", 1, 4)
print(client.process.pid, flush=True)
time.sleep(60)
"""


def test_killed_editor_takes_the_server_with_it(errors: Path) -> None:
    command = [sys.executable, "-c", EDITOR, json.dumps(SLOW), TEXT]
    with errors.open("wb") as stderr, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr) as editor:
        assert editor.stdout is not None
        server = psutil.Process(int(editor.stdout.readline()))
        time.sleep(0.3)
        begun = time.perf_counter()
        editor.kill()
        with suppress(psutil.NoSuchProcess):
            while server.status() != psutil.STATUS_ZOMBIE and time.perf_counter() - begun < 10:
                time.sleep(0.01)
        assert time.perf_counter() - begun < 1.0 * patience()
    assert errors.read_text() == ""


def test_exit_while_the_model_loads(scripted: StartScripted, errors: Path) -> None:
    client = scripted(scripts={}, load_ms=10_000)
    client.initialize()
    time.sleep(0.2)
    begun = time.perf_counter()
    client.request("shutdown")
    client.notify("exit")
    assert ended(client, begun) == 0
    assert errors.read_text() == ""


def test_after_shutdown_requests_are_refused(scripted: StartScripted) -> None:
    client = scripted(scripts={})
    client.initialize()
    client.request("shutdown")
    reply = client.request("textDocument/completion", {})
    assert reply.error is not None
    assert reply.error["code"] == -32600
    client.notify("exit")
    assert client.process.wait(5) == 0


def test_before_initialize_requests_are_refused(scripted: StartScripted) -> None:
    client = scripted(scripts={})
    reply = client.request("textDocument/completion", {})
    assert reply.error is not None
    assert reply.error["code"] == -32002
    client.initialize()
    assert client.end() == 0


def test_stray_prints_do_not_reach_stdout(scripted: StartScripted, errors: Path) -> None:
    client = scripted(scripts={TEXT: ["pass"]}, noise=True)
    client.initialize(options={"completion": {"suggestions": 1}})
    client.open(URI, TEXT)
    assert client.inline(URI, 1, 4) == ["pass"]
    assert client.end() == 0
    assert client.stray == []
    assert "a stray print" in errors.read_text()


@pytest.mark.parametrize("arguments", [(), ("--stdio",)])
def test_slm_lsp_speaks_stdio(slm_lsp: Start, tiny_model: Path, arguments: tuple[str, ...], errors: Path) -> None:
    client = slm_lsp(*arguments, "--model", str(tiny_model))
    capabilities = client.initialize()
    assert capabilities["inlineCompletionProvider"] == {}
    assert client.end() == 0
    assert errors.read_text() == ""
