"""A newer request for a document stops the older within one token, whether or not the client cancels."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.conftest import patience

if TYPE_CHECKING:
    from pathlib import Path

    from python_slm.bench.client import LanguageClient
    from tests.e2e.conftest import StartScripted

URI = "file:///project/area.py"
TEXT = "def area(width, height):\n    "
LONG = "return width * height + width * height + width"
TOKEN_MS = 20


def typed(client: LanguageClient, count: int, interval_s: float) -> list[int]:
    """Type the first characters of LONG, a request for each; the requests' numbers."""
    requests = []
    for index, character in enumerate(LONG[:count]):
        where = {"line": 1, "character": 4 + index}
        client.change(URI, index + 1, {"range": {"start": where, "end": where}, "text": character})
        requests.append(client.begin_inline(URI, 1, 5 + index))
        time.sleep(interval_s)
    return requests


def traces(client: LanguageClient, count: int) -> list[dict[str, Any]]:
    return [json.loads(one["verbose"]) for one in client.wait_received("$/logTrace", count)]


def opened(client: LanguageClient, *, ghost_text: bool = True, **options: Any) -> LanguageClient:
    completion = {"suggestions": 1, "deadlineMs": 20_000, "recall": False, **options}
    shown: dict[str, Any] = {"textDocument": {"inlineCompletion": {}} if ghost_text else {}}
    client.initialize(trace="verbose", options={"completion": completion}, capabilities=shown)
    client.open(URI, TEXT)
    return client


def test_each_key_stops_the_request_before_it_within_a_token(scripted: StartScripted, tmp_path: Path) -> None:
    forwards = tmp_path / "forwards"
    plan = {"scripts": {TEXT: [LONG]}, "token_ms": TOKEN_MS, "forwards_file": str(forwards)}
    client = opened(scripted(**plan))
    requests = typed(client, 6, interval_s=0.1)
    *older, last = [client.wait(number).result for number in requests]
    assert older == [None] * 5
    assert [item["insertText"] for item in last["items"]] == [LONG[6:]]
    *stopped, answered = traces(client, 6)
    assert [trace["request"]["outcome"] for trace in stopped] == ["superseded"] * 5
    assert answered["request"]["outcome"] == "answered"
    assert max(trace["stop_ms"] for trace in stopped) < 3 * TOKEN_MS * patience()
    assert max(trace["checks"] for trace in stopped) < len(LONG) / 2  # none was decoded to its end
    assert forwards.stat().st_size < 2 * len(LONG)


def test_cancelling_answers_at_once_and_stops_the_work_within_a_token(scripted: StartScripted) -> None:
    client = opened(scripted(scripts={TEXT: [LONG]}, token_ms=TOKEN_MS))
    number = client.begin_inline(URI, 1, 4)
    time.sleep(0.2)
    begun = time.perf_counter()
    client.cancel(number)
    reply = client.wait(number)
    assert reply.error is not None
    assert reply.error["code"] == -32800  # RequestCancelled
    assert reply.at - begun < 0.1 * patience()
    [trace] = traces(client, 1)
    assert trace["request"]["outcome"] == "cancelled"
    assert trace["stop_ms"] < 3 * TOKEN_MS * patience()
    assert client.inline(URI, 1, 4) == [LONG]


def test_edits_do_not_wait_for_decoding(scripted: StartScripted) -> None:
    client = opened(scripted(scripts={TEXT: [LONG]}, token_ms=200))
    number = client.begin_inline(URI, 1, 4)
    begun = time.perf_counter()
    for version in range(1, 51):
        end = {"line": 9, "character": 0}
        client.change(URI, version, {"range": {"start": end, "end": end}, "text": "#"})
    client.request("workspace/executeCommand", {"command": "none"})  # answered in order, after the changes
    assert time.perf_counter() - begun < 0.2 * patience()
    client.cancel(number)


