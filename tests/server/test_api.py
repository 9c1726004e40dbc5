"""The library on a small real model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from python_slm import Document, ModelError, PythonSLM, Settings
from tests.tiny_model import export_tiny

if TYPE_CHECKING:
    from pathlib import Path


def settings(folder: Path) -> Settings:
    return Settings.from_dict({"model": {"path": str(folder), "threads": 1}, "completion": {"deadlineMs": 60_000}})


def test_completes_with_the_model_the_settings_name(tmp_path: Path) -> None:
    slm = PythonSLM.load(settings(export_tiny(tmp_path)))
    assert slm.decoder.model.vocab_size > 256
    for one in slm.complete(Document("file:///a.py", "value = "), 8, count=2).completions:
        assert (one.start, one.end) == (8, 8)


def test_refuses_a_model_of_another_prompt_version(tmp_path: Path) -> None:
    manifest = export_tiny(tmp_path) / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"prompt_version": 99}))
    with pytest.raises(ModelError, match="version 99"):
        PythonSLM.load(settings(tmp_path))
