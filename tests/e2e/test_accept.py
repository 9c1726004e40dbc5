"""What the server learns of shown and accepted suggestions, and what it does then."""

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
FIRST, SECOND = "return width * height", "raise NotImplementedError"
SCRIPTS = {TEXT: [FIRST, SECOND, "return width"]}
START = {"line": 1, "character": 4}


@pytest.fixture
def forwards(tmp_path: Path) -> Path:
    file = tmp_path / "forwards"
    file.touch()
    return file


@pytest.fixture
def client(scripted: StartScripted, forwards: Path) -> LanguageClient:
    client = scripted(scripts=SCRIPTS, forwards_file=str(forwards))
    options = {"completion": {"suggestions": 3, "deadlineMs": 20_000, "alternativesMs": 20_000, "recall": False}}
    client.initialize(trace="verbose", options=options)
    client.open(URI, TEXT)
    return client


def items(client: LanguageClient, character: int, line: int = 1) -> list[dict[str, Any]]:
    found = client.wait(client.begin_inline(URI, line, character)).result
    assert found is not None
    result: list[dict[str, Any]] = found["items"]
    return result


def insert(client: LanguageClient, version: int, character: int, text: str) -> None:
    spot = {"line": 1, "character": character}
    client.change(URI, version, {"range": {"start": spot, "end": spot}, "text": text})


def outcomes(client: LanguageClient, count: int) -> list[str]:
    traces = client.wait_received("$/logTrace", count)
    return [json.loads(one["verbose"])["request"]["outcome"] for one in traces]


def settled(forwards: Path, client: LanguageClient) -> int:
    """Forward passes so far, once no more come."""
    before = -1
    while before != (now := forwards.stat().st_size):
        before = now
        time.sleep(0.3 * patience())
    assert client.process.poll() is None
    return before


def test_typing_what_was_suggested_asks_the_model_nothing(client: LanguageClient, forwards: Path) -> None:
    assert items(client, 4)[0]["insertText"] == FIRST
    asked = settled(forwards, client)
    for index in range(1, len(FIRST)):
        insert(client, index, 3 + index, FIRST[index - 1])
        found = items(client, 4 + index)
        assert found[0]["insertText"] == FIRST[index:]
        assert found[0]["range"]["start"] == {"line": 1, "character": 4 + index}
        assert (len(found) == 2) == (index == 1)  # both begin with an r
    assert forwards.stat().st_size == asked
    assert outcomes(client, len(FIRST)) == ["answered"] + ["cached"] * (len(FIRST) - 1)


def test_going_back_asks_nothing_and_another_text_does(client: LanguageClient, forwards: Path) -> None:
    items(client, 4)
    asked = settled(forwards, client)
    insert(client, 1, 4, "r")
    client.change(URI, 2, {"range": {"start": START, "end": {"line": 1, "character": 5}}, "text": ""})
    assert items(client, 4)[0]["insertText"] == FIRST
    assert forwards.stat().st_size == asked
    insert(client, 3, 0, "x")  # left of the cursor
    items(client, 5)
    assert forwards.stat().st_size > asked


def test_changed_settings_ask_again(client: LanguageClient, forwards: Path) -> None:
    items(client, 4)
    asked = settled(forwards, client)
    settings = {"completion": {"suggestions": 1, "deadlineMs": 20_000, "alternativesMs": 20_000, "recall": False}}
    client.notify("workspace/didChangeConfiguration", {"settings": settings})
    assert [one["insertText"] for one in items(client, 4)] == [FIRST]
    assert forwards.stat().st_size > asked


def test_alternatives_are_no_beginnings_of_each_other(client: LanguageClient) -> None:
    assert [one["insertText"] for one in items(client, 4)] == [FIRST, SECOND]


def test_cycling_by_hand_gets_the_same_items(client: LanguageClient, forwards: Path) -> None:
    """VS Code asks again, as invoked, when somebody wants to see the next one."""
    shown = items(client, 4)
    asked = settled(forwards, client)
    again = client.wait(client.begin_inline(URI, 1, 4, triggerKind=1)).result["items"]
    assert again == shown  # names in reports, too
    assert forwards.stat().st_size == asked


def test_what_follows_an_accepted_suggestion_is_there_before_it_is_asked_for(
    client: LanguageClient, forwards: Path
) -> None:
    [first, *_] = items(client, 4)
    insert(client, 1, 4, FIRST)
    client.request("workspace/executeCommand", first["command"])
    asked = settled(forwards, client)
    assert items(client, 4 + len(FIRST)) == []  # the model has nothing to add, and is known to have nothing
    assert forwards.stat().st_size == asked
    assert outcomes(client, 2) == ["answered", "cached"]