def test_inline_completion_and_completion_of_one_position_share_the_work(
    scripted: StartScripted, tmp_path: Path
) -> None:
    forwards = tmp_path / "forwards"
    client = opened(scripted(scripts={TEXT: [LONG]}, token_ms=5, forwards_file=str(forwards)), ghost_text=False)
    inline = client.begin_inline(URI, 1, 4)
    where = {"textDocument": {"uri": URI}, "position": {"line": 1, "character": 4}}
    menu = client.begin("textDocument/completion", where)
    assert [item["insertText"] for item in client.wait(inline).result["items"]] == [LONG]
    assert [item["textEdit"]["newText"] for item in client.wait(menu).result["items"]] == [LONG]
    assert forwards.stat().st_size < 1.5 * len(LONG)


def test_cancelling_one_of_two_equal_requests_leaves_the_other(scripted: StartScripted) -> None:
    client = opened(scripted(scripts={TEXT: [LONG]}, token_ms=5))
    first, second = client.begin_inline(URI, 1, 4), client.begin_inline(URI, 1, 4)
    client.cancel(first)
    assert [item["insertText"] for item in client.wait(second).result["items"]] == [LONG]


def test_requests_for_two_documents_are_both_answered(scripted: StartScripted) -> None:
    client = opened(scripted(scripts={TEXT: [LONG]}, token_ms=5))
    client.open("file:///project/other.py", TEXT)
    requests = [client.begin_inline(uri, 1, 4) for uri in (URI, "file:///project/other.py")]
    answers = [client.wait(number).result for number in requests]
    assert [answer["items"][0]["insertText"] for answer in answers] == [LONG, LONG]


def test_requests_while_the_model_loads_are_answered_by_their_deadline(scripted: StartScripted) -> None:
    client = opened(scripted(scripts={TEXT: [LONG]}, load_ms=1500), deadlineMs=200)
    begun = time.perf_counter()
    assert client.inline(URI, 1, 4) == []
    assert time.perf_counter() - begun < 0.6 * patience()
    for _ in range(100):
        found = client.inline(URI, 1, 4)
        if found:
            break
    assert found
    assert LONG.startswith(found[0])


def test_deadline_cuts_the_answer_where_it_stands(scripted: StartScripted) -> None:
    client = opened(scripted(scripts={TEXT: [LONG]}, token_ms=20), deadlineMs=300)
    begun = time.perf_counter()
    found = client.inline(URI, 1, 4)
    assert time.perf_counter() - begun < 0.6 * patience()
    assert found is not None
    assert all(LONG.startswith(text) and text != LONG for text in found)


@pytest.mark.parametrize(("key", "shown"), [("r", [LONG]), ("x", [])])
def test_an_answer_that_typing_has_outrun_is_shown_only_if_it_agrees(
    scripted: StartScripted, key: str, shown: list[str]
) -> None:
    """Neovim asks anew 200 ms after a key, and shows until then what it gets."""
    client = opened(scripted(scripts={TEXT: [LONG]}, token_ms=60))
    number = client.begin_inline(URI, 1, 4)
    time.sleep(0.1 * patience())
    where = {"line": 1, "character": 4}
    client.change(URI, 1, {"range": {"start": where, "end": where}, "text": key})
    assert [item["insertText"] for item in client.wait(number).result["items"]] == shown


def test_a_request_sees_the_document_as_it_was_when_it_was_sent(scripted: StartScripted) -> None:
    client = opened(scripted(scripts={TEXT: [LONG]}))
    asked = {"textDocument": {"uri": URI}, "position": {"line": 1, "character": 4}, "context": {"triggerKind": 2}}
    spot = {"line": 1, "character": 4}
    change = {"range": {"start": spot, "end": spot}, "text": "r"}
    bodies: list[dict[str, Any]] = [
        {"id": 77, "method": "textDocument/inlineCompletion", "params": asked},
        {
            "method": "textDocument/didChange",
            "params": {"textDocument": {"uri": URI, "version": 1}, "contentChanges": [change]},
        },
    ]
    texts = [json.dumps({"jsonrpc": "2.0", **body}) for body in bodies]
    assert client.process.stdin is not None
    client.process.stdin.write("".join(f"Content-Length: {len(text)}\r\n\r\n{text}" for text in texts).encode())
    client.process.stdin.flush()
    [item] = client.wait(77).result["items"]
    assert item["insertText"] == LONG
    assert item["range"]["start"] == spot
