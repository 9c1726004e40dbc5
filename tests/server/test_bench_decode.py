"""``slm bench decode``: figures that add up, and a rival that gets the same weights."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from python_slm.bench.bandwidth import read_bandwidth
from python_slm.bench.decode import Ours, Times, best, by_turns, decode, measure, retyped
from python_slm.bench.llama import opened
from python_slm.engine.model import Model
from python_slm.errors import MissingExtraError
from tests.tiny_model import TINY, export_tiny

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return export_tiny(tmp_path / "model")


class Paced:
    """An engine that takes the times it is given, one after another, and counts its turns."""

    def __init__(self, *seconds: float) -> None:
        self.turns = 0
        self._seconds = seconds

    def time(self, ids: Sequence[int], new_tokens: int) -> Times:
        self.turns += 1
        second = self._seconds[(self.turns - 1) % len(self._seconds)]
        return Times(second * len(ids), second, second / new_tokens)


def test_figures_add_up(folder: Path) -> None:
    model = Model.load(folder, threads=1)
    found = measure(model, list(range(30, 130)), new_tokens=11, repeats=2)
    cache = 2 * 4 * TINY.layers * TINY.kv_heads * TINY.head_dim * 105
    assert found.bytes_a_token == model.manifest.files["model.int8.onnx"].bytes + cache
    assert 0 < found.share_of_limit < 1
    assert found.llama_cpp is None
    assert 0 < found.ours.step_s < 1
    assert 0 < found.ours.cold_s < 10


def test_typing_on_reads_only_what_is_new(folder: Path) -> None:
    """A hundred and ninety tokens against eight: it need not be precise."""
    found = by_turns([Ours(Model.load(folder, threads=1))], list(range(30, 228)), 2, 5)[0]
    assert found.reuse_s < found.cold_s / 2


def test_engines_take_turns_and_the_first_round_does_not_count() -> None:
    first, second = Paced(100, 1, 2, 3), Paced(5)
    found = by_turns([first, second], [1, 2, 3], 4, repeats=3)
    assert (first.turns, second.turns) == (4, 4)
    assert found == [Times(6, 2, 0.5), Times(15, 5, 1.25)]


def test_last_tokens_are_retyped() -> None:
    assert retyped(list(range(20))) == [*range(12), *range(8)]


def test_bandwidth_is_that_of_memory() -> None:
    """Between a gigabyte and ten terabytes a second: anything else is a mistake in units."""
    assert 1e9 < read_bandwidth(1 << 20, threads=1) < 1e13


def test_lines_name_threads_times_and_limit(folder: Path) -> None:
    asked = ["--model", str(folder), "--repeats", "1", "--prompt-tokens", "64", "--threads", "1"]
    result = CliRunner().invoke(decode, asked)
    assert result.exit_code == 0, result.output
    for expected in ("1 thread: 64 tokens ", "8 more ", "a token ", "of the limit", "GB/s", "load ", "give --gguf"):
        assert expected in result.output


def test_json_has_a_row_for_each_number_of_threads_and_length(folder: Path) -> None:
    asked = ["--model", str(folder), "--repeats", "1", "--new-tokens", "4", "--json"]
    lengths = ["--prompt-tokens", "32", "--prompt-tokens", "9999", "--prompt-tokens", "8888"]
    result = CliRunner().invoke(decode, asked + lengths)
    rows = json.loads(result.stdout)["rows"]
    assert [(row["threads"], row["prompt_tokens"]) for row in rows] == [
        (threads, length) for threads in (1, 2) for length in (32, TINY.context_length - 4)
    ]


def test_the_best_of_the_rivals_stands_beside(folder: Path) -> None:
    model = Model.load(folder, threads=1)
    found = measure(model, list(range(30, 62)), 4, 1, [Paced(2), Paced(1)])
    assert found.llama_cpp == Times(32, 1, 0.25)
    assert best([Times(1, 5, 3), Times(2, 4, 9)]) == Times(1, 4, 3)


def test_missing_llama_names_the_command(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr("python_slm.bench.llama.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match="pip install llama-cpp-python"):
        opened(folder / "model.gguf", 64, 1, flash=True)
