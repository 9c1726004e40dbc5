"""Whatever a client sends, the real ``slm lsp`` answers it and goes on to complete healthy documents."""

from __future__ import annotations

import json
import shutil
import sys
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from python_slm.bench.client import LanguageClient
from python_slm.lsp.session import MAX_CHARACTERS
from tests.e2e.conftest import SLM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.conftest import Start

URI = "file:///project/odd.py"
HEALTHY = "file:///project/healthy.py"
TEXT = "def area(width, height):\n    ret\n"


OPTIONS = {"completion": {"maxNewTokens": 8, "deadlineMs": 10_000}}


@pytest.fixture(scope="module")
def server(tiny_model: Path) -> Iterator[LanguageClient]:
    """One real server that lives through all of it, and ends in order."""
    with LanguageClient([*SLM, "lsp", "--model", str(tiny_model)]) as client:
        client.initialize(trace="verbose", options=OPTIONS)
        yield client
        assert client.end() == 0
        assert client.stray == []


@pytest.fixture
def client(server: LanguageClient) -> Iterator[LanguageClient]:
    """A client of that server; after each test the server must still answer."""
    yield server
    assert_alive(server)


def assert_alive(client: LanguageClient, *, completes: bool = True) -> None:
    asked = len(client.received("$/logTrace"))
    client.open(HEALTHY, f"# {asked}\n{TEXT}")  # nothing that the cache knows
    assert isinstance(client.inline(HEALTHY, 2, 7), list)
    trace = json.loads(client.wait_received("$/logTrace", asked + 1)[-1]["verbose"])
    assert trace["request"]["outcome"] == "answered"
    assert (trace["work"]["prompt_tokens"] > 0) is completes, trace  # the model was asked


def assert_text(client: LanguageClient, text: str, line: int, character: int) -> None:
    """The server completes its version of the document as it completes ``text``."""
    found = client.inline(URI, line, character)
    client.open(URI, text)
    assert found == client.inline(URI, line, character)


