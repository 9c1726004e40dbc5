"""Code actions over the real protocol: kinds, disabled ones, lazy edits, versions, what follows an extraction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from python_slm.bench.client import LanguageClient
    from tests.e2e.conftest import StartScripted

URI = "file:///project/shop.py"
TEXT = '''"""A shop."""


def total(prices, rate):
    net = sum(prices)
    return net + net * rate
'''
LAZY = {"dataSupport": True, "resolveSupport": {"properties": ["edit", "command"]}}
ACTIONS = {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}, "disabledSupport": True}
VERSIONED = {"workspaceEdit": {"documentChanges": True}}


def started(
    scripted: StartScripted, *, lazy: bool = True, versioned: bool = True, **capabilities: Any
) -> LanguageClient:
    client = scripted()
    actions = {**ACTIONS, **(LAZY if lazy else {})}
    document = {"codeAction": actions, **capabilities.pop("textDocument", {})}
    workspace = VERSIONED if versioned else {}
    client.initialize(capabilities={"textDocument": document, "workspace": workspace, **capabilities})
    client.open(URI, TEXT, 1)
    return client


def span(text: str, part: str, *, nth: int = 0) -> dict[str, Any]:
    """The LSP range of ``part`` in an ASCII text."""
    start = -1
    for _ in range(nth + 1):
        start = text.index(part, start + 1)

    def at(offset: int) -> dict[str, int]:
        return {"line": text.count("\n", 0, offset), "character": offset - text.rfind("\n", 0, offset) - 1}

    return {"start": at(start), "end": at(start + len(part))}


def menu(
    client: LanguageClient, where: dict[str, Any], *, only: list[str] | None = None, trigger: int = 1, uri: str = URI
) -> list[dict[str, Any]]:
    context: dict[str, Any] = {"diagnostics": [], "triggerKind": trigger}
    if only is not None:
        context["only"] = only
    reply = client.request(
        "textDocument/codeAction", {"textDocument": {"uri": uri}, "range": where, "context": context}
    )
    assert reply.error is None, reply.error
    found: list[dict[str, Any]] = reply.result
    return found


def applied(text: str, action: dict[str, Any]) -> str:
    """``text`` after the edit of an action; ASCII only."""
    edit = action["edit"]
    edits = edit["documentChanges"][0]["edits"] if "documentChanges" in edit else edit["changes"][URI]
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)

    def offset(place: dict[str, int]) -> int:
        return starts[place["line"]] + place["character"]

    ordered = sorted(edits, key=lambda each: offset(each["range"]["start"]))  # an insert before what it stands by
    for one in ordered[::-1]:
        text = text[: offset(one["range"]["start"])] + one["newText"] + text[offset(one["range"]["end"]) :]
    return text


def titled(actions: list[dict[str, Any]], title: str) -> dict[str, Any]:
    found = [one for one in actions if one["title"] == title]
    assert found, [one["title"] for one in actions]
    return found[0]


def test_an_extraction_is_offered_for_what_is_selected_with_its_edit(scripted: StartScripted) -> None:
    client = started(scripted)
    action = titled(menu(client, span(TEXT, "net * rate")), "Extract variable")
    assert action["kind"] == "refactor.extract.variable"
    assert action["edit"]["documentChanges"][0]["textDocument"] == {"uri": URI, "version": 1}
    after = applied(TEXT, action)
    assert "    extracted = net * rate\n    return net + extracted\n" in after
    assert "command" not in action  # this client knows none that asks for a name


def test_a_client_without_versions_gets_plain_changes(scripted: StartScripted) -> None:
    client = started(scripted, versioned=False)
    action = titled(menu(client, span(TEXT, "net * rate")), "Extract variable")
    assert list(action["edit"]) == ["changes"]


def test_a_client_that_can_rename_is_asked_to_after_an_extraction(scripted: StartScripted) -> None:
    client = started(scripted, experimental={"commands": {"commands": ["python-slm.rename"]}})
    action = titled(menu(client, span(TEXT, "net * rate")), "Extract variable")
    assert action["command"]["command"] == "python-slm.rename"
    [where] = action["command"]["arguments"]
    lines = applied(TEXT, action).split("\n")
    assert where["uri"] == URI
    assert lines[where["position"]["line"]][where["position"]["character"] :].startswith("extracted = ")


@pytest.mark.parametrize(
    ("only", "kinds"),
    [
        (["refactor.extract.variable"], {"refactor.extract.variable"}),
        (["refactor.extract"], {"refactor.extract"}),
        (["refactor.extr"], set()),
        (["source.organizeImports"], {"source.organizeImports.ruff"}),
        (["source.organizeImports.other"], set()),
    ],
)
def test_only_kinds_that_are_asked_for_come(scripted: StartScripted, only: list[str], kinds: set[str]) -> None:
    client = started(scripted)
    found = {one["kind"] for one in menu(client, span(TEXT, "net * rate"), only=only)}
    assert bool(found) == bool(kinds)
    assert all(any(kind == one or kind.startswith(f"{one}.") for one in kinds) for kind in found)


def test_what_cannot_be_done_says_why_to_who_asks_for_refactorings(scripted: StartScripted) -> None:
    client = started(scripted)
    asked = menu(client, span(TEXT, "prices, rate"), only=["refactor.extract.variable"])
    assert "expression" in asked[0]["disabled"]["reason"]
    assert "edit" not in asked[0]
    assert not [one for one in menu(client, span(TEXT, "prices, rate")) if "disabled" in one]


def test_a_light_bulb_is_not_lit_by_refactorings(scripted: StartScripted) -> None:
    client = started(scripted)
    assert menu(client, span(TEXT, "net * rate"), trigger=2) == []


def test_an_edit_for_a_text_that_has_changed_is_refused(scripted: StartScripted, errors: Path) -> None:
    client = started(scripted)
    [action] = menu(client, span(TEXT, "prices"), only=["source.organizeImports"])
    assert "edit" not in action
    client.change(URI, 2, {"text": TEXT + "\n"})
    reply = client.request("codeAction/resolve", action)
    assert reply.error is not None
    assert reply.error["code"] == -32801
    client.end()
    assert errors.read_text() == ""  # it is nothing to log


def test_a_client_that_cannot_wait_for_edits_gets_them_at_once_or_no_action(scripted: StartScripted) -> None:
    client = started(scripted, lazy=False)
    assert menu(client, span(TEXT, "prices"), only=["source.fixAll"]) == []
    assert all("edit" in one for one in menu(client, span(TEXT, "net * rate")) if one["kind"].startswith("refactor"))


def test_actions_of_a_half_typed_file_leave_the_broken_part_alone(scripted: StartScripted) -> None:
    client = started(scripted)
    text = TEXT + "\n\ndef half(\n"
    client.change(URI, 2, {"text": text})
    action = titled(menu(client, span(text, "net * rate")), "Extract variable")
    assert applied(text, action).endswith("\n\ndef half(\n")


def test_an_unknown_document_has_no_actions(scripted: StartScripted) -> None:
    client = started(scripted)
    assert menu(client, span(TEXT, "prices"), uri="file:///project/other.py") == []
