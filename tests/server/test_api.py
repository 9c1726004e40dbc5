"""The library on a small real model."""

from __future__ import annotations

import json
from dataclasses import replace
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


def test_a_projects_files_have_a_say_and_follow_the_disk(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "shapes.py").write_text("def area(width, height): ...\n")
    (project / "user.py").write_text("import main\nmain.total()\n")
    asked = settings(export_tiny(tmp_path / "model"))
    asked = replace(asked, context=replace(asked.context, importers=True, related=False))
    slm = PythonSLM.load(asked, project=project)
    text = "from shapes import area, volume\nvalue = "
    known = slm.complete(Document("file:///main.py", text), len(text), path="main.py").trace.known
    assert (known["definitions"], known["chunks"], known["memory"]) == (1, 1, 1)
    (project / "shapes.py").write_text("def area(width, height): ...\ndef volume(): ...\n")
    known = slm.complete(Document("file:///main.py", text), len(text), path="main.py").trace.known
    assert known["definitions"] == 2


def test_without_a_project_nothing_else_is_known(tmp_path: Path) -> None:
    slm = PythonSLM.load(settings(export_tiny(tmp_path)))
    assert set(slm.complete(Document("file:///a.py", "value = "), 8).trace.known.values()) == {0}
