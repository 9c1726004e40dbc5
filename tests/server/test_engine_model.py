"""A model folder: verified, loaded, and clear about what is wrong with it."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime as ort
import pytest

from python_slm.engine.model import Manifest, Model, threads_for, verify
from python_slm.errors import ModelCorruptError, ModelError, ModelMissingError
from tests.tiny_model import TINY, export_tiny

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GRAPH = "model.int8.onnx"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return export_tiny(tmp_path / "model")


def edit_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    values = json.loads((folder / "manifest.json").read_text())
    change(values)
    (folder / "manifest.json").write_text(json.dumps(values))


def sign(folder: Path, name: str) -> None:
    """Make the manifest agree with a file as it is now."""
    data = (folder / name).read_bytes()
    entry = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    edit_manifest(folder, lambda values: values["files"].update({name: entry}))


# Verification


def test_whole_folder_verifies(folder: Path) -> None:
    manifest = verify(folder)
    assert (manifest.name, manifest.layers, manifest.context_length) == ("tiny", TINY.layers, TINY.context_length)


def test_folder_without_manifest_says_how_to_get_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match=r"manifest\.json: no such file.*slm export"):
        verify(tmp_path)


@pytest.mark.parametrize("name", [GRAPH, "tokenizer.json"])
@pytest.mark.parametrize("use", [verify, Model.load])
def test_missing_file_is_named(folder: Path, name: str, use: Callable[[Path], object]) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelMissingError, match=rf"{name}: No such file.*slm doctor"):
        use(folder)


@pytest.mark.parametrize("name", [GRAPH, "tokenizer.json"])
@pytest.mark.parametrize("use", [verify, Model.load])
def test_truncated_file_is_named_with_both_sizes(folder: Path, name: str, use: Callable[[Path], object]) -> None:
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[:-10])
    with pytest.raises(ModelCorruptError, match=rf"{name}: {len(data) - 10} bytes, the manifest says {len(data)}"):
        use(folder)


@pytest.mark.parametrize("use", [verify, Model.load])
def test_altered_byte_is_found(folder: Path, use: Callable[[Path], object]) -> None:
    data = bytearray((folder / GRAPH).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / GRAPH).write_bytes(data)
    with pytest.raises(ModelCorruptError, match=rf"{GRAPH}: sha256 differs from manifest; run 'slm doctor'"):
        use(folder)


@pytest.mark.parametrize("garbage", [b"", b"not a graph", b"\x08\x0a" * 500])
def test_garbage_with_the_right_sha256_is_corrupt(folder: Path, garbage: bytes) -> None:
    (folder / GRAPH).write_bytes(garbage)
    sign(folder, GRAPH)
    with pytest.raises(ModelCorruptError, match=rf"{GRAPH}: onnxruntime .* cannot load it"):
        Model.load(folder)


@pytest.mark.parametrize("size", ["layers", "kv_heads", "head_dim", "vocab_size"])
def test_graph_of_another_model_is_corrupt(folder: Path, size: str) -> None:
    edit_manifest(folder, lambda values: values.update({size: 400}))
    with pytest.raises(ModelCorruptError, match=rf"{GRAPH}: .*cannot load it .*the graph has"):
        Model.load(folder)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda values: values.pop("layers"), "no 'layers'"),
        (lambda values: values.update(format=99), "format 99, this version reads 1"),
        (lambda values: values.update(context_length="long"), "invalid literal"),
        (lambda values: values.update(graphs={"cpu": "../../etc/passwd"}), "not a plain file name"),
        (lambda values: values.update(graphs={"cpu": "other.onnx"}), r"files does not list other\.onnx"),
        (lambda values: values.update(files=None), "NoneType"),
    ],
)
def test_bad_manifest_says_what_is_wrong(
    folder: Path, change: Callable[[dict[str, Any]], object], complaint: str
) -> None:
    edit_manifest(folder, change)
    with pytest.raises(ModelCorruptError, match=rf"manifest\.json: not a model manifest \(.*{complaint}"):
        Manifest.load(folder)


def test_manifest_that_is_not_json_is_corrupt(folder: Path) -> None:
    (folder / "manifest.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(ModelCorruptError, match="not a model manifest"):
        Manifest.load(folder)


def test_larger_tokenizer_than_model_is_corrupt(folder: Path) -> None:
    edit_manifest(folder, lambda values: values.update(vocab_size=100))
    with pytest.raises(ModelCorruptError, match=r"tokenizer\.json: 286 tokens, the model knows 100"):
        Model.load(folder)


# Running


def test_model_outlives_its_files(folder: Path) -> None:
    model = Model.load(folder, threads=1)
    before = model.forward([40, 50, 60], past=0)
    shutil.rmtree(folder)
    assert (model.forward([40, 50, 60], past=0) == before).all()


def test_chunks_tokens_and_whole_prompt_give_the_same_logits(folder: Path) -> None:
    model = Model.load(folder, threads=1)
    ids = np.random.default_rng(1).integers(30, 280, 40).tolist()
    whole = model.score(ids, past=0)
    chunked = np.concatenate([model.score(ids[:25], past=0), model.score(ids[25:39], past=25)])
    assert whole[:39] == pytest.approx(chunked, abs=1e-4)
    assert model.forward(ids[39:], past=39) == pytest.approx(whole[39], abs=1e-4)


def test_smaller_past_rolls_back(folder: Path) -> None:
    model = Model.load(folder, threads=1)
    want = model.forward([40, 50, 60, 70], past=0)
    model.forward([99, 98, 97, 96, 95], past=2)
    assert model.forward([60, 70], past=2) == pytest.approx(want, abs=1e-4)


def test_logits_belong_to_the_caller(folder: Path) -> None:
    model = Model.load(folder, threads=1)
    first = model.forward([40], past=0)
    kept = first.copy()
    model.forward([41], past=1)
    assert (first == kept).all()


def test_padded_vocabulary_is_cut_to_the_tokenizer(tmp_path: Path) -> None:
    model = Model.load(export_tiny(tmp_path, vocab_size=TINY.vocab_size + 10), threads=1)
    assert model.vocab_size == TINY.vocab_size == len(model.forward([40], past=0))


@pytest.mark.parametrize(("ids", "past"), [([], 0), ([1], -1), ([1] * 513, 0), ([1], 512)])
def test_tokens_that_do_not_fit_are_refused(folder: Path, ids: list[int], past: int) -> None:
    model = Model.load(folder, threads=1)
    with pytest.raises(ModelError, match="reads 1 to 512 tokens"):
        model.forward(ids, past=past)


def test_last_position_of_the_context_is_usable(folder: Path) -> None:
    model = Model.load(folder, threads=1)
    assert np.isfinite(model.forward([40] * 512, past=0)).all()


# Devices and threads


def test_auto_takes_the_cpu_where_the_model_has_no_cuda_graph(folder: Path) -> None:
    model = Model.load(folder)
    assert model.device == "cpu"
    assert "model.int8.onnx" in model.describe()
    assert "CPUExecutionProvider" in model.describe()


def test_unknown_device_is_refused_with_the_choices(folder: Path) -> None:
    with pytest.raises(ModelError, match="'tpu': not one of auto, cpu, cuda"):
        Model.load(folder, device="tpu")


@pytest.mark.skipif("CUDAExecutionProvider" in ort.get_available_providers(), reason="this onnxruntime has CUDA")
def test_cuda_without_a_cuda_build_says_what_to_install(folder: Path) -> None:
    with pytest.raises(ModelError, match="onnxruntime-gpu"):
        Model.load(folder, device="cuda")


@pytest.mark.parametrize(
    ("cores", "load", "threads"), [(2, 0.1, 2), (2, 1.0, 1), (2, 7.0, 1), (1, 0.0, 1), (16, 0.0, 4), (16, 13.0, 3)]
)
def test_threads_leave_busy_cores_alone(cores: int, load: float, threads: int) -> None:
    assert threads_for(cores=cores, load=load) == threads
