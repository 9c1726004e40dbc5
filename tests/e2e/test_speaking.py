"""When the real server keeps quiet, and that it says why: to the editor and to ``slm why``."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from python_slm.cli.history import history
from python_slm.cli.why import why

if TYPE_CHECKING:
    from pathlib import Path

    from python_slm.bench.client import LanguageClient
    from tests.e2e.conftest import StartScripted

URI = "file:///project/app.py"
BEFORE = "def area(width, height):\n    "
SAID = "return width * height"
PARTS = [f"def part_{number}():\n    " for number in range(6)]
SCRIPTS = {
    BEFORE: [SAID],
    "# width times ": ["height"],
    "# slm: on\ndef area():\n    ": ["return 1"],
    "def broken():\n    ": ["return )("],
    **{part: ["return None"] for part in PARTS},
}
COMPLETION = {"suggestions": 1, "deadlineMs": 20_000, "recall": False, "multiline": False}


@pytest.fixture
def client(scripted: StartScripted, home: Path) -> LanguageClient:
    client = scripted(scripts=SCRIPTS)
    root = {"uri": "file:///project", "name": "project"}
    client.initialize(options={"completion": COMPLETION, "history": {"keep": True}}, workspaceFolders=[root])
    return client


def settings(client: LanguageClient, **completion: Any) -> None:
    values = {"completion": {**COMPLETION, **completion}, "history": {"keep": True}}
    client.notify("workspace/didChangeConfiguration", {"settings": values})


def ask(client: LanguageClient, text: str, uri: str = URI, **context: Any) -> list[str] | None:
    """Ghost texts at the end of a document with this text."""
    client.open(uri, text)
    lines = text.split("\n")
    return client.inline(uri, len(lines) - 1, len(lines[-1]), **context)


def told(client: LanguageClient, count: int = 1) -> dict[str, Any]:
    """What the server says of its newest requests."""
    reply = client.request("workspace/executeCommand", {"command": "python-slm.why", "arguments": [count]})
    assert reply.error is None
    result: dict[str, Any] = reply.result
    return result


def reason(client: LanguageClient) -> str:
    """Why the newest request was not answered; empty if it was."""
    found: str = told(client)["requests"][-1]["request"]["reason"]
    return found


def test_files_and_places_that_are_not_to_be_spoken_in(client: LanguageClient) -> None:
    assert ask(client, BEFORE) == [SAID]
    assert reason(client) == ""

    assert ask(client, f"# slm: off\n{BEFORE}", triggerKind=1) == []
    assert reason(client) == "'# slm: off' in line 1"
    assert ask(client, f"# slm: off\n{BEFORE}pass\n# slm: on\ndef area():\n    ") == ["return 1"]

    assert ask(client, BEFORE, "file:///project/.env") == []
    assert reason(client) == "the file is one for secrets"

    assert ask(client, "# width times ") == ["height"]
    settings(client, inComments=False, exclude=["generated/"])
    assert ask(client, "# width times ") == []
    assert reason(client) == "the cursor is in a comment (completion.in_comments)"
    assert ask(client, "# width times ", triggerKind=1) == ["height"]

    assert ask(client, BEFORE, "file:///project/generated/app.py") == []
    assert reason(client) == "the file matches completion.exclude"
    assert ask(client, BEFORE, "file:///project/app/app.py") == [SAID]

    client.inline(URI, 0, 3)
    assert client.inline("file:///project/closed.py", 0, 0) == []
    assert reason(client) == "the document is not open"


def test_a_document_of_another_language_gets_nothing(client: LanguageClient) -> None:
    uri = "file:///project/a.toml"
    item = {"uri": uri, "languageId": "toml", "version": 0, "text": BEFORE}
    client.notify("textDocument/didOpen", {"textDocument": item})
    assert client.inline(uri, 1, 4) == []
    assert "completion.languages" in reason(client)


def test_nothing_is_offered_in_front_of_a_word_or_while_text_is_selected(client: LanguageClient) -> None:
    assert ask(client, BEFORE) == [SAID]
    assert client.inline(URI, 0, 2) == []
    assert reason(client) == "the cursor is in front of a word"

    start, end = {"line": 0, "character": 0}, {"line": 0, "character": 3}
    here = {"textDocument": {"uri": URI}}
    client.notify("python-slm/didChangeSelection", {**here, "ranges": [{"start": start, "end": end}]})
    assert client.inline(URI, 1, 4) == []
    assert reason(client) == "text is selected"
    client.notify("python-slm/didChangeSelection", {**here, "ranges": [{"start": end, "end": end}]})
    assert client.inline(URI, 1, 4) == [SAID]


@pytest.mark.parametrize("params", [None, {}, {"textDocument": {"uri": URI}}, {"ranges": 3}])
def test_a_selection_that_is_none_changes_nothing(client: LanguageClient, params: object) -> None:
    client.notify("python-slm/didChangeSelection", params)
    assert ask(client, BEFORE) == [SAID]


def test_unwanted_suggestions_in_a_row_bring_silence(client: LanguageClient) -> None:
    client.open(URI, "")
    for version, part in enumerate(PARTS[:5], 1):
        client.change(URI, version, {"text": part})
        assert client.inline(URI, 1, 4) == ["return None"]
        time.sleep(0.3)
    client.change(URI, 6, {"text": PARTS[5]})
    assert client.inline(URI, 1, 4) == []
    assert "were not wanted (completion.back_off)" in reason(client)
    assert client.inline(URI, 1, 4, triggerKind=1) == ["return None"]

    settings(client, backOff=False)
    assert client.inline(URI, 1, 4) == ["return None"]
    client.end()
    output = CliRunner().invoke(history).output
    assert "100.0 % not wanted" in output


def test_history_keeps_figures_alone(client: LanguageClient, home: Path) -> None:
    assert ask(client, BEFORE) == [SAID]
    start = {"line": 1, "character": 4}
    client.change(URI, 1, {"range": {"start": start, "end": start}, "text": SAID})
    client.request("shutdown")
    (line,) = (home / "state" / "history.jsonl").read_text().splitlines()
    row = json.loads(line)
    assert (row["life"], row["accepted_characters"]) == ("accepted", len(SAID))
    assert "width" not in line
    assert "app" not in line


# Why


def test_a_dropped_suggestion_is_explained_in_the_editor_and_on_the_command_line(client: LanguageClient) -> None:
    assert ask(client, "def broken():\n    ") == []
    found = told(client)
    client.end()
    assert "Asked at app.py:2:5 by typing" in found["text"]
    (fate,) = found["requests"][-1]["work"]["fates"]
    dropped = [ruling for ruling in fate["rulings"] if ruling["outcome"] == "dropped"]
    assert dropped
    told_in_terminal = CliRunner().invoke(why).output
    assert f"it was dropped by '{dropped[0]['check']}': {dropped[0]['reason']}" in told_in_terminal
    assert "def" not in told_in_terminal
    assert ")(" not in json.dumps(found)


def test_a_quiet_request_is_explained_on_the_command_line(client: LanguageClient) -> None:
    assert ask(client, f"# slm: off\n{BEFORE}") == []
    client.end()
    assert "The server kept quiet: '# slm: off' in line 1." in CliRunner().invoke(why).output


def test_nothing_is_kept_where_the_user_wants_no_traces(scripted: StartScripted, home: Path) -> None:
    client = scripted(scripts=SCRIPTS)
    client.initialize(options={"completion": COMPLETION, "trace": {"keep": False}})
    assert told(client) == {"text": "Nothing has been asked for since this server began.", "requests": []}
    assert ask(client, BEFORE) == [SAID]
    assert len(told(client, 5)["requests"]) == 1
    client.end()
    assert CliRunner().invoke(why).exit_code == 1
    assert not (home / "state" / "history.jsonl").exists()
