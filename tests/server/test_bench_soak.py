"""The long run: what it finds is tested on answers that are wrong, and the whole of it on a real server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from python_slm.bench.soak import Figures, logged_errors, stale
from python_slm.cli import main
from python_slm.text import Document, Position
from tests.tiny_model import export_tiny

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT = Document("file:///a.py", "x = 1\ny = 22\n")


def item(line: int, start: int, end: int, text: str = "3") -> dict[str, Any]:
    return {
        "insertText": text,
        "range": {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}},
    }


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (item(1, 4, 4), ""),
        (item(1, 3, 6), ""),
        (item(0, 4, 4), "asked on line 1, answered for 0"),
        (item(1, 5, 5), "asked at 4 of 6, answered for 5"),
        (item(1, 4, 9), "asked at 4 of 6, answered for 4 to 9"),
        (item(1, 4, 4, "marker_00002"), "a name that was deleted 7 stints ago"),
        (item(1, 4, 4, "marker_00008"), ""),
    ],
)
def test_an_answer_that_does_not_belong_to_its_buffer_is_found(found: dict[str, Any], why: str) -> None:
    problem = stale(found, DOCUMENT, Position(1, 4), stints=9)
    assert problem.startswith(why)
    assert bool(problem) == bool(why)


def test_memory_is_compared_with_the_first_quarter() -> None:
    steady = Figures(40, 2, memory=[10, 50, *[100] * 38])
    growing = Figures(40, 2, memory=[100 + number for number in range(40)])
    assert steady.growth == 1
    assert steady.passed
    assert growing.growth > 1.2
    assert not growing.passed


def test_errors_of_the_log_count(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    entries = [{"level": "info", "message": "a"}, {"level": "error", "message": "b"}]
    entries += [{"level": "warning", "message": "c", "error": "Traceback"}]
    log.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    assert logged_errors(log) == ["b", "c"]
    assert not Figures(1, 1, errors=["b"], memory=[1]).passed


def test_a_minute_of_typing_at_a_real_server_finds_nothing(tmp_path: Path) -> None:
    model = export_tiny(tmp_path)
    asked = ["bench", "soak", "--minutes", "1", "--files", "3", "--interval-ms", "2", "--model", str(model), "--json"]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures["keys"] >= 200
    assert figures["answers"] + figures["superseded"] == figures["requests"]
    assert (figures["stale"], figures["errors"]) == ([], [])
