"""From a model folder with a calibration to findings in the server and on the command line."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from python_slm.bugs.candidates import KINDS
from python_slm.bugs.finder import Finder
from python_slm.lsp.models import LoadedModel
from python_slm.lsp.producers import PRODUCERS
from python_slm.settings import Settings
from python_slm.syntax.blocks import BlockIndex
from python_slm.text import Document
from python_slm_training.export.filter import install_bugs
from tests.tiny_bugs import tiny_calibration
from tests.tiny_model import export_tiny

if TYPE_CHECKING:
    from pathlib import Path

SWAPPED = "def move(x, y):\n    return x - y\n\n\ndef go(x, y):\n    return move(y, x)\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("model")
    model = export_tiny(where / "model")
    path = where / "bugs.json"
    path.write_text(tiny_calibration("across_both", *KINDS).to_json(), encoding="utf-8")
    install_bugs(path, model)
    return model


def test_a_model_without_a_calibration_or_with_all_kinds_off_is_not_loaded(tmp_path: Path) -> None:
    model = export_tiny(tmp_path / "model")
    assert Finder.load(model) is None
    path = tmp_path / "bugs.json"
    path.write_text(tiny_calibration("across_both", *KINDS, on=False).to_json(), encoding="utf-8")
    install_bugs(path, model)
    assert Finder.load(model) is None


def test_a_real_model_finds_what_names_give_away(folder: Path) -> None:
    finder = Finder.load(folder, device="cpu", threads=1)
    assert finder is not None
    (finding,) = finder.find(BlockIndex.of(SWAPPED), path="m.py")
    assert finding.code == "swapped-arguments"
    assert finder.find(BlockIndex.of(SWAPPED), path="tests/test_m.py") == []


def test_the_server_asks_the_finder_of_its_model_when_settings_do(folder: Path) -> None:
    producer = next(one for one in PRODUCERS if one.name == "bugs")
    document = Document("file:///m.py", SWAPPED)
    snapshot: Any = SimpleNamespace(document=document, path="m.py", block_index=lambda: BlockIndex.of(document.text))
    nothing: Any = None
    loaded = LoadedModel(nothing, "tiny", nothing, nothing, lambda: Finder.load(folder, device="cpu", threads=1))

    def session(model: LoadedModel | None, *, on: bool = True) -> Any:
        return SimpleNamespace(model=model, settings=Settings.from_dict({"diagnostics": {"bugs": on}}))

    assert [one.code for one in producer.find(session(loaded), snapshot, lambda: False)] == ["swapped-arguments"]
    assert producer.find(session(None), snapshot, lambda: False) == []
    assert producer.find(session(LoadedModel(nothing, "", nothing, nothing)), snapshot, lambda: False) == []
    assert not producer.wanted(session(loaded, on=False))
    assert json.loads((folder / "manifest.json").read_text("utf-8"))["files"]["bugs.json"]["bytes"] > 0
