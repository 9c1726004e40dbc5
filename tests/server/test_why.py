"""What ``slm why`` tells of a trace."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from python_slm.cli.why import why
from python_slm.lsp.journal import Journal
from python_slm.lsp.story import story, verdict
from python_slm.places import state_folder

if TYPE_CHECKING:
    from pathlib import Path


def record(outcome: str = "answered", suggestions: int = 0, model: str = "slm 1", **more: Any) -> dict[str, Any]:
    """A trace as it is written, without what the test is not about."""
    request = {
        "method": "textDocument/inlineCompletion",
        "uri": "file:///p/app.py",
        "version": 3,
        "outcome": outcome,
        "suggestions": suggestions,
        "wait_ms": 34.2,
        "trigger": "typing",
        "path": "app.py",
        "line": 46,
        "column": 19,
        "reason": "",
    }
    work = more.pop("work", None)
    return {"at": "2026-11-21T10:00:00+00:00", "request": {**request, **more}, "model": model, "work": work}


def fate(characters: int = 0, *rulings: tuple[str, str, str], stopped: str = "stop") -> dict[str, Any]:
    listed = [
        {"check": check, "outcome": outcome, "reason": reason, "milliseconds": 0.1}
        for check, outcome, reason in rulings
    ]
    return {"new_tokens": 5, "stopped": stopped, "mean_logprob": -0.3, "characters": characters, "rulings": listed}


def work(*fates: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"prompt_tokens": 812, "reused_tokens": 790, "stages_ms": {"decode": 20.04}, "fates": list(fates), **more}


def test_a_dropped_suggestion_is_a_short_story() -> None:
    dropped = fate(0, ("parses", "kept", ""), ("names", "dropped", "a name that does not exist here"))
    told = story(record(work=work(dropped, context_tokens={"file": 640, "definitions": 172})))
    assert told.startswith("Asked at app.py:46:19 by typing, at ")
    assert told.splitlines()[1:] == [
        "The model wrote 1 suggestion in 34 ms; it was dropped by 'names': a name that does not exist here.",
        "Prompt: 812 tokens, 790 of them still in memory, by slm 1.",
        "Context, in tokens: file 640, definitions 172.",
        "Milliseconds: decode 20.0.",
    ]


def test_every_suggestion_has_its_line() -> None:
    told = story(
        record(
            suggestions=1,
            work=work(
                fate(12, ("show", "cut", "the rest is unlikely")),
                fate(0, ("postprocess", "dropped", "nothing to insert")),
                fate(0, ("parses", "kept", "")),
                fate(4, stopped="deadline"),
            ),
        )
    )
    assert told.splitlines()[1:6] == [
        "The model wrote 4 suggestions in 34 ms; 1 suggestion was shown:",
        "  1. shown (12 characters of 5 tokens); cut by 'show': the rest is unlikely.",
        "  2. dropped by 'postprocess': nothing to insert.",
        "  3. the same as another one.",
        "  4. shown (4 characters of 5 tokens, cut off by the deadline).",
    ]


@pytest.mark.parametrize(
    ("trace", "says", "in_short"),
    [
        (record("quiet", reason="text is selected"), "kept quiet: text is selected.", "quiet: text is selected"),
        (record("cached", 2), "2 suggestions were shown within 34 ms", "2 suggestions were shown, cached"),
        (record("superseded"), "You typed on", "superseded"),
        (record("cancelled"), "took the request back", "cancelled"),
        (record("deadline"), "completion.deadline_ms", "deadline"),
        (record("failed"), "--log-file", "failed"),
        (record(model=""), "'slm doctor'", "no model"),
        (record(work=work()), "had nothing to say", "nothing to say"),
        (
            record("answered", 1, work=work(fate(3))),
            "it was shown (3 characters of 5 tokens).",
            "1 suggestion was shown",
        ),
        (
            record(work=work(fate(0, ("names", "dropped", "no such name")))),
            "by 'names'",
            "dropped by 'names': no such name",
        ),
        (record("of-tomorrow"), "Asked at app.py", "of-tomorrow"),
    ],
)
def test_every_outcome_is_told(trace: dict[str, Any], says: str, in_short: str) -> None:
    assert says in story(trace)
    assert verdict(trace) == in_short


def test_an_empty_answer_from_the_cache_is_explained_by_the_request_that_it_repeats() -> None:
    dropped = record(work=work(fate(0, ("names", "dropped", "no such name"))))
    elsewhere = record(work=work(fate(0, ("calls", "dropped", "too many arguments"))), line=9)
    told = story(record("cached"), [elsewhere, dropped, elsewhere])
    assert "None was shown within 34 ms, from what the model wrote before.\nAt " in told
    assert "it was dropped by 'names': no such name." in told
    assert "too many arguments" not in told
    assert "by hand" in story(record("cached"), [elsewhere])
    assert "by hand" not in story(record("cached", 1), [])


@pytest.mark.parametrize("trace", [{"request": {}}, {"at": 3, "request": {"outcome": None}, "work": {"fates": [{}]}}])
def test_a_trace_of_another_version_is_told_as_far_as_it_goes(trace: dict[str, Any]) -> None:
    assert "Asked at ?:0:0" in story(trace)
    assert verdict(trace)


# The command


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(why, arguments)
    return result.exit_code, result.output


@pytest.fixture
def journal(home: Path) -> Journal:
    return Journal(state_folder())


def test_without_traces_it_says_what_to_look_at(home: Path) -> None:
    code, output = run()
    assert code == 1
    assert "slm doctor" in output


def test_the_last_request_is_told_in_words(journal: Journal) -> None:
    journal.note(record("superseded"), keep=True)
    journal.note(record("quiet", reason="text is selected"), keep=True)
    code, output = run()
    assert code == 0
    assert "kept quiet: text is selected." in output
    assert "superseded" not in output


def test_several_are_a_table(journal: Journal) -> None:
    for _ in range(3):
        journal.note(record("superseded"), keep=True)
    journal.note(record("quiet", reason="text is selected"), keep=True)
    code, output = run("-n", "3")
    assert code == 0
    lines = output.splitlines()
    assert len(lines) == 3
    assert lines[-1].endswith("quiet: text is selected")
    assert all("app.py:46:19" in line and "typing" in line and "34 ms" in line for line in lines)


def test_json_is_the_traces(journal: Journal) -> None:
    journal.note(record("superseded"), keep=True)
    journal.note(record("answered", 2), keep=True)
    code, output = run("--json", "-n", "5")
    assert code == 0
    assert [json.loads(line)["request"]["suggestions"] for line in output.splitlines()] == [0, 2]


def test_follow_tells_of_what_comes(journal: Journal) -> None:
    journal.note(record("superseded"), keep=True)
    command = [sys.executable, "-m", "python_slm", "why", "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert "superseded" in process.stdout.readline()
            time.sleep(0.5)
            journal.note(record("quiet", reason="text is selected"), keep=True)
            assert "quiet: text is selected" in process.stdout.readline()
        finally:
            process.kill()
