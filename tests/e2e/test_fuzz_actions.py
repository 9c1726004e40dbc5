"""Random damage, random selections, every action, through a real server: no error, and no edit that breaks a file."""

from __future__ import annotations

import ast
import random
import sysconfig
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from python_slm.bench.actions import damaged, selection
from python_slm.text import Document, Position
from tests.e2e.test_code_actions import ACTIONS, LAZY, VERSIONED

if TYPE_CHECKING:
    from python_slm.bench.client import LanguageClient
    from tests.e2e.conftest import StartScripted

TRIALS = 12
"""Selections. More were tried once: see the lab log."""
FILES = ("textwrap.py", "bisect.py", "shlex.py", "fnmatch.py", "sched.py", "netrc.py")


def parses(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except (SyntaxError, ValueError):
            return False
    return True


def applied(document: Document, edit: dict[str, Any]) -> str:
    """UTF-16, as this client says nothing of its encoding."""
    text = document.text
    [one] = edit["documentChanges"]
    assert one["textDocument"] == {"uri": document.uri, "version": document.version}

    def offset(place: dict[str, int]) -> int:
        return document.offset_at(Position(**place), "utf-16")

    ordered = sorted(
        one["edits"], key=lambda each: offset(each["range"]["start"])
    )  # an insert before what it stands by
    for each in ordered[::-1]:
        text = text[: offset(each["range"]["start"])] + each["newText"] + text[offset(each["range"]["end"]) :]
    return text


def tried(client: LanguageClient, document: Document, start: int, end: int) -> int:
    """How many edits were made at a selection, each looked at."""
    first, last = (document.position_at(at, "utf-16") for at in (start, end))
    where = {"start": first.__dict__, "end": last.__dict__}
    params = {"textDocument": {"uri": document.uri}, "range": where, "context": {"diagnostics": [], "triggerKind": 1}}
    reply = client.request("textDocument/codeAction", params, timeout_s=60)
    assert reply.error is None, reply.error
    made = 0
    for action in reply.result:
        if "edit" not in action and "data" in action:
            resolved = client.request("codeAction/resolve", action, timeout_s=60)
            if resolved.error is not None:
                assert resolved.error["code"] == -32803, resolved.error  # it says why it cannot be done
                continue
            action = resolved.result  # noqa: PLW2901 - the same action
        if "edit" in action:
            made += 1
            after = applied(document, action["edit"])
            assert parses(after) or not parses(document.text), action["title"]
    return made


def test_no_action_of_a_real_server_breaks_a_file(module_scripted: StartScripted) -> None:
    client = module_scripted()
    client.initialize(capabilities={"textDocument": {"codeAction": {**ACTIONS, **LAZY}}, "workspace": VERSIONED})
    made = 0
    for trial in range(TRIALS):
        chance = random.Random(trial)
        file = Path(sysconfig.get_path("stdlib"), chance.choice(FILES))
        original = Document(f"file:///project/fuzz{trial}.py", file.read_text(encoding="utf-8"), 1)
        client.open(original.uri, original.text, 1)
        document = Document(original.uri, damaged(original.text, chance), 2)
        client.change(document.uri, 2, {"text": document.text})
        made += tried(client, document, *selection(document.text, chance))
        client.notify("textDocument/didClose", {"textDocument": {"uri": document.uri}})
    assert made >= TRIALS
