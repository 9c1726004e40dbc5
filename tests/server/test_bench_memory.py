"""``slm bench memory`` on a small project and a random model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from python_slm.bench.memory import memory
from tests.tiny_model import export_tiny

if TYPE_CHECKING:
    from pathlib import Path

FUNCTION = "def area_{0}(radius):\n    return square_{0}(radius)\n\n\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_tiny(tmp_path_factory.mktemp("model"), bits=None)


def ran(model: Path, project: Path, *arguments: str) -> str:
    common = ["--model", str(model), "--project", str(project), "--tokens", "20000", "--places", "4"]
    result = CliRunner().invoke(memory, [*common, *arguments], catch_exceptions=False)
    return result.output


def test_counts_and_times(model: Path, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.py").write_text("".join(FUNCTION.format(number) for number in range(20)), encoding="utf-8")
    found = json.loads(ran(model, tmp_path, "--json"))
    assert found["files"] == 3
    assert 3 * 20 * 45 < found["tokens"] < 3 * 20 * 55
    assert all(found[name] > 0 for name in ("lookup_us", "scan_us", "mix_us", "index_mb_s", "update_ms", "speedup"))
    assert found["places"] == found["same"] == 4
    assert 0 <= found["accepted"] <= found["drafted"]
    assert "× as fast" in ran(model, tmp_path)


def test_a_project_without_code_is_refused_with_a_way_out(model: Path, tmp_path: Path) -> None:
    assert "--project another folder" in ran(model, tmp_path)
