"""Quick fixes, silence and whole-file actions over the real protocol, with a real ruff."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.test_code_actions import applied, menu, span, started, titled

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_slm.bench.client import LanguageClient
    from tests.e2e.conftest import StartScripted

TEXT = """import sys
import os  # for the path
import json


def load(path):
    size = len(path)
    return json.loads(path)
"""
HALF = TEXT + "\n\ndef half(\n"


@pytest.fixture(scope="module")
def opened(module_scripted: StartScripted) -> Callable[[str], tuple[LanguageClient, str]]:
    """Opens a text in a server that all tests here share; the client and the document's URI."""
    client = started(module_scripted)
    numbers = itertools.count()

    def open_text(text: str) -> tuple[LanguageClient, str]:
        uri = f"file:///project/shared{next(numbers)}.py"
        client.open(uri, text, 1)
        return client, uri

    return open_text


def resolved(client: LanguageClient, action: dict[str, Any]) -> dict[str, Any]:
    reply = client.request("codeAction/resolve", action)
    assert reply.error is None, reply.error
    found: dict[str, Any] = reply.result
    return found


Opened = "Callable[[str], tuple[LanguageClient, str]]"


@pytest.mark.parametrize("text", [TEXT, HALF], ids=["whole", "half-typed"])
def test_a_safe_fix_is_preferred_and_leaves_the_rest_alone(opened: Any, text: str) -> None:
    client, uri = opened(text)
    action = titled(menu(client, span(text, "sys"), uri=uri), "Remove unused import: `sys` (F401)")
    assert action["kind"] == "quickfix"
    assert action["isPreferred"] is True
    assert applied(text, action) == text.replace("import sys\n", "")


def test_an_unsafe_fix_says_so_and_is_not_preferred(opened: Any) -> None:
    client, uri = opened(TEXT)
    actions = menu(client, span(TEXT, "size"), only=["quickfix"], uri=uri)
    [action] = [one for one in actions if "F841" in one["title"] and "Remove" in one["title"]]
    assert "may change what the code does" in action["title"]
    assert "isPreferred" not in action
    assert "size" not in applied(TEXT, action)


def test_a_cursor_anywhere_on_the_line_is_enough(opened: Any) -> None:
    client, uri = opened(TEXT)
    cursor = {"line": 0, "character": 0}
    actions = menu(client, {"start": cursor, "end": cursor}, only=["quickfix"], uri=uri)
    assert any("sys" in one["title"] for one in actions)


def test_silence_keeps_the_comment_that_is_there(opened: Any) -> None:
    client, uri = opened(TEXT)
    action = titled(menu(client, span(TEXT, "os"), uri=uri), "Ignore F401 on this line")
    assert "import os  # for the path  # noqa: F401\n" in applied(TEXT, action)


def test_what_comes_to_the_same_is_offered_once(opened: Any) -> None:
    text = 'def add(a, b):\n    """Adds.\n\n    Args:\n        a: One.\n        c: Other.\n    """\n    print(a)\n'
    client, uri = opened(text)
    titles: list[str] = []
    for _ in range(50):  # docstrings are looked at once typing pauses
        titles = [one["title"] for one in menu(client, span(text, "c: Other"), uri=uri)]
        if any("(renamed-parameter)" in one for one in titles):
            break
        time.sleep(0.1)
    assert "Update the docstring of add (renamed-parameter)" in titles
    assert "Update the docstring of add" not in titles


def test_all_of_a_kind_are_fixed_at_once(opened: Any) -> None:
    client, uri = opened(TEXT)
    action = resolved(client, titled(menu(client, span(TEXT, "sys"), uri=uri), "Fix all F401 in this file (2)"))
    assert applied(TEXT, action).startswith("import json\n")


@pytest.mark.parametrize("kind", ["source.fixAll", "source.fixAll.python-slm", "source.fixAll.ruff"])
def test_fix_all_makes_safe_fixes_alone(opened: Any, kind: str) -> None:
    client, uri = opened(TEXT)
    [action] = menu(client, span(TEXT, "sys"), only=[kind], uri=uri)
    after = applied(TEXT, resolved(client, action))
    assert after.startswith("import json\n")
    assert "size = len(path)" in after


def test_fix_all_on_saving_is_answered_though_it_is_called_automatic(opened: Any) -> None:
    client, uri = opened(TEXT)
    [action] = menu(client, span(TEXT, "sys"), only=["source.fixAll"], trigger=2, uri=uri)
    assert applied(TEXT, resolved(client, action)).startswith("import json\n")


def test_fix_all_of_a_half_typed_file_leaves_the_broken_part(opened: Any) -> None:
    client, uri = opened(HALF)
    [action] = menu(client, span(HALF, "sys"), only=["source.fixAll"], uri=uri)
    after = applied(HALF, resolved(client, action))
    assert after == HALF.replace("import sys\nimport os  # for the path\n", "")


def test_imports_are_organised_whatever_the_project_asks_of_ruff(opened: Any) -> None:
    client, uri = opened(TEXT)
    [action] = menu(client, span(TEXT, "sys"), only=["source.organizeImports"], uri=uri)
    assert action["kind"] == "source.organizeImports.ruff"
    assert applied(TEXT, resolved(client, action)).startswith("import json\nimport os  # for the path\nimport sys\n")


def test_actions_do_not_depend_on_the_diagnostics_that_a_client_sends_back(opened: Any) -> None:
    client, uri = opened(TEXT)
    assert menu(client, span(TEXT, "sys"), only=["quickfix"], uri=uri)  # sends none, as Monaco does


def test_a_light_bulb_shows_remedies_once_they_are_known(opened: Any) -> None:
    client, uri = opened(TEXT)
    menu(client, span(TEXT, "sys"), only=["quickfix"], uri=uri)  # waits until ruff has answered
    found = menu(client, span(TEXT, "sys"), trigger=2, uri=uri)
    assert {one["kind"] for one in found} == {"quickfix"}
    assert not any("Never" in one["title"] for one in found)


def test_a_kind_is_never_shown_again(opened: Any) -> None:
    client, uri = opened(TEXT)
    action = titled(menu(client, span(TEXT, "size"), uri=uri), "Never show F841 again")
    command = action["command"]
    client.request("workspace/executeCommand", {"command": command["command"], "arguments": command["arguments"]})
    assert not [one for one in menu(client, span(TEXT, "size"), uri=uri) if "F841" in one["title"]]
    [told] = client.received("window/showMessage")
    assert '"severity": {"F841": "off"}' in told["message"]
