"""Hovers over the real protocol: what a diagnostic means, and what a name stands for."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.test_code_actions import span

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from python_slm.bench.client import LanguageClient
    from tests.e2e.conftest import StartScripted

TEXT = '''import sys
import json
from tools import helper

LIMIT = 3


class Shop:
    """Sells things."""

    def __init__(self, items: list[int], scale: float = 1.0) -> None:
        self.items = items
        self.scale = scale

    def total(self, tax: int = 0) -> int:
        """Adds it all up.

        Slowly.
        """
        return sum(self.items) + tax + LIMIT


def use(shop: Shop) -> str:
    net = shop.total()
    helper(net)
    return json.dumps(net)
'''
TOOLS = 'def helper(number, *, base=10):\n    """Helps a lot.\n\n    In many ways.\n    """\n'


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "tools.py").write_text(TOOLS, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def hover(module_scripted: StartScripted, project: Path) -> Callable[..., str]:
    client = module_scripted()
    hovers = {"hover": {"contentFormat": ["markdown", "plaintext"]}}
    folders = [{"uri": project.as_uri(), "name": "project"}]
    client.initialize(capabilities={"textDocument": hovers}, workspaceFolders=folders)
    numbers = itertools.count()

    def hover_at(text: str, part: str, *, nth: int = 0) -> str:
        uri = (project / f"open{next(numbers)}.py").as_uri()
        client.open(uri, text, 1)
        return said(client, uri, text, part, nth=nth)

    return hover_at


def said(client: LanguageClient, uri: str, text: str, part: str, *, nth: int = 0) -> str:
    """What the hover at the beginning of ``part`` says; empty where there is none. Waits for ruff's answer first."""
    where = span(text, part, nth=nth)
    context = {"diagnostics": [], "only": ["quickfix"]}
    client.request("textDocument/codeAction", {"textDocument": {"uri": uri}, "range": where, "context": context})
    reply = client.request("textDocument/hover", {"textDocument": {"uri": uri}, "position": where["start"]})
    assert reply.error is None, reply.error
    found: dict[str, Any] | None = reply.result
    return str(found["contents"]["value"]) if found else ""


def test_a_diagnostic_comes_with_the_documentation_of_its_rule(hover: Callable[..., str]) -> None:
    text = hover(TEXT, "sys")
    assert text.startswith("**F401** (ruff): `sys` imported but unused")
    assert "**What it does**\nChecks for unused imports." in text
    assert "https://docs.astral.sh/ruff/rules/unused-import" in text
    assert "## Example" not in text


@pytest.mark.parametrize(
    ("part", "nth", "wanted"),
    [
        ("tax", 1, "(parameter) tax: int = 0"),
        ("LIMIT", 1, "(variable) LIMIT = 3"),
        ("net", 1, "(variable) net = shop.total()"),
        ("Shop", 1, "class Shop:\n```\n\nSells things."),
        ("use", 0, "def use(shop: Shop) -> str:"),
        ("items)", 0, "(variable) self.items = items"),
        ("sum", 0, "(builtin) def sum(iterable, /, start=0)"),
    ],
)
def test_names_of_the_file_are_told_without_asking_anybody(
    hover: Callable[..., str], part: str, nth: int, wanted: str
) -> None:
    assert wanted in hover(TEXT, part, nth=nth)


def test_a_method_has_its_whole_docstring(hover: Callable[..., str]) -> None:
    text = hover(TEXT, "total(self")
    assert "def total(self, tax: int=0) -> int:" in text
    assert text.endswith("Adds it all up.\n\nSlowly.")


def test_an_imported_name_is_told_by_the_file_that_defines_it(hover: Callable[..., str]) -> None:
    text = ""
    for _ in range(10):  # the resolver's process takes seconds for its first answer
        text = text if "def helper" in text else hover(TEXT, "helper(net)")
    assert "def helper(number, *, base=10):" in text
    assert "Helps a lot.\n\nIn many ways." in text
    assert "def dumps(obj" in hover(TEXT, "dumps") or "def dumps(obj" in hover(TEXT, "dumps")


def test_a_half_typed_function_hides_nothing(hover: Callable[..., str]) -> None:
    half = TEXT + "\n\ndef half(shop):\n    shop = Shop(\n"
    assert "Sells things." in hover(half, "Shop(\n")
    assert "Adds it all up." in hover(half, "total(self")
    assert "F401" in hover(half, "sys")


@pytest.mark.parametrize("part", ["return", "Adds", "= 3", '"""Sells'])
def test_what_is_no_name_has_no_hover(hover: Callable[..., str], part: str) -> None:
    assert hover(TEXT, part) == ""


def test_a_client_that_shows_plain_text_gets_plain_text(scripted: StartScripted) -> None:
    client = scripted()
    client.initialize(capabilities={"textDocument": {"hover": {"contentFormat": ["plaintext"]}}})
    client.open("file:///project/plain.py", TEXT, 1)
    text = said(client, "file:///project/plain.py", TEXT, "sys")
    assert text.startswith("F401 (ruff): sys imported but unused")
    assert "`" not in text
    assert "**" not in text
