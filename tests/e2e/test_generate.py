"""``python-slm/generate`` over the real protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import StartScripted

GENERATE = "python-slm/generate"
DOCSTRING = '    """Add two numbers."""\n'
SCRIPTS = {"def add_two_numbers(": ["a, b"], DOCSTRING: ["    return a + b\n"]}
WISH = {"description": "Add two numbers.", "maxTokens": 200}


def test_a_function_comes_in_parts_and_then_whole(scripted: StartScripted) -> None:
    client = scripted(scripts=SCRIPTS, token_ms=20)
    client.initialize()
    done = client.request(GENERATE, {**WISH, "partialResultToken": "mine"}).result
    assert done["text"] == 'def add_two_numbers(a, b):\n    """Add two numbers."""\n    return a + b\n'
    assert done["parses"]
    assert done["tokens"] > 0
    parts = [one["value"]["text"] for one in client.received("$/progress") if one["token"] == "mine"]
    assert len(parts) > 2
    assert all(done["text"].startswith(part.rstrip()) for part in parts)


def test_it_can_be_cancelled(scripted: StartScripted) -> None:
    client = scripted(scripts={**SCRIPTS, DOCSTRING: ["    a = 1\n" * 50]}, token_ms=50)
    client.initialize()
    number = client.begin(GENERATE, WISH)
    client.cancel(number)
    error = client.wait(number).error
    assert error is not None
    assert error["code"] == -32800


@pytest.mark.parametrize(
    ("params", "message"),
    [({}, "description"), ({"description": "  "}, "description"), ({**WISH, "maxTokens": 0}, "maxTokens")],
)
def test_what_cannot_be_done_is_refused(scripted: StartScripted, params: dict[str, Any], message: str) -> None:
    client = scripted()
    client.initialize()
    error = client.request(GENERATE, params).error
    assert error is not None
    assert message in error["message"]
