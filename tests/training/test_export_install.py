"""An export that is killed at any moment leaves a folder that loads as before, as after, or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from python_slm.engine.manifest import verify
from python_slm.errors import ModelMissingError
from python_slm_training.export.folder import Provenance, write_manifest
from python_slm_training.export.install import install, staging
from tests.tiny_model import TINY

ROOT = Path(__file__).parents[2]
OLD = {"tokenizer.json": "old tokenizer", "model.int4.onnx": "old graph", "model.gguf": "old gguf"}
NEW = {"tokenizer.json": "new tokenizer", "model.int8.onnx": "new graph", "evaluation.json": "{}", "README.md": "card"}
KILLED = """
import os, signal, sys
from pathlib import Path
from python_slm_training.export.install import install

changes = 0

def count(event, arguments):
    global changes
    if event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir"):
        changes += 1
        if changes > int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
install(Path(sys.argv[1]), Path(sys.argv[2]), stale=["model.fp32.onnx"])
"""


def write(folder: Path, files: dict[str, str], graph: str, version: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    others = [name for name in files if name != "README.md"]
    write_manifest(folder, TINY, {"cpu": graph}, Provenance("tiny", version), others)
    return folder


def test_killed_at_any_change_it_never_loads_half(tmp_path: Path) -> None:
    """Killed before the first change to the file system, before the second, and so on until it survives."""
    versions = []
    for survived in range(40):
        out = write(tmp_path / f"out-{survived}", OLD, "model.int4.onnx", "old")
        (out / "__init__.py").write_text("")
        staged = write(out / ".export", NEW, "model.int8.onnx", "new")
        arguments: list[str | Path] = [sys.executable, "-c", KILLED, staged, out, str(survived)]
        done = subprocess.run(arguments, cwd=ROOT, check=False, capture_output=True)
        try:
            versions.append(verify(out).version)
        except ModelMissingError:
            versions.append("none")
        assert (out / "__init__.py").exists()
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert versions[0] == "old"
    assert versions[-1] == "new"
    assert versions[1:-1] == ["none"] * (len(versions) - 2)
    assert len(versions) >= 7
    left = sorted(path.name for path in (tmp_path / f"out-{survived}").iterdir() if path.is_file())
    assert left == sorted([*NEW, "__init__.py", "manifest.json"])


def test_exporting_again_mends_what_a_killed_export_left(tmp_path: Path) -> None:
    out = write(tmp_path / "out", OLD, "model.int4.onnx", "old")
    write(out / ".export", {"model.int8.onnx": "half"}, "model.int8.onnx", "half")
    (out / "manifest.json").unlink()
    with staging(out) as staged:
        assert list(staged.iterdir()) == []
        write(staged, NEW, "model.int8.onnx", "new")
        install(staged, out)
    assert verify(out).version == "new"
    assert not (out / ".export").exists()


def test_refused_export_leaves_no_folder_behind(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="refused"), staging(tmp_path / "out"):
        raise RuntimeError("refused")
    assert list(tmp_path.iterdir()) == []


def test_manifest_of_others_removes_no_file_outside(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("")
    out = tmp_path / "out"
    out.mkdir()
    (out / "manifest.json").write_text('{"files": {"../precious": {}, "model.gguf": {}}}')
    with staging(out) as staged:
        install(write(staged, NEW, "model.int8.onnx", "new"), out)
    assert (tmp_path / "precious").exists()
