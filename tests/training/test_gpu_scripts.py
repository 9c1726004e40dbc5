"""The scripts for a lent GPU, on this machine: parts arrive, a job outlives its call, the model goes home."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from transformers import Qwen3ForCausalLM

from python_slm_training.pretrain.pack import pack, shard_files, unpack
from python_slm_training.tokenize.bpe import sample_texts, save_tokenizer, train_tokenizer
from python_slm_training.tokenize.encode import write_shards
from tests.training.corpus import write_corpus

SCRIPTS = Path(__file__).parents[2] / "training" / "gpu"
RECIPE = """
hidden_size = 32
layers = 1
heads = 2
kv_heads = 1
intermediate_size = 48
head_dim = 16
context_length = 64
batch_rows = 2
micro_rows = 2
validation_rows = 2
steps = 4
cooldown = 0.5
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/uptime").exists(), reason="the scripts are for Linux")
def test_a_lease_from_packed_shards_to_a_model_at_home(tmp_path: Path) -> None:
    corpus, stay = write_corpus(tmp_path / "corpus"), tmp_path / "stay"
    save_tokenizer(
        train_tokenizer(sample_texts(corpus, split="train", limit=1 << 20), vocab=600), tmp_path / "tokenizer"
    )
    write_shards(corpus, tmp_path / "tokenizer", tmp_path / "shards")
    pack(shard_files(tmp_path / "shards"), tmp_path / "packed")

    def call(number: int, script: str, *arguments: str) -> str:
        out = tmp_path / f"out-{number}"
        out.mkdir()
        environment = {**os.environ, "SLM_GPU_HOME": str(stay), "OUT": str(out), "PYTHON": sys.executable}
        done = subprocess.run(
            ["bash", SCRIPTS / script, *arguments],
            env={**environment, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    (tmp_path / "first").mkdir()
    shutil.copy(tmp_path / "packed" / "parts.json", tmp_path / "first")
    assert "still to come: part-000" in call(1, "arrive.sh", str(tmp_path / "first"), "shards")
    assert "checksums as packed" in call(2, "arrive.sh", str(tmp_path / "packed"), "shards")
    (stay / "recipe.toml").write_text(RECIPE, "utf-8")
    command = ("run", "pretrain", "--config", "{}/recipe.toml", "--shards", "{}/shards", "--no-compile")
    call(3, "start.sh", *command)
    assert "runs already" in call(4, "start.sh", *command)
    told = call(5, "watch.sh", "run", "240")
    assert "has ended" in told
    assert "4 steps" in told
    assert "all parts have gone" in told  # of the checkpoint from before the cool-down
    assert "all parts have gone" in call(6, "home.sh", "run", "final")
    assert {path.name for path in (tmp_path / "out-5").iterdir()} == {"run.log", "run-metrics.jsonl", "before-cooldown"}
    unpack([tmp_path / "out-6" / "final"], tmp_path / "home")
    assert Qwen3ForCausalLM.from_pretrained(tmp_path / "home").config.hidden_size == 32
