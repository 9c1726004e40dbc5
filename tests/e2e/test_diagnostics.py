"""Diagnostics over the real protocol, from a real ruff: pulled and pushed, half typed, with its server killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from python_slm.bench.client import LanguageClient
from tests.e2e.conftest import SLM, patience

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.conftest import StartScripted

TEXT = "import os\n\n\ndef area(width):\n    return width * hight\n"
PUSH = {"textDocument": {"publishDiagnostics": {"versionSupport": True}}}
PULL = {
    "textDocument": {"diagnostic": {}, "publishDiagnostics": {"relatedInformation": True}},
    "workspace": {"diagnostics": {"refreshSupport": True}},
}


class Editor:
    """A client with one open document, as an editor is one."""

    def __init__(self, client: LanguageClient, folder: Path, text: str = TEXT, **how: Any) -> None:
        self.client = client
        self.folder = folder
        self.uri = (folder / "a.py").as_uri()
        self.version = 1
        capabilities = how.pop("capabilities", PUSH)
        options = {"diagnostics": {"delayMs": 50, **how.pop("diagnostics", {})}}
        self.server = client.initialize(
            capabilities=capabilities, options=options, rootUri=folder.as_uri(), workspaceFolders=None, **how
        )
        client.open(self.uri, text, 1)

    def type(self, line: int, character: int, text: str, *, over: int = 0) -> None:
        """Insert at a place, in place of ``over`` characters."""
        self.version += 1
        start, end = {"line": line, "character": character}, {"line": line, "character": character + over}
        self.client.change(self.uri, self.version, {"range": {"start": start, "end": end}, "text": text})

    def pull(self, result: str | None = None) -> dict[str, Any]:
        """What the server answers when asked."""
        asked = {"textDocument": {"uri": self.uri}, "previousResultId": result}
        found: dict[str, Any] = self.client.request("textDocument/diagnostic", asked, 20 * patience()).result
        return found

    def pushed(self, wanted: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """What is pushed of this version, once it is as wanted; fails with what was pushed last."""
        end = time.monotonic() + 10 * patience()
        while time.monotonic() < end:
            sent = self.client.received("textDocument/publishDiagnostics")
            mine = [one for one in sent if one["uri"] == self.uri and one.get("version") in (None, self.version)]
            if mine and wanted(mine[-1]["diagnostics"]):
                found: list[dict[str, Any]] = mine[-1]["diagnostics"]
                return found
            time.sleep(0.02)
        raise AssertionError([codes(one["diagnostics"]) for one in sent][-3:])

    def pushed_codes(self, *wanted: str) -> list[dict[str, Any]]:
        """What is pushed of this version, once it has these codes, in order of their places."""
        return self.pushed(lambda found: codes(found) == list(wanted))

    def ruff(self) -> psutil.Process:
        """The server of ruff that works for this one."""
        end = time.monotonic() + 10 * patience()
        while time.monotonic() < end:
            for child in psutil.Process(self.client.process.pid).children():
                if "ruff" in child.name():
                    return child
            time.sleep(0.02)
        raise AssertionError("no ruff server")


def codes(found: list[dict[str, Any]]) -> list[str]:
    return [one["code"] for one in found]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project that asks for pyflakes."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "ruff.toml").write_text('lint.select = ["F"]\n')
    return project


def test_findings_are_pushed_with_their_version_and_go_when_they_are_mended(
    scripted: StartScripted, folder: Path
) -> None:
    editor = Editor(scripted(), folder)
    unused, undefined = editor.pushed_codes("F401", "F821")
    assert unused["source"] == "ruff"
    assert unused["tags"] == [1]
    assert unused["codeDescription"]["href"].endswith("/unused-import")
    assert (unused["severity"], undefined["severity"]) == (2, 1)
    assert undefined["range"] == {"start": {"line": 4, "character": 19}, "end": {"line": 4, "character": 24}}
    editor.type(4, 19, "width", over=5)
    editor.pushed_codes("F401")
    editor.type(0, 0, "", over=9)
    editor.pushed_codes()


def test_findings_are_pulled_and_the_client_is_told_to_ask_again_for_what_is_late(
    scripted: StartScripted, folder: Path
) -> None:
    late = TEXT + "    print(width)\n"
    editor = Editor(scripted(), folder, late, capabilities=PULL, diagnostics={"delayMs": 300})
    assert editor.server["diagnosticProvider"]["interFileDependencies"] is False
    first = editor.pull()
    assert (first["kind"], codes(first["items"])) == ("full", ["F401", "F821"])
    editor.client.wait_received("workspace/diagnostic/refresh", 1, 10 * patience())
    second = editor.pull(first["resultId"])
    assert codes(second["items"]) == ["F401", "F821", "unreachable-code"]
    assert editor.pull(second["resultId"]) == {"kind": "unchanged", "resultId": second["resultId"]}
    assert editor.client.received("textDocument/publishDiagnostics") == []
    time.sleep(1.5)
    assert len(editor.client.received("workspace/diagnostic/refresh")) == 1


def test_a_client_that_cannot_be_told_to_ask_again_is_pushed_everything(scripted: StartScripted, folder: Path) -> None:
    editor = Editor(scripted(), folder, TEXT + "    print(width)\n", capabilities={"textDocument": {"diagnostic": {}}})
    editor.pushed_codes("F401", "F821", "unreachable-code")
    assert editor.pull()["items"] == []


def test_a_pull_is_about_the_newest_version(scripted: StartScripted, folder: Path) -> None:
    editor = Editor(scripted(), folder, capabilities=PULL)
    for _ in range(3):
        editor.type(0, 0, "\n")
    assert [one["range"]["start"]["line"] for one in editor.pull()["items"]] == [3, 7]


def test_related_places_are_told(scripted: StartScripted, folder: Path) -> None:
    twice = "def area():\n    pass\n\n\ndef area():\n    pass\n"
    [again] = Editor(scripted(), folder, twice, capabilities=PULL).pull()["items"]
    [related] = again["relatedInformation"]
    assert related["location"]["range"]["start"] == {"line": 0, "character": 4}


def test_a_broken_line_hides_nothing_else(scripted: StartScripted, folder: Path) -> None:
    editor = Editor(scripted(), folder, TEXT + "\n\ndef volume(side):\n    return side\n")
    editor.pushed_codes("F401", "F821")
    editor.type(8, 15, " * (")
    _, undefined, broken = editor.pushed_codes("F401", "F821", "syntax-error")
    assert broken["message"] == "'(' was never closed"
    assert broken["range"]["start"] == {"line": 8, "character": 18}
    assert broken["severity"] == 1
    assert undefined["range"]["start"] == {"line": 4, "character": 19}
    editor.type(8, 19, "side)")
    editor.pushed_codes("F401", "F821")


def test_nothing_is_said_of_the_word_that_is_being_typed(scripted: StartScripted, folder: Path) -> None:
    editor = Editor(scripted(), folder, "def area(width):\n    return width\n", capabilities=PULL)
    assert editor.pull()["items"] == []
    editor.type(1, 16, " * hei")
    assert editor.pull()["items"] == []
    editor.client.wait_received("workspace/diagnostic/refresh", 1, 10 * patience())
    assert codes(editor.pull()["items"]) == ["F821"]


def test_columns_are_the_clients_beside_emoji_and_carriage_returns(scripted: StartScripted, folder: Path) -> None:
    text = '"é😀"; print(one)\r\nfor two in "😀", three: pass\r\n'
    first, second = Editor(scripted(), folder, text).pushed_codes("F821", "F821")
    assert first["range"] == {"start": {"line": 0, "character": 13}, "end": {"line": 0, "character": 16}}
    assert second["range"] == {"start": {"line": 1, "character": 17}, "end": {"line": 1, "character": 22}}


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 16), ("utf-32", 12)])
def test_columns_are_counted_as_was_agreed(scripted: StartScripted, folder: Path, encoding: str, column: int) -> None:
    capabilities = {**PULL, "general": {"positionEncodings": [encoding]}}
    [one] = Editor(scripted(), folder, '"é😀"; print(one)\n', capabilities=capabilities).pull()["items"]
    assert one["range"]["start"] == {"line": 0, "character": column}


def test_the_projects_configuration_is_read_again_when_it_changes(scripted: StartScripted, folder: Path) -> None:
    watching: dict[str, Any] = {"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}}, **PUSH}
    editor = Editor(scripted(), folder, capabilities=watching)
    editor.pushed_codes("F401", "F821")
    [asked] = editor.client.wait_received("client/registerCapability", 1)
    [registration] = asked["registrations"]
    assert {"globPattern": "**/*.toml"} in registration["registerOptions"]["watchers"]
    (folder / "ruff.toml").write_text('lint.select = ["F821", "D103"]\n')
    changes = {"changes": [{"uri": (folder / "ruff.toml").as_uri(), "type": 2}]}
    editor.client.notify("workspace/didChangeWatchedFiles", changes)
    editor.pushed_codes("D103", "F821")
    (folder / "ruff.toml").write_text("lint.select = [\n")
    editor.client.notify("workspace/didChangeWatchedFiles", changes)
    [told] = editor.client.wait_received("window/showMessage", 1)
    assert "ruff" in told["message"]


def test_severities_are_the_users_and_change_with_the_settings(scripted: StartScripted, folder: Path) -> None:
    severity = {"F": "hint", "F82": "information", "F401": "off"}
    editor = Editor(scripted(), folder, diagnostics={"severity": severity})
    [one] = editor.pushed_codes("F821")
    assert one["severity"] == 3
    change: dict[str, Any] = {"settings": {"python-slm": {"diagnostics": {"ruff": False}}}}
    editor.client.notify("workspace/didChangeConfiguration", change)
    editor.pushed_codes()
    change = {"settings": {"python-slm": {"diagnostics": {"severity": {"F401": "error"}}}}}
    editor.client.notify("workspace/didChangeConfiguration", change)
    first, _ = editor.pushed_codes("F401", "F821")
    assert first["severity"] == 1
    change = {"settings": {"python-slm": {"diagnostics": {"enable": False}}}}
    editor.client.notify("workspace/didChangeConfiguration", change)
    editor.pushed_codes()


def test_what_an_edit_leaves_alone_moves_along_and_what_it_touches_is_gone(
    scripted: StartScripted, folder: Path
) -> None:
    late = "def area(width):\n    return width\n    print(width)\n"
    editor = Editor(scripted(), folder, late, capabilities=PULL, diagnostics={"delayMs": 30})
    editor.client.wait_received("workspace/diagnostic/refresh", 1, 10 * patience())
    assert codes(editor.pull()["items"]) == ["unreachable-code"]
    change = {"settings": {"python-slm": {"diagnostics": {"delayMs": 60_000}}}}
    editor.client.notify("workspace/didChangeConfiguration", change)  # nothing is looked for any more but by ruff
    editor.pull()
    editor.type(0, 0, "# area\n")
    editor.pull()
    editor.type(3, 5, "x")
    assert "unreachable-code" not in codes(editor.pull()["items"])


def test_a_closed_document_has_no_findings(scripted: StartScripted, folder: Path) -> None:
    editor = Editor(scripted(), folder)
    editor.pushed_codes("F401", "F821")
    editor.client.notify("textDocument/didClose", {"textDocument": {"uri": editor.uri}})
    editor.pushed_codes()


@pytest.mark.parametrize(("name", "language"), [("a.py", "javascript"), ("secrets.py", "python")])
def test_nothing_is_said_of_other_languages_and_of_secrets(
    scripted: StartScripted, folder: Path, name: str, language: str
) -> None:
    editor = Editor(scripted(), folder, capabilities=PULL)
    uri = (folder / name).as_uri() + "x" * (name == "a.py")
    item = {"uri": uri, "languageId": language, "version": 1, "text": TEXT}
    editor.client.notify("textDocument/didOpen", {"textDocument": item})
    found = editor.client.request("textDocument/diagnostic", {"textDocument": {"uri": uri}}).result
    assert found["items"] == []


def test_a_dead_ruff_server_is_replaced_and_its_death_hides_nothing(
    scripted: StartScripted, folder: Path, errors: Path
) -> None:
    editor = Editor(scripted(), folder)
    editor.pushed_codes("F401", "F821")
    first = editor.ruff()
    first.kill()
    first.wait(10)
    editor.type(4, 0, "    print(lost)\n")  # before another may be started: a process of its own finds this
    editor.pushed_codes("F401", "F821", "F821")
    time.sleep(0.5)
    editor.type(4, 0, "    print(lost)\n")
    editor.pushed_codes("F401", "F821", "F821", "F821")
    assert editor.ruff().pid != first.pid
    assert "ruff server" in errors.read_text()


def test_a_ruff_server_that_hangs_is_replaced(scripted: StartScripted, folder: Path) -> None:
    editor = Editor(scripted(), folder)
    editor.pushed_codes("F401", "F821")
    hanging = editor.ruff()
    hanging.suspend()
    editor.type(4, 0, "    print(lost)\n")
    editor.pushed_codes("F401", "F821", "F821")
    hanging.wait(10)


def test_ruffs_server_ends_with_ours_even_when_ours_is_killed(scripted: StartScripted, folder: Path) -> None:
    editor = Editor(scripted(), folder)
    editor.pushed_codes("F401", "F821")
    child = editor.ruff()
    os.kill(editor.client.process.pid, signal.SIGKILL)
    child.wait(10 * patience())


def test_without_ruff_all_else_goes_on_and_the_log_says_so_once(folder: Path, errors: Path) -> None:
    program = "import tests.e2e.without_ruff"
    with errors.open("ab") as file, LanguageClient([sys.executable, "-c", program], stderr=file) as client:
        late = TEXT + "    print(width)\n"
        editor = Editor(client, folder, late)
        editor.pushed_codes("unreachable-code")
        editor.type(4, 4, "(")
        editor.pushed(lambda found: "syntax-error" in codes(found))
        assert client.end() == 0
    assert errors.read_text().count("ruff is not installed") == 1


def test_a_document_that_is_too_long_is_left_alone_until_it_is_shorter(
    scripted: StartScripted, folder: Path, errors: Path
) -> None:
    editor = Editor(scripted(), folder)
    editor.pushed_codes("F401", "F821")
    editor.type(0, 0, "#" * 1_000_000 + "\n")
    editor.pushed_codes()
    assert "no diagnostics" in errors.read_text()
    editor.type(0, 0, "", over=1_000_000)
    editor.pushed_codes("F401", "F821")


def test_slm_lsp_itself_finds_the_same(folder: Path) -> None:
    with LanguageClient([*SLM, "lsp"], stderr=subprocess.DEVNULL) as client:
        Editor(client, folder).pushed_codes("F401", "F821")
