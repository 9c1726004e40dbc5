"""``slm bench decode``: figures that add up, and a rival that gets the same weights."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from python_slm.bench.bandwidth import read_bandwidth
from python_slm.bench.decode import decode, measure
from python_slm.bench.llama import require_llama
from python_slm.engine.model import Model
from python_slm.errors import MissingExtraError
from tests.tiny_model import TINY, export_tiny

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return export_tiny(tmp_path / "model")


def test_figures_add_up(folder: Path) -> None:
    model = Model.load(folder, threads=1)
    found = measure(model, list(range(30, 130)), new_tokens=11, repeats=2)
    assert found.step_s == pytest.approx(found.decode_s / 10)
    cache = 2 * 4 * TINY.layers * TINY.kv_heads * TINY.head_dim * 105
    assert found.bytes_a_token == model.manifest.files["model.int8.onnx"].bytes + cache
    assert 0 < found.share_of_limit < 1
    assert found.prefill_s > 0


def test_bandwidth_is_that_of_memory() -> None:
    """Between a gigabyte and ten terabytes a second: anything else is a mistake in units."""
    assert 1e9 < read_bandwidth(1 << 20, threads=1) < 1e13


def test_lines_name_model_rates_and_limit(folder: Path) -> None:
    result = CliRunner().invoke(decode, ["--model", str(folder), "--repeats", "1", "--prompt-tokens", "64"])
    assert result.exit_code == 0, result.output
    for expected in ("tiny 0.0.0", "prefill: ", "(64 tokens in", "decode: ", "tokens/s", "limit: ", "no comparison"):
        assert expected in result.output


def test_json_holds_the_same(folder: Path) -> None:
    asked = ["--model", str(folder), "--repeats", "1", "--prompt-tokens", "9999", "--new-tokens", "4", "--json"]
    result = CliRunner().invoke(decode, asked)
    found = json.loads(result.stdout)
    assert (found["prompt_tokens"], found["new_tokens"]) == (TINY.context_length - 4, 4)


def test_missing_llama_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("python_slm.bench.llama.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match="pip install llama-cpp-python"):
        require_llama()
