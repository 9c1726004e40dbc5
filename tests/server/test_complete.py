"""Completion from buffer to checked edit, with a model that says what the test wants."""

from __future__ import annotations

from dataclasses import replace

from python_slm.engine.decode import Decoder
from python_slm.settings import CompletionSettings
from python_slm.tasks.complete import Answer, complete
from python_slm.text import Document
from tests.fakes import ScriptedModel

SETTINGS = CompletionSettings(deadline_ms=60_000, prompt_tokens=2048)


def ask(buffer: str, says: str, settings: CompletionSettings = SETTINGS) -> Answer:
    """Complete at ``|``; the model continues the text before the cursor with ``says``."""
    offset = buffer.index("|")
    text = buffer.replace("|", "", 1)
    model = ScriptedModel({text[max(0, offset - 12) : offset]: says})
    return complete(
        Document("", text), offset, decoder=Decoder(model), settings=settings, cancelled=lambda: False, path="m.py"
    )


def check(buffer: str, says: str, want: str | None) -> None:
    assert [one.text for one in ask(buffer, says).completions] == ([want] if want else [])


def test_completes_the_line() -> None:
    check("import os\nprint(os.|", "getcwd())\nprint(1)\n", "getcwd())")


def test_leaves_the_bracket_that_is_there() -> None:
    check("import os\nprint(os.|)\n", "getcwd())\n", "getcwd()")


def test_writes_the_body_of_a_new_block() -> None:
    check("def add(a, b):\n    |\n", "c = a + b\n    return c\n\n\nx = 1\n", "c = a + b\n    return c")


def test_writes_one_line_where_multiline_is_off() -> None:
    settings = replace(SETTINGS, multiline=False)
    [found] = ask("def add(a, b):\n    |\n", "c = a + b\n    return c\n", settings).completions
    assert found.text == "c = a + b"


def test_cuts_a_body_back_to_where_it_parses() -> None:
    check("def add(a, b):\n    |\n", "c = a + b\n    return (\n\nx = 1\n", "c = a + b")


def test_shows_nothing_that_breaks_a_buffer_that_parsed() -> None:
    check("value = 1|\n", " if x\n", None)


def test_shows_a_line_that_opens_a_block() -> None:
    check("items = []\n|\n", "for item in items:\n    print(item)\n", "for item in items:")


def test_works_while_the_buffer_does_not_parse() -> None:
    check("def broken(:\n\nvalue = 1\nprint(val|\n", "ue)\n", "ue)")


def test_says_nothing_when_the_model_has_nothing_to_say() -> None:
    check("value = 1\n|", "", None)


def test_trace_tells_tokens_and_milliseconds_of_every_stage() -> None:
    answer = ask("import os\nprint(os.|", "getcwd())\n")
    [found], [fate] = answer.completions, answer.trace.fates
    assert answer.trace.prompt_tokens > 20
    assert fate.new_tokens >= fate.characters == len("getcwd())")
    assert fate.stopped == "stop"
    assert set(answer.trace.stages_ms) == {"context", "prompt", "prefill", "decode", "check"}
    assert (found.start, found.end) == (19, 19)


def test_trace_tells_which_check_dropped_a_suggestion() -> None:
    [fate] = ask("value = 1|\n", " if x\n").trace.fates
    assert fate.characters == 0
    assert [(one.check, one.outcome) for one in fate.rulings] == [("parses", "dropped")]


def test_cancelled_gives_nothing() -> None:
    model = ScriptedModel({"x = ": "1"})
    asked = complete(
        Document("", "x = "), 4, decoder=Decoder(model), settings=SETTINGS, cancelled=lambda: True, path=""
    )
    assert asked.completions == ()
    assert model.forwards == 0