def at(line: int, character: int, end_line: int, end_character: int) -> dict[str, Any]:
    return {
        "start": {"line": line, "character": character},
        "end": {"line": end_line, "character": end_character},
    }


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\x00" * 300 + "def f():\n    ", id="NUL bytes"),
        pytest.param(bytes(range(256)).decode("latin-1") * 20, id="binary"),
        pytest.param(bytes(range(256)).decode("utf-8", "replace") * 20, id="binary, replaced"),
        pytest.param("x = '\ud800'\ny = '\udfff\ud83d'\n", id="lone surrogates"),
        pytest.param("def f():\r\n    return 1\r\n\r\nx = f(\r\n", id="CRLF"),
        pytest.param("def f():\r    return 1\rx = 2\n\r\n", id="mixed line ends"),
        pytest.param("def f():\n\tif True:\n\t\treturn 1\n", id="tabs"),
        pytest.param("\ufeffimport os\n\ndef f():\n    os.", id="BOM"),
        pytest.param("", id="empty"),
        pytest.param("x" * 200_000, id="one long line"),
        pytest.param("(" * 5_000, id="deep nesting"),
        pytest.param("def f(:\n  class\n\x0c\x1c\u2028 = = =\n", id="no Python"),
        pytest.param("名前 = '🐍👩‍👩‍👧‍👦'\n" * 50, id="wide characters"),
    ],
)
def test_odd_text_is_answered_at_its_start_middle_and_end(client: LanguageClient, text: str) -> None:
    client.open(URI, text)
    lines = text.split("\n")
    for line, character in ((0, 0), (0, 7), (len(lines) // 2, 3), (len(lines) - 1, 10**6)):
        assert isinstance(client.inline(URI, line, character), list)
    client.change(URI, 1, {"range": at(0, 0, 0, 3), "text": "\ud83d"})
    assert isinstance(client.inline(URI, 0, 1), list)


def test_document_of_50_mb_is_followed_without_completions_in_bounded_memory(client: LanguageClient) -> None:
    text = "x = 'some text that goes on for a while'\n" * (50 * 2**20 // 41)
    client.open(URI, text)
    assert client.inline(URI, 10**6, 0) == []
    begun = time.perf_counter()
    client.change(URI, 1, {"range": at(5, 0, 5, 1), "text": "yyy"})
    assert client.inline(URI, 5, 0) == []
    assert time.perf_counter() - begun < 5
    assert psutil.Process(client.process.pid).memory_info().rss < 800 * 2**20
    client.change(URI, 2, {"text": TEXT})
    assert client.inline(URI, 1, 7) is not None
    client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})


def test_document_at_the_size_limit_is_answered_and_one_above_is_not(client: LanguageClient) -> None:
    text = "# a line\n" * (MAX_CHARACTERS // 9)
    client.open(URI, text + "#" * (MAX_CHARACTERS + 1 - len(text)))
    asked = len(client.received("$/logTrace"))
    assert client.inline(URI, 0, 0) == []
    [trace] = client.wait_received("$/logTrace", asked + 1)[asked:]
    assert "longer than 1,000,000 characters" in trace["message"]


@pytest.mark.parametrize("line", [2, 5, 10**6, 2**31 - 1])
@pytest.mark.parametrize("character", [0, 2**31 - 1])
def test_position_past_the_end_is_the_end(client: LanguageClient, line: int, character: int) -> None:
    client.open(URI, TEXT)
    assert client.inline(URI, line, character) == client.inline(URI, 2, 0)


@pytest.mark.parametrize("position", [{"line": -1, "character": 0}, {"line": "x"}, {}, None, {"line": 2**40}])
def test_position_that_is_none_is_refused(client: LanguageClient, position: object) -> None:
    client.open(URI, TEXT)
    params = {"textDocument": {"uri": URI}, "position": position, "context": {"triggerKind": 1}}
    reply = client.request("textDocument/inlineCompletion", params)
    assert reply.error is not None
    assert reply.error["code"] == -32602


def test_unknown_document_gets_no_completions(client: LanguageClient) -> None:
    assert client.inline("file:///project/never-opened.py", 0, 0) == []
    assert client.inline("not a uri at all", 0, 0) == []
    client.change("file:///project/never-opened.py", 1, {"text": "x"})
    client.notify("textDocument/didClose", {"textDocument": {"uri": "file:///project/never-opened.py"}})


@pytest.mark.parametrize("uri", ["untitled:Untitled-1", "file:///a%20b/%C3%BC.py", "inmemory://x", "file://", ""])
def test_documents_of_any_scheme_are_completed(client: LanguageClient, uri: str) -> None:
    client.open(uri, TEXT)
    assert isinstance(client.inline(uri, 1, 7), list)


def test_version_going_backwards_still_applies_the_change(client: LanguageClient) -> None:
    client.open(URI, TEXT, version=9)
    client.change(URI, 3, {"range": at(1, 4, 1, 7), "text": "if True:\n        ret"})
    assert_text(client, "def area(width, height):\n    if True:\n        ret\n", 2, 11)


def test_change_whose_range_is_the_wrong_way_round_is_read_the_right_way_round(client: LanguageClient) -> None:
    client.open(URI, TEXT)
    client.change(URI, 1, {"range": at(1, 7, 1, 4), "text": "x = "})
    assert_text(client, "def area(width, height):\n    x = \n", 1, 8)


def test_change_past_the_end_appends(client: LanguageClient) -> None:
    client.open(URI, TEXT)
    client.change(URI, 1, {"range": at(99, 5, 120, 7), "text": "x = "})
    assert_text(client, TEXT + "x = ", 2, 4)


def test_unreadable_change_ends_completions_until_the_whole_text_comes_again(client: LanguageClient) -> None:
    client.open(URI, TEXT)
    client.change(URI, 1, {"range": at(-3, 0, 0, 0), "text": "x"})
    asked = len(client.received("$/logTrace"))
    assert client.inline(URI, 1, 7) == []
    [trace] = client.wait_received("$/logTrace", asked + 1)[asked:]
    assert "quiet" in trace["message"]  # nobody guesses what the text is now
    client.change(URI, 2, {"text": TEXT})
    client.inline(URI, 1, 7)
    assert "quiet" not in client.wait_received("$/logTrace", asked + 2)[-1]["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"{",
        b"\xff\xfe\x00",
        b"[]",
        b"42",
        b'"text"',
        b"{}",
        b'{"jsonrpc": "1.0", "id": 1, "method": "shutdown"}',
        b'{"jsonrpc": "2.0"}',
        b'{"jsonrpc": "2.0", "method": 5}',
        b'{"jsonrpc": "2.0", "method": ["a"]}',
        b'{"jsonrpc": "2.0", "id": [1], "result": {}}',
        b'{"jsonrpc": "2.0", "id": {}, "method": "textDocument/inlineCompletion"}',
        b'{"jsonrpc": "2.0", "id": 7777, "result": null}',
        b'{"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 4242}}',
        b'{"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": 3}',
        b'{"jsonrpc": "2.0", "method": "textDocument/didChange", "params": {"textDocument": 3}}',
        b'{"jsonrpc": "2.0", "method": "no/suchNotification", "params": {"a": 1}}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
    ],
    ids=lambda body: body[:40].decode("latin-1"),
)
def test_messages_that_are_none_do_not_end_the_server(client: LanguageClient, body: bytes) -> None:
    client.send_bytes(body)


def test_header_without_length_is_skipped(client: LanguageClient) -> None:
    assert client.process.stdin is not None
    client.process.stdin.write(b"X-Odd: 1\r\n\r\n")
    client.process.stdin.flush()


def test_unknown_request_is_refused(client: LanguageClient) -> None:
    reply = client.request("no/suchRequest", {"a": [1]})
    assert reply.error is not None
    assert reply.error["code"] == -32601


def test_wrong_settings_are_reported_and_the_former_kept(client: LanguageClient) -> None:
    settings = {"python-slm": {"completion": {"maxNewTokens": "many"}}}
    client.notify("workspace/didChangeConfiguration", {"settings": settings})
    [*_, message] = client.wait_received("window/showMessage")
    assert "completion.max_new_tokens: expected int, got 'many'" in message["message"]
    nothing: list[object] = [None, 3, [], {"python-slm": None}]
    for odd in nothing:
        client.notify("workspace/didChangeConfiguration", {"settings": odd})
    client.notify("workspace/didChangeConfiguration", {"settings": OPTIONS})


def test_settings_are_fetched_where_the_client_only_says_that_they_changed(slm_lsp: Start, tiny_model: Path) -> None:
    client = slm_lsp("--model", str(tiny_model))
    client.initialize(options=OPTIONS, capabilities={"workspace": {"configuration": True}})
    for count, answer in enumerate((None, [None], [{"completion": {"suggestions": "many"}}]), start=1):
        client.answers["workspace/configuration"] = answer
        client.notify("workspace/didChangeConfiguration", {"settings": None})
        client.wait_received("workspace/configuration", count)
        client.request("workspace/executeCommand", {"command": "none"})  # its reply is read after ours was sent
    [message] = client.wait_received("window/showMessage")
    assert "completion.suggestions" in message["message"]
    assert client.received("workspace/configuration")[0] == {"items": [{"section": "python-slm"}]}
    assert client.end() == 0


def test_completions_can_be_switched_off_and_on(client: LanguageClient) -> None:
    client.open(URI, TEXT)
    client.notify("workspace/didChangeConfiguration", {"settings": {"completion": {"enable": False}}})
    assert client.inline(URI, 1, 7) == []
    client.notify("workspace/didChangeConfiguration", {"settings": OPTIONS})


def started(slm_lsp: Start, model: Path) -> LanguageClient:
    client = slm_lsp("--model", str(model))
    client.initialize(trace="verbose", options=OPTIONS)
    return client


def test_missing_model_is_reported_once_and_the_server_runs_on(slm_lsp: Start, tmp_path: Path) -> None:
    client = started(slm_lsp, tmp_path / "nowhere")
    [message] = client.wait_received("window/showMessage")
    assert "nowhere" in message["message"]
    assert_alive(client, completes=False)
    assert_alive(client, completes=False)
    assert len(client.received("window/showMessage")) == 1
    assert client.end() == 0


@pytest.mark.parametrize("damage", ["truncated", "altered", "graph gone", "tokenizer gone", "manifest broken"])
def test_damaged_model_is_reported_and_the_server_runs_on(
    slm_lsp: Start, tiny_model: Path, tmp_path: Path, damage: str
) -> None:
    model = tmp_path / "model"
    shutil.copytree(tiny_model, model)
    graph = next(model.glob("*.onnx"))
    content = graph.read_bytes()
    if damage == "truncated":
        graph.write_bytes(content[: len(content) // 2])
    elif damage == "altered":
        graph.write_bytes(content[:-100] + bytes(100))
    elif damage == "manifest broken":
        (model / "manifest.json").write_text('{"format": ')
    else:
        (graph if damage == "graph gone" else model / "tokenizer.json").unlink()
    client = started(slm_lsp, model)
    [message] = client.wait_received("window/showMessage")
    assert "slm doctor" in message["message"]
    assert_alive(client, completes=False)
    assert client.end() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps the files of a running model")
def test_model_deleted_while_the_server_runs(slm_lsp: Start, tiny_model: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(tiny_model, model)
    client = started(slm_lsp, model)
    assert_alive(client)
    shutil.rmtree(model)
    assert_alive(client)
    client.notify(
        "workspace/didChangeConfiguration", {"settings": {**OPTIONS, "model": {"path": str(model), "threads": 1}}}
    )
    [message] = client.wait_received("window/showMessage")
    assert str(model) in message["message"]
    assert_alive(client, completes=False)
    assert client.end() == 0
