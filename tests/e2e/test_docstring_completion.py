# ruff: noqa: E501 - docstrings within strings
"""A docstring begun by its quotes, against the real server: as ghost text, and in the menu."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from python_slm.bench.client import LanguageClient
    from tests.e2e.conftest import StartScripted

COMPLETION = {"deadlineMs": 20_000, "recall": False}
INDENTING = {"snippetSupport": True}  # as Helix: lines of a snippet are indented once more
KEEPING = {"snippetSupport": True, "insertTextModeSupport": {"valueSet": [1, 2]}}
SOURCE = (
    'def load(name, *, strict=False):\n    """|"""\n    if strict:\n        raise ValueError(name)\n    return name\n'
)
WRITTEN = (
    'def load(name, *, strict=False):\n    """Load.\n\n    Args:\n        name: The name.\n        strict: The strict flag.\n\n'
    "    Returns:\n        The result.\n\n    Raises:\n        ValueError: If ``strict``.\n"
    '    """\n    if strict:\n        raise ValueError(name)\n    return name\n'
)
STYLED = {
    "numpy": ('"""Do.\n\n    Parameters\n    ----------\n    a\n        First.\n    """', "    Parameters\n    ----------\n    name\n"),
    "sphinx": ('"""Do.\n\n    :param a: First.\n    """', "    :param name: The name.\n"),
    "epydoc": ('"""Do.\n\n    @param a: First.\n    """', "    @param name: The name.\n"),
}  # fmt: skip


def at(source: str) -> tuple[str, dict[str, int], int]:
    """The text without its ``|``, the position there, and the offset."""
    offset = source.index("|")
    before = source[:offset]
    return source.replace("|", ""), {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}, offset


@pytest.fixture
def client(scripted: StartScripted) -> LanguageClient:
    return scripted(scripts={})


def begin(client: LanguageClient, root: Path, **capabilities: Any) -> str:
    """Shake hands; the URI of a file in ``root``."""
    folder = {"uri": root.as_uri(), "name": "project"}
    client.initialize(options={"completion": COMPLETION}, workspaceFolders=[folder], capabilities=capabilities)
    return (root / "app.py").as_uri()


def menu(client: LanguageClient, uri: str, position: dict[str, int], character: str = '"') -> list[dict[str, Any]]:
    context = {"triggerKind": 2, "triggerCharacter": character}
    params = {"textDocument": {"uri": uri}, "position": position, "context": context}
    reply = client.request("textDocument/completion", params)
    assert reply.error is None
    found: list[dict[str, Any]] = reply.result["items"]
    return found


@pytest.mark.parametrize("source", [SOURCE, SOURCE.replace('|"""', "|")], ids=["closed", "not closed"])
def test_ghost_text_is_the_whole_docstring(client: LanguageClient, tmp_path: Path, source: str) -> None:
    text, position, offset = at(source)
    uri = begin(client, tmp_path)
    client.open(uri, text)
    (found,) = client.inline(uri, **position) or []
    assert text[:offset] + found + text[offset:] == WRITTEN


def test_the_menu_has_it_with_places_to_fill_in(client: LanguageClient, tmp_path: Path) -> None:
    text, position, offset = at(SOURCE)
    uri = begin(client, tmp_path, textDocument={"completion": {"completionItem": KEEPING}})
    client.open(uri, text)
    (item,) = menu(client, uri, position)
    assert item["insertTextFormat"] == 2
    assert item["textEdit"]["range"] == {"start": position, "end": position}
    snippet = item["textEdit"]["newText"]
    assert snippet.startswith("${1:Load.}\n\n    Args:\n        name: ${2:The name.}\n")
    plain = re.sub(r"\$\{\d+:([^}]*)\}", r"\1", snippet)
    assert text[:offset] + plain + text[offset:] == WRITTEN


@pytest.mark.parametrize("asked", [{}, INDENTING], ids=["no snippets", "snippets are indented"])
def test_other_clients_get_plain_text(client: LanguageClient, tmp_path: Path, asked: dict[str, Any]) -> None:
    text, position, offset = at(SOURCE)
    uri = begin(client, tmp_path, textDocument={"completion": {"completionItem": asked}})
    client.open(uri, text)
    (item,) = menu(client, uri, position)
    assert item["insertTextFormat"] == 1
    assert item["kind"] == 1  # Helix expands what calls itself a snippet
    assert text[:offset] + item["textEdit"]["newText"] + text[offset:] == WRITTEN


def test_a_quote_that_the_editor_paired_is_replaced(client: LanguageClient, tmp_path: Path) -> None:
    text, position, offset = at(SOURCE.replace('|"""', '|"'))
    uri = begin(client, tmp_path)
    client.open(uri, text)
    (item,) = menu(client, uri, position)
    assert item["textEdit"]["range"] == {"start": position, "end": {**position, "character": position["character"] + 1}}
    assert text[:offset] + item["textEdit"]["newText"] + text[offset + 1 :] == WRITTEN


@pytest.mark.parametrize("style", STYLED)
def test_files_beside_it_say_the_style(client: LanguageClient, tmp_path: Path, style: str) -> None:
    known, want = STYLED[style]
    functions = "".join(f"def f{number}(a):\n    {known}\n\n\n" for number in range(3))
    (tmp_path / "other.py").write_text(functions)
    text, position, offset = at(SOURCE)
    uri = begin(client, tmp_path)
    client.open(uri, text)
    (found,) = client.inline(uri, **position) or []
    assert want in text[:offset] + found + text[offset:]
    ast.parse(text[:offset] + found + text[offset:])


def test_enter_and_typing_on_a_snake_at_a_time(client: LanguageClient, tmp_path: Path) -> None:
    """UTF-16 columns, keys one by one: nothing before the third quote, the docstring from then on."""
    uri = begin(client, tmp_path)
    before = '# 🐍\ndef load(name="🐍"):\n    '
    for version, quotes in enumerate(['"', '""', '"""', '"""\n    ']):
        text = before + quotes
        client.open(uri, text, version)
        line, last = text.count("\n"), text.rpartition("\n")[2]
        found = client.inline(uri, line, len(last)) or []
        after = text + found[0] if found else ""
        assert bool(found) == quotes.startswith('"""'), quotes
        if found:
            function = ast.parse(after).body[0]
            assert isinstance(function, ast.FunctionDef)
            assert (ast.get_docstring(function) or "").startswith("Load.")


def test_a_quote_elsewhere_asks_for_nothing(client: LanguageClient, tmp_path: Path) -> None:
    uri = begin(client, tmp_path)
    client.open(uri, 'name = ""\n')
    assert menu(client, uri, {"line": 0, "character": 8}) == []
