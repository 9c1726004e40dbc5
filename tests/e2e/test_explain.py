"""``python-slm.explain`` and renaming over the real protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.e2e.test_code_actions import ACTIONS, LAZY, VERSIONED, menu, span

if TYPE_CHECKING:
    from pathlib import Path

    from python_slm.bench.client import LanguageClient
    from tests.e2e.conftest import StartScripted

TEXT = '''"""A shop."""


def total(prices, rate):
    net = sum(prices)
    if net < 0:
        raise ValueError(rate)
    return net + net * rate
'''
URI = "file:///project/shop.py"


def opened(scripted: StartScripted, *commands: str) -> LanguageClient:
    client = scripted()
    experimental = {"commands": {"commands": list(commands)}}
    document = {"codeAction": {**ACTIONS, **LAZY}}
    client.initialize(capabilities={"textDocument": document, "workspace": VERSIONED, "experimental": experimental})
    client.open(URI, TEXT, 1)
    return client


def explained(client: LanguageClient, where: Any) -> str:
    reply = client.request("workspace/executeCommand", {"command": "python-slm.explain", "arguments": [where]})
    assert reply.error is None, reply.error
    return str(reply.result["text"])


def test_a_function_is_explained_by_what_its_code_says(scripted: StartScripted) -> None:
    client = opened(scripted)
    text = explained(client, {"uri": URI, "position": span(TEXT, "net <")["start"]})
    assert "`total` is a function that takes `prices` and `rate`." in text
    assert "It returns `net + net * rate`." in text
    assert "It raises `ValueError` if `net < 0`." in text
    assert "It calls `sum`." in text
    assert client.received("window/showMessage") == []


def test_where_there_is_nothing_to_explain_that_is_said(scripted: StartScripted) -> None:
    client = opened(scripted)
    assert "cursor" in explained(client, {"uri": URI, "position": {"line": 1, "character": 0}})
    assert "Nothing to explain" in explained(client, {"uri": URI})
    assert "not open" in explained(client, {"uri": "file:///nowhere.py"})
    assert "not open" in explained(client, 7)


def test_the_action_is_the_clients_own_command_where_it_has_one(scripted: StartScripted) -> None:
    client = opened(scripted, "python-slm.showExplanation")
    [action] = menu(client, span(TEXT, "net <"), only=["source.explain"])
    assert action["title"] == "Explain total"
    assert action["command"]["command"] == "python-slm.showExplanation"


def test_without_one_the_explanation_is_shown_as_a_message(scripted: StartScripted) -> None:
    client = opened(scripted)
    [action] = menu(client, span(TEXT, "net <"), only=["source.explain"])
    client.request("workspace/executeCommand", action["command"])
    [told] = client.wait_received("window/showMessage")
    assert "- total is a function that takes prices and rate." in told["message"]


def test_a_local_variable_is_renamed_everywhere_at_once(scripted: StartScripted) -> None:
    client = opened(scripted)
    place = {"textDocument": {"uri": URI}, "position": span(TEXT, "net <")["start"]}
    assert client.request("textDocument/prepareRename", place).result["placeholder"] == "net"
    edit = client.request("textDocument/rename", {**place, "newName": "gross"}).result
    [changes] = edit["documentChanges"]
    assert changes["textDocument"] == {"uri": URI, "version": 1}
    assert [one["newText"] for one in changes["edits"]] == ["gross"] * 4


def test_a_name_that_is_taken_is_refused_with_the_reason(scripted: StartScripted) -> None:
    client = opened(scripted)
    place = {"textDocument": {"uri": URI}, "position": span(TEXT, "total")["start"]}
    assert "workspace folder" in client.request("textDocument/rename", {**place, "newName": "sums"}).error["message"]  # type: ignore[index]
    assert "keyword" in client.request("textDocument/rename", {**place, "newName": "if"}).error["message"]  # type: ignore[index]


def test_what_other_files_use_is_renamed_there_too(scripted: StartScripted, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(TEXT, encoding="utf-8")
    (tmp_path / "till.py").write_text("from shop import total\n\nprint(total([1], 2))\n", encoding="utf-8")
    client = scripted()
    folders = [{"uri": tmp_path.as_uri(), "name": "project"}]
    client.initialize(capabilities={"workspace": VERSIONED}, workspaceFolders=folders)
    uri = (tmp_path / "shop.py").as_uri()
    client.open(uri, TEXT, 1)
    place = {"textDocument": {"uri": uri}, "position": span(TEXT, "total")["start"]}
    reply = client.request("textDocument/rename", {**place, "newName": "sums"}, timeout_s=60)
    assert reply.error is None, reply.error
    edits = {one["textDocument"]["uri"]: one for one in reply.result["documentChanges"]}
    assert len(edits[uri]["edits"]) == 1
    assert edits[uri]["textDocument"]["version"] == 1
    assert len(edits[(tmp_path / "till.py").as_uri()]["edits"]) == 2
    fresh = TEXT.replace("return net", "return fresh(net)") + "\n\ndef fresh(net):\n    return net\n"
    client.change(uri, 2, {"text": fresh})
    new = {"textDocument": {"uri": uri}, "position": span(fresh, "fresh(net):")["start"], "newName": "same"}
    [changes] = client.request("textDocument/rename", new).result["documentChanges"]
    assert len(changes["edits"]) == 2  # what is on no disk needs no saving
    reply = client.request("textDocument/rename", {**place, "newName": "sums"})
    assert reply.error is not None
    assert "save shop.py first" in reply.error["message"]
