"""Packed folders come back byte for byte, in parts of a bounded size, or not at all."""

from __future__ import annotations

import json
import lzma
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file
from transformers import Qwen3ForCausalLM

from python_slm.errors import TrainingError
from python_slm_training.cli.train import train
from python_slm_training.pretrain.checkpoint import whole_weights, write_model
from python_slm_training.pretrain.config import Config
from python_slm_training.pretrain.model import build_model
from python_slm_training.pretrain.pack import PARTS, pack, shard_files, unpack
from tests.fakes import byte_tokenizer

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1 << 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five files, one empty, together 3 MiB that do not compress."""
    made = tmp_path_factory.mktemp("files")
    random = np.random.default_rng(0)
    for name, size in {"a.bin": MIB, "b.bin": 0, "c.bin": 3, "d.bin": MIB + 513, "e.bin": MIB - 512}.items():
        (made / name).write_bytes(random.bytes(size))
    return made


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("workers", [1, 3])
def test_what_was_packed_comes_back_byte_for_byte(folder: Path, tmp_path: Path, workers: int) -> None:
    parts = pack(sorted(folder.iterdir()), tmp_path / "packed", part_mib=1, workers=workers)
    assert len(parts) >= 3
    assert all((tmp_path / "packed" / part.name).stat().st_size == part.bytes <= MIB for part in parts)
    unpack([tmp_path / "packed"], tmp_path / "again", workers=workers)
    assert contents(tmp_path / "again") == contents(folder)


def test_parts_may_arrive_in_folders_of_their_own(folder: Path, tmp_path: Path) -> None:
    parts = pack(sorted(folder.iterdir()), tmp_path / "packed", part_mib=1)
    folders = []
    for number, part in enumerate(parts):
        folders.append(tmp_path / f"call-{number}")
        folders[-1].mkdir()
        (tmp_path / "packed" / part.name).rename(folders[-1] / part.name)
    (tmp_path / "packed" / PARTS).rename(folders[-1] / PARTS)
    unpack(folders, tmp_path / "again")
    assert contents(tmp_path / "again") == contents(folder)


def test_a_damaged_part_is_named_and_nothing_is_written(folder: Path, tmp_path: Path) -> None:
    parts = pack(sorted(folder.iterdir()), tmp_path / "packed", part_mib=1)
    path = tmp_path / "packed" / parts[1].name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(TrainingError, match=parts[1].name):
        unpack([tmp_path / "packed"], tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_missing_part_is_named(folder: Path, tmp_path: Path) -> None:
    parts = pack(sorted(folder.iterdir()), tmp_path / "packed", part_mib=1)
    (tmp_path / "packed" / parts[-1].name).unlink()
    with pytest.raises(TrainingError, match=f"{parts[-1].name}: missing"):
        unpack([tmp_path / "packed"], tmp_path / "again")


def test_packing_goes_on_where_it_was_killed(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, compress = sorted(folder.iterdir()), lzma.compress
    done: list[bytes] = []

    def counted(data: bytes) -> bytes:
        if len(done) == 5:
            raise KeyboardInterrupt
        done.append(data)
        return compress(data)

    wanted = pack(files, tmp_path / "whole", part_mib=1)
    monkeypatch.setattr(lzma, "compress", counted)
    with pytest.raises(KeyboardInterrupt):
        pack(files, tmp_path / "packed", part_mib=1)
    monkeypatch.setattr(lzma, "compress", lambda data: compress(data) if data not in done else pytest.fail("again"))
    assert pack(files, tmp_path / "packed", part_mib=1) == wanted


def test_shards_without_an_index_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"train-index\.npz"):
        shard_files(tmp_path)


def test_a_checkpoint_comes_home_in_bfloat16_without_its_optimisers(tmp_path: Path) -> None:
    config = Config(hidden_size=32, layers=1, heads=2, kv_heads=1, intermediate_size=48, head_dim=16)
    tokenizer = byte_tokenizer()
    (tmp_path / "tokenizer.json").write_text(tokenizer.to_json(), "utf-8")
    model = build_model(config, vocab_size=tokenizer.vocab_size, end_of_text=0)
    write_model(tmp_path / "final", model, whole_weights(model), tmp_path)
    (tmp_path / "final" / "optimizers.pt").write_bytes(b"large")
    packed, home = str(tmp_path / "packed"), str(tmp_path / "home")
    for arguments in (["pack", str(tmp_path / "final"), "--out", packed], ["unpack", packed, "--out", home]):
        result = CliRunner().invoke(train, arguments)
        assert result.exit_code == 0, result.output
    weights = load_file(tmp_path / "home" / "model.safetensors")
    assert {weight.dtype for weight in weights.values()} == {torch.bfloat16}
    assert not (tmp_path / "home" / "optimizers.pt").exists()
    assert json.loads((tmp_path / "home" / "config.json").read_text("utf-8"))["dtype"] == "bfloat16"
    back = Qwen3ForCausalLM.from_pretrained(tmp_path / "home", dtype=torch.float32)
    for one, other in zip(model.parameters(), back.parameters(), strict=True):
        assert torch.allclose(one, other, rtol=1 / 128)
