"""What is kept of how suggestions were taken, and that it can be read, bounded and forgotten."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from python_slm.cli.history import history as command
from python_slm.history import History, Shown
from python_slm.places import state_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def shown(life: str = "accepted", at: int = 1_795_000_000_000) -> Shown:
    return Shown(life, at, 900, 12, 12, 0, {"mean_logprob": -0.25, "rank": 0.0})


def kept(home: Path, lives: Sequence[str]) -> History:
    """The user's own history, with these lives."""
    history = History(state_folder())
    for life in lives:
        history.add(shown(life))
    return history


def test_what_was_added_can_be_read(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(shown("accepted"))
    History(tmp_path).add(shown("rejected"))
    assert [row["life"] for row in history.read()] == ["accepted", "rejected"]
    assert history.read()[0]["features"] == {"mean_logprob": -0.25, "rank": 0.0}


def test_only_figures_and_the_life_are_kept(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(shown())
    row = json.loads(history.path.read_text())
    assert isinstance(row.pop("life"), str)
    assert all(isinstance(value, int | float) for value in [*row.pop("features").values(), *row.values()])


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX")
def test_only_the_user_can_read_it(tmp_path: Path) -> None:
    history = History(tmp_path, most_bytes=1)
    for _ in range(3):
        history.add(shown())
    assert stat.S_IMODE(history.path.stat().st_mode) == 0o600


def test_the_older_half_goes_when_it_gets_long(tmp_path: Path) -> None:
    history = History(tmp_path, most_bytes=10_000)
    for at in range(500):
        history.add(shown(at=at))
    rows = history.read()
    assert history.path.stat().st_size <= 10_000
    assert rows[-1]["shown_at_ms"] == 499
    assert [row["shown_at_ms"] for row in rows] == list(range(500 - len(rows), 500))
    assert list(tmp_path.iterdir()) == [history.path]


def test_a_line_cut_short_is_left_out(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(shown())
    with history.path.open("a") as file:
        file.write('{"life": "acc\n[]\n')
    history.add(shown("typed"))
    assert [row["life"] for row in history.read()] == ["accepted", "typed"]


# The command


def test_it_is_summed_up(home: Path) -> None:
    kept(home, ["accepted", "rejected", "rejected", "typed"])
    output = CliRunner().invoke(command).output
    assert "4 suggestions since 2026-11-18" in output
    assert " 25.0 % accepted\n" in output
    assert " 50.0 % not wanted\n" in output


def test_it_is_forgotten_on_demand(home: Path) -> None:
    history = kept(home, ["accepted", "rejected"])
    assert CliRunner().invoke(command, ["--clear"]).output == "2 suggestions forgotten\n"
    assert not history.path.exists()
    output = CliRunner().invoke(command).output
    assert str(history.path) in output
    assert "history.keep" in output