def test_the_command_answers_whatever_it_is_given(client: LanguageClient) -> None:
    for arguments in (None, [], ["none"], [7], [{"a": 1}, "b"], ["1@0", "more"]):
        reply = client.request("workspace/executeCommand", {"command": "python-slm.didAccept", "arguments": arguments})
        assert reply.error is None
    client.notify("textDocument/didShowCompletion", {"item": {"command": {"arguments": [1]}}})
    client.notify("textDocument/didShowCompletion", None)
    client.notify("textDocument/didPartiallyAcceptCompletion", {"item": [], "acceptedLength": "3"})
    client.notify("textDocument/didPartiallyAcceptCompletion", {"acceptedLength": 3})
    assert items(client, 4)


def test_reports_of_a_word_and_of_all_are_understood(client: LanguageClient) -> None:
    [first, *_] = items(client, 4)
    client.notify("textDocument/didShowCompletion", {"item": first})
    insert(client, 1, 4, "return")
    client.notify("textDocument/didPartiallyAcceptCompletion", {"item": first, "acceptedLength": 6})
    [rest, *_] = items(client, 10)
    assert rest["insertText"] == FIRST[6:]
    insert(client, 2, 10, FIRST[6:])
    assert client.request("workspace/executeCommand", rest["command"]).error is None


IMPORTS = "import sys\n\n\ndef area(width):\n    "
NEEDED = "return os.fspath(width)"


@pytest.fixture
def importing(scripted: StartScripted) -> LanguageClient:
    """A document whose suggestion needs an import; the editor takes versioned edits."""
    return begin_importing(scripted, {"inlineCompletion": {}})


def begin_importing(scripted: StartScripted, shown: dict[str, Any]) -> LanguageClient:
    client = scripted(scripts={IMPORTS: [NEEDED]})
    client.answers["workspace/applyEdit"] = {"applied": True}
    client.initialize(
        options={
            "completion": {
                "suggestions": 1,
                "deadlineMs": 20_000,
                "alternativesMs": 20_000,
                "recall": False,
                "backOff": False,
            }
        },
        capabilities={
            "textDocument": shown,
            "workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True}},
        },
    )
    client.open(URI, IMPORTS)
    return client


def accept_import(client: LanguageClient) -> None:
    [item] = items(client, 4, line=4)
    assert item["insertText"] == NEEDED
    spot = {"line": 4, "character": 4}
    client.change(URI, 7, {"range": {"start": spot, "end": spot}, "text": NEEDED})
    assert client.request("workspace/executeCommand", item["command"]).error is None


def test_accepting_brings_the_import_as_an_edit_of_the_newest_version(importing: LanguageClient) -> None:
    accept_import(importing)
    [asked] = importing.received("workspace/applyEdit")
    [change] = asked["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": URI, "version": 7}
    [edit] = change["edits"]
    assert edit["range"]["start"] == edit["range"]["end"]
    assert edit["range"]["start"]["line"] <= 1
    assert edit["newText"] == "import os\n"


def test_typing_it_out_brings_nothing(importing: LanguageClient) -> None:
    items(importing, 4, line=4)
    for index, key in enumerate(NEEDED):
        spot = {"line": 4, "character": 4 + index}
        importing.change(URI, index + 1, {"range": {"start": spot, "end": spot}, "text": key})
    items(importing, 4 + len(NEEDED), line=4)
    assert importing.received("workspace/applyEdit") == []


def test_an_import_is_not_brought_where_the_lines_around_it_changed_meanwhile(importing: LanguageClient) -> None:
    [item] = items(importing, 4, line=4)
    importing.change(URI, 2, {"text": f"# new\n{IMPORTS}{NEEDED}"})
    importing.request("workspace/executeCommand", item["command"])
    assert importing.received("workspace/applyEdit") == []


def test_the_menu_brings_the_import_itself(scripted: StartScripted) -> None:
    importing = begin_importing(scripted, {})
    where = {"textDocument": {"uri": URI}, "position": {"line": 4, "character": 4}}
    [item] = importing.request("textDocument/completion", where).result["items"]
    assert [edit["newText"] for edit in item["additionalTextEdits"]] == ["import os\n"]
    assert importing.request("workspace/executeCommand", item["command"]).error is None
    assert importing.received("workspace/applyEdit") == []


def test_an_editor_that_applies_no_edits_is_asked_for_none(scripted: StartScripted) -> None:
    client = scripted(scripts={IMPORTS: [NEEDED]})
    client.initialize(options={"completion": {"deadlineMs": 20_000, "alternativesMs": 20_000, "recall": False}})
    client.open(URI, IMPORTS)
    accept_import(client)
    assert client.received("workspace/applyEdit") == []
