"""What the server says of itself: traces, log, progress."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from python_slm.bench.typing import choose_places, stdlib_module
from python_slm.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Start

URI = "file:///project/area.py"
TEXT = "def area(secret_width, height):\n    return "


@pytest.mark.parametrize(("value", "messages", "details"), [("off", 0, 0), ("messages", 1, 0), ("verbose", 1, 1)])
def test_client_gets_the_trace_it_asked_for(
    slm_lsp: Start, tiny_model: Path, value: str, messages: int, details: int
) -> None:
    client = slm_lsp("--model", str(tiny_model))
    client.initialize(trace=value, options={"completion": {"maxNewTokens": 4, "deadlineMs": 10_000}})
    client.open(URI, TEXT)
    client.inline(URI, 1, 11)
    client.request("shutdown")
    traces = client.received("$/logTrace")
    assert len(traces) == messages
    assert sum("verbose" in trace for trace in traces) == details


def test_log_file_has_a_json_object_a_line_and_no_code(slm_lsp: Start, tiny_model: Path, tmp_path: Path) -> None:
    log = tmp_path / "slm.log"
    client = slm_lsp("--model", str(tiny_model), "--log-file", str(log))
    client.initialize(options={"completion": {"maxNewTokens": 4, "deadlineMs": 10_000}})
    client.open(URI, TEXT)
    client.inline(URI, 1, 11)
    client.send_bytes(b'{"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"secret_width": 1}}')
    client.end()
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    [trace] = [entry["trace"] for entry in entries if "trace" in entry]
    assert trace["request"]["method"] == "textDocument/inlineCompletion"
    assert trace["work"]["prompt_tokens"] > 0
    assert "secret_width" not in log.read_text()


def test_progress_is_shown_while_the_model_loads(slm_lsp: Start, tiny_model: Path) -> None:
    client = slm_lsp("--model", str(tiny_model))
    client.initialize(capabilities={"window": {"workDoneProgress": True}})
    begin, end = client.wait_received("$/progress", 2)
    assert begin["value"]["kind"] == "begin"
    assert end["value"]["kind"] == "end"
    assert begin["token"] == end["token"]
    assert [one["token"] for one in client.received("window/workDoneProgress/create")] == [begin["token"]]


@pytest.mark.parametrize("arguments", [["--tcp", "nowhere"], ["--ws", ":80"], ["--stdio", "--tcp", "127.0.0.1:0"]])
def test_wrong_usage_is_explained(arguments: list[str]) -> None:
    result = CliRunner().invoke(main, ["lsp", *arguments])
    assert result.exit_code == 2
    assert "127.0.0.1:2087" in result.output or "choose one of" in result.output


def test_bench_typing_measures_a_real_server(tiny_model: Path) -> None:
    arguments = ["--model", str(tiny_model), "--keys", "3", "--interval-ms", "5", "--places", "2", "--json"]
    result = CliRunner().invoke(main, ["bench", "typing", *arguments])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.output)
    requests = sum(figures[outcome] for outcome in ("answered", "superseded", "cached", "quiet"))
    assert requests == 1 + 2 * 3 + figures["through_keys"]
    assert figures["through_p50_ms"] <= figures["through_p95_ms"]
    assert figures["decoded_to_end"] == 0
    assert 0 < figures["last_key_p50_ms"] <= figures["last_key_p95_ms"]
    assert figures["ratio"] == pytest.approx(figures["last_key_p50_ms"] / figures["alone_p50_ms"])
    assert figures["server_bytes"] > 2**20


def test_bench_typing_without_a_model_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["bench", "typing", "--model", str(tmp_path)])
    assert result.exit_code == 1
    assert "manifest.json: no such file" in result.output


def test_places_are_statements_spread_over_the_file() -> None:
    path = stdlib_module(1000)
    text = path.read_text(encoding="utf-8")
    assert 800 < text.count("\n") < 1200
    places = choose_places(text, 12, 8)
    assert len(places) == 8
    lines = text.split("\n")
    for place in places:
        assert lines[place.line][place.column :] == place.deleted
        assert place.deleted.startswith(place.text)
        assert len(place.text) == 12
    assert places[-1].line - places[0].line > 500
