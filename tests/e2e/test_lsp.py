"""The protocol as editors speak it, through pytest-lsp's client."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator  # noqa: TC003 - pytest-lsp reads the annotations

import pytest
import pytest_lsp
from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities
from pytest_lsp.client import register_lsp_features

URI = "file:///project/area.py"
TEXT = "# größe 🐍\ndef area(width, height):\n    wid\n\n\nprint(area(1, 2))\n"
SCRIPTS = {
    "def area(width, height):\n    wid": ["th = height", "er = width", "get = None"],
    "🐍 = ": ["'snake'"],
    "def area(width, height):\n    ": ["for _ in range(width):\n        print(height)"],
}
SERVER = [sys.executable, "-m", "tests.e2e.scripted_server", json.dumps({"scripts": SCRIPTS})]


class Editor(LanguageClient):
    """pytest-lsp's client, and what it told the server of itself."""

    encoding: types.PositionEncodingKind
    shows_ghost_text: bool
    result: types.InitializeResult


def make_editor() -> Editor:
    editor = Editor(converter_factory=default_converter)
    register_lsp_features(editor)
    return editor


def capabilities(encoding: types.PositionEncodingKind, *, inline: bool) -> types.ClientCapabilities:
    found = client_capabilities("neovim")
    found.general = types.GeneralClientCapabilities(position_encodings=[encoding])
    assert found.text_document is not None
    found.text_document.inline_completion = types.InlineCompletionClientCapabilities() if inline else None
    return found


@pytest_lsp.fixture(  # type: ignore[untyped-decorator]
    config=ClientServerConfig(server_command=SERVER, client_factory=make_editor),
    params=[pytest.param((types.PositionEncodingKind.Utf16, True), id="VS Code")],
)
async def client(lsp_client: Editor, request: pytest.FixtureRequest) -> AsyncIterator[None]:
    encoding, inline = request.param
    result = await lsp_client.initialize_session(
        types.InitializeParams(
            capabilities=capabilities(encoding, inline=inline),
            initialization_options={
                "completion": {"recall": False, "deadlineMs": 10_000, "alternativesMs": 10_000}
            },  # the script alone
            workspace_folders=[types.WorkspaceFolder(uri="file:///project", name="project")],
        )
    )
    lsp_client.encoding = encoding
    lsp_client.shows_ghost_text = inline
    lsp_client.result = result
    open_document(lsp_client, URI, TEXT)
    yield
    await lsp_client.shutdown_session()


def open_document(client: Editor, uri: str, text: str) -> None:
    item = types.TextDocumentItem(uri=uri, language_id="python", version=1, text=text)
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))


async def inline(
    client: Editor,
    line: int,
    character: int,
    *,
    kind: types.InlineCompletionTriggerKind = types.InlineCompletionTriggerKind.Automatic,
    selected: types.SelectedCompletionInfo | None = None,
    uri: str = URI,
) -> list[types.InlineCompletionItem]:
    found = await client.text_document_inline_completion_async(
        types.InlineCompletionParams(
            text_document=types.TextDocumentIdentifier(uri),
            position=types.Position(line, character),
            context=types.InlineCompletionContext(kind, selected),
        )
    )
    assert isinstance(found, types.InlineCompletionList)
    return list(found.items)


def spot(line: int, start: int, end: int) -> types.Range:
    return types.Range(types.Position(line, start), types.Position(line, end))


async def test_server_advertises_what_it_does(client: Editor) -> None:
    offered = client.result.capabilities
    assert offered.inline_completion_provider == types.InlineCompletionOptions()
    assert offered.completion_provider is not None
    assert offered.position_encoding == client.encoding
    assert isinstance(offered.text_document_sync, types.TextDocumentSyncOptions)
    assert offered.text_document_sync.change == types.TextDocumentSyncKind.Incremental
    assert client.result.server_info is not None
    assert client.result.server_info.name == "python-slm"


@pytest.mark.parametrize("kind", list(types.InlineCompletionTriggerKind))
async def test_ghost_text_offers_alternatives_likeliest_first(
    client: Editor, kind: types.InlineCompletionTriggerKind
) -> None:
    items = await inline(client, 2, 7, kind=kind)
    assert items[0].insert_text == "th = height"
    assert {item.insert_text for item in items} == {"th = height", "er = width", "get = None"}
    assert all(item.range == spot(2, 7, 7) for item in items)


async def test_ghost_text_may_have_several_lines(client: Editor) -> None:
    change(client, 2, spot(2, 4, 7), "")
    items = await inline(client, 2, 4)
    assert items[0].insert_text == "for _ in range(width):\n        print(height)"


def change(client: Editor, version: int, where: types.Range, text: str) -> None:
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(version, URI),
            [types.TextDocumentContentChangePartial(where, text)],
        )
    )


async def test_ghost_text_continues_the_entry_selected_in_the_menu(client: Editor) -> None:
    selected = types.SelectedCompletionInfo(spot(2, 4, 7), "width")
    [item, *_] = await inline(client, 2, 7, selected=selected)
    assert item.insert_text == "width = height"
    assert item.range == spot(2, 4, 7)


@pytest.mark.parametrize(
    "client",
    [pytest.param((encoding, True), id=encoding.value) for encoding in types.PositionEncodingKind],
    indirect=True,
)
async def test_positions_count_in_the_negotiated_encoding(client: Editor) -> None:
    text = "# größe 🐍 = "
    open_document(client, "file:///project/snake.py", text)
    unit = {"utf-8": len(text.encode()), "utf-16": len(text) + 1, "utf-32": len(text)}[client.encoding.value]
    [item, *_] = await inline(client, 0, unit, uri="file:///project/snake.py")
    assert item.insert_text == "'snake'"
    assert item.range == spot(0, unit, unit)


without_ghost_text = pytest.mark.parametrize(
    "client", [pytest.param((types.PositionEncodingKind.Utf16, False), id="no ghost text")], indirect=True
)


async def menu(client: Editor, line: int, character: int) -> types.CompletionList:
    found = await client.text_document_completion_async(
        types.CompletionParams(types.TextDocumentIdentifier(URI), types.Position(line, character))
    )
    assert isinstance(found, types.CompletionList)
    return found


@without_ghost_text
async def test_menu_has_the_same_suggestions_as_ghost_text(client: Editor) -> None:
    found = await menu(client, 2, 7)
    assert found.is_incomplete
    first = found.items[0]
    assert first.label == "width = height"
    assert first.filter_text == "width = height"  # begins with the word before the cursor, or clients drop it
    assert first.text_edit == types.TextEdit(spot(2, 4, 7), "width = height")
    assert first.insert_text_format == types.InsertTextFormat.PlainText
    assert first.kind == types.CompletionItemKind.Text
    ghosts = {item.insert_text for item in await inline(client, 2, 7)}
    assert {item.text_edit.new_text for item in found.items if item.text_edit} == {f"wid{ghost}" for ghost in ghosts}


@without_ghost_text
async def test_menu_comes_before_other_servers(client: Editor) -> None:
    items = (await menu(client, 2, 7)).items
    assert [item.sort_text or "" for item in items] == sorted(item.sort_text or "" for item in items)
    assert [bool(item.preselect) for item in items] == [True, False, False]
    assert all((item.sort_text or "") < "0" for item in items)


async def test_menu_is_left_to_others_where_there_is_ghost_text(client: Editor) -> None:
    assert client.shows_ghost_text
    assert not (await menu(client, 2, 7)).items
    assert await inline(client, 2, 7) != []


@without_ghost_text
async def test_menu_documents_suggestions_of_several_lines_with_the_whole_text(client: Editor) -> None:
    change(client, 2, spot(2, 4, 7), "")
    [first, *_] = (await menu(client, 2, 4)).items
    assert first.label == "for _ in range(width):"
    assert first.kind == types.CompletionItemKind.Text  # Helix expands what calls itself a snippet
    assert isinstance(first.documentation, types.MarkupContent)
    assert "print(height)" in first.documentation.value


async def test_closed_document_gets_nothing(client: Editor) -> None:
    client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(URI)))
    assert await inline(client, 2, 7) == []
