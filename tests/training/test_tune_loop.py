"""Tuning: it learns, with every method; stops cleanly, survives a kill, resumes to the same weights, merges exactly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from click.testing import CliRunner
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from python_slm.engine.model import Model
from python_slm.errors import CorpusError, TrainingError
from python_slm_training.cli.train import train
from python_slm_training.export.export import export
from python_slm_training.pretrain.journal import read_metrics
from python_slm_training.tune.base import Base
from python_slm_training.tune.config import TuneConfig
from python_slm_training.tune.merge import merge
from python_slm_training.tune.tune import tune
from tests.training.tiny_bases import TEXTS, examples, make_base, write_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from python_slm_training.tune.config import Method
    from python_slm_training.tune.outcome import Outcome

METHODS: tuple[Method, ...] = ("lora", "qlora", "full")
WEIGHTS = {"lora": "adapter_model.safetensors", "qlora": "adapter_model.safetensors", "full": "model.safetensors"}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("base") / "ours")


@pytest.fixture(scope="module")
def general(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("general")
    for number in range(60):
        (folder / f"m{number}.py").write_text(TEXTS[number % len(TEXTS)] * 3, "utf-8")
    return folder


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    """The loop sets how many threads kernels use; give back what was."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def config(general: Path, **changed: Any) -> TuneConfig:
    tiny = TuneConfig(
        steps=4, batch_examples=4, rank=4, max_tokens=128, micro_tokens=256, validation_examples=4, threads=2,
        replay=general, replay_rate=0.25,
    )  # fmt: skip
    return replace(tiny, **changed)


def stop_at(step: int) -> Callable[[str], None]:
    """Sends this process SIGTERM when the loop has told of a step."""

    def say(line: str) -> None:
        if line.startswith(f"step {step} ") and "held out" not in line:
            os.kill(os.getpid(), signal.SIGTERM)

    return say


def load(folder: Path) -> Any:
    model: Any = AutoModelForCausalLM.from_pretrained(folder)
    return model.eval()


def weights(outcome: Outcome, method: Method) -> dict[str, torch.Tensor]:
    return load_file(outcome.folder / WEIGHTS[method])


@pytest.mark.parametrize("method", METHODS)
def test_interrupted_and_resumed_gives_the_weights_of_an_uninterrupted_run(
    base: Path, general: Path, tmp_path: Path, method: Method
) -> None:
    wanted = config(general, method=method)
    whole = tune(base, examples(), tmp_path / "whole", wanted)
    stopped = tune(base, examples(), tmp_path / "parts", wanted, say=stop_at(2))
    assert (stopped.step, stopped.interrupted, stopped.folder.exists()) == (2, True, False)
    resumed = tune(base, examples(), tmp_path / "parts", wanted, resume=True)
    assert (resumed.step, resumed.interrupted) == (4, False)
    assert resumed.before == whole.before
    assert resumed.after == whole.after
    found, expected = weights(resumed, method), weights(whole, method)
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)


@pytest.mark.parametrize("method", METHODS)
def test_it_learns_the_tasks(base: Path, general: Path, tmp_path: Path, method: Method) -> None:
    quick = config(general, method=method, steps=25, learning_rate=0.02, replay_rate=0.0)
    outcome = tune(base, examples(), tmp_path, quick, valid=examples(8))
    assert outcome.after["infill"] < 0.5 * outcome.before["infill"]
    assert outcome.after["fix"] < 0.5 * outcome.before["fix"]


def test_what_is_frozen_stays(base: Path, general: Path, tmp_path: Path) -> None:
    outcome = tune(base, examples(), tmp_path / "run", config(general))
    before = load_file(base / "model.safetensors")
    after = load_file(merge(None, outcome.folder, tmp_path / "merged") / "model.safetensors")
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert {name for name in before if name.endswith("proj.weight")} <= changed
    assert all(name.endswith(("proj.weight", "embed_tokens.weight")) for name in changed)
    rows = (before["model.embed_tokens.weight"] != after["model.embed_tokens.weight"]).any(1).nonzero().flatten()
    tokenizer = Base.open(base).vocabulary.tokenizer
    assert set(rows.tolist()) <= {tokenizer.special("<|fix|>"), tokenizer.special("<|answer|>")}


@pytest.mark.parametrize("family", ["ours", "llama"])
def test_a_four_bit_base_is_merged_dequantised(general: Path, tmp_path: Path, family: str) -> None:
    base = make_base(tmp_path / "base", family)
    outcome = tune(base, examples(), tmp_path / "run", config(general, method="qlora", steps=4, learning_rate=0.02))
    merged = merge(None, outcome.folder, tmp_path / "merged")
    ids = torch.tensor([Base.open(base).vocabulary.tokenizer.encode(TEXTS[0])])
    with torch.no_grad():
        adapted = PeftModel.from_pretrained(Base.open(base).load(bits=4), str(outcome.folder)).eval()
        wanted = adapted(ids).logits
        found = load(merged)(ids).logits
        onto_full = PeftModel.from_pretrained(Base.open(base).load(), str(outcome.folder)).eval()(ids).logits
    scale = wanted.abs().max()
    assert (found - wanted).abs().max() / scale <= 1e-4
    assert (onto_full - wanted).abs().max() / scale > 1e-2
    settings = json.loads((merged / "config.json").read_text("utf-8"))
    assert settings["rope_theta"] == 54321.0
    assert "quantization_config" not in settings


def test_examples_that_all_are_too_long_end_the_run(base: Path, general: Path, tmp_path: Path) -> None:
    long = [{"task": "fix", "source": "x" * 2000, "target": "y", "path": f"{number}.py"} for number in range(4)]
    with pytest.raises(TrainingError, match="no example fits"):
        tune(base, long, tmp_path, config(general, steps=40, replay_rate=0.0), valid=examples(2))


def test_a_merged_model_exports_and_runs(base: Path, general: Path, tmp_path: Path) -> None:
    outcome = tune(base, examples(), tmp_path / "run", config(general))
    merged = merge(base, outcome.folder, tmp_path / "merged")
    export(merged, tmp_path / "exported", name="tuned", version="1", variants=("fp32",), report=lambda _: None)
    model = Model.load(tmp_path / "exported", threads=1)
    ids = model.tokenizer.encode(TEXTS[0])
    with torch.no_grad():
        wanted = load(merged)(torch.tensor([ids])).logits[0, -1]
    assert torch.allclose(torch.from_numpy(model.forward(ids, past=0)), wanted, atol=1e-3)


def test_a_killed_run_goes_on_where_its_last_checkpoint_was(base: Path, general: Path, tmp_path: Path) -> None:
    tasks = write_tasks(tmp_path / "tasks")
    program = [sys.executable, "-m", "python_slm", "train", "tune", "--base", str(base), "--tasks", str(tasks)]
    options = ["--out", str(tmp_path / "run"), "--replay", str(general), "--max-tokens", "128", "--threads", "1"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [*program, *options, "--batch", "4", "--minutes", "30", "--checkpoint-minutes", "0.0001", "--resume"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as running:
        saved = tmp_path / "run" / "checkpoints"
        deadline = time.monotonic() + 300
        while not list(saved.glob("step-000000[3-9]")) and time.monotonic() < deadline:
            assert running.poll() is None, "ended by itself"
            time.sleep(0.01)
        running.kill()
    told = [entry["step"] for entry in read_metrics(tmp_path / "run" / "metrics.jsonl") if "loss" in entry]
    kept = sorted(int(path.name[5:]) for path in saved.glob("step-*") if path.suffix == "")
    assert told[-1] - kept[-1] <= 1
    lines: list[str] = []
    same = TuneConfig(
        steps=kept[-1] + 1, batch_examples=4, max_tokens=128, threads=1, replay=general, checkpoint_minutes=0.0001
    )
    outcome = tune(base, tasks, tmp_path / "run", same, resume=True, say=lines.append)
    assert lines[0].endswith(f"at step {kept[-1]}")
    assert (outcome.step, outcome.interrupted) == (kept[-1] + 1, False)


def test_the_best_step_is_kept_not_the_last(base: Path, general: Path, tmp_path: Path) -> None:
    """At a rate that destroys the model, the first validation is the best."""
    lines: list[str] = []
    ruin = config(general, steps=6, learning_rate=0.01, validate_minutes=1e-9, warmup=0.0, cooldown=0.0, seed=1)
    outcome = tune(base, examples(), tmp_path, ruin, valid=examples(8), say=lines.append)
    held_out = [entry for entry in read_metrics(tmp_path / "metrics.jsonl") if "held_out_infill" in entry]
    means = [sum(v for k, v in entry.items() if k.startswith("held_out_")) for entry in held_out]
    best = held_out[means.index(min(means))]
    assert outcome.after["infill"] == pytest.approx(best["held_out_infill"])


def test_a_finished_run_answers_at_once(base: Path, general: Path, tmp_path: Path) -> None:
    first = tune(base, examples(), tmp_path, config(general))
    again = tune(tmp_path / "gone", examples(), tmp_path, config(general), resume=True)
    assert again == first


def test_a_run_tells_what_it_did(base: Path, general: Path, tmp_path: Path) -> None:
    tune(base, examples(), tmp_path, config(general), valid=examples(4))
    entries = read_metrics(tmp_path / "metrics.jsonl")
    assert {"loss", "learning_rate", "gradient_norm", "tokens_per_s", "memory_mb"} <= entries[1].keys()
    assert {"held_out_infill", "held_out_fix", "held_out_general"} <= entries[0].keys()
    assert all((tmp_path / name).stat().st_size > 1000 for name in ("loss.png", "curve.svg"))
    assert list((tmp_path / "tensorboard").iterdir())


def test_a_new_run_does_not_overwrite_an_old_one(base: Path, general: Path, tmp_path: Path) -> None:
    tune(base, examples(), tmp_path, config(general), say=stop_at(1))
    with pytest.raises(TrainingError, match="--resume"):
        tune(base, examples(), tmp_path, config(general))
    with pytest.raises(TrainingError, match="rank 4 → 8"):
        tune(base, examples(), tmp_path, config(general, rank=8), resume=True)


def test_recomputed_activations_give_the_same_gradient(base: Path, general: Path, tmp_path: Path) -> None:
    plain = tune(base, examples(), tmp_path / "plain", config(general))
    recomputed = tune(base, examples(), tmp_path / "recomputed", config(general, recompute=True))
    for name, value in weights(plain, "lora").items():
        assert torch.allclose(weights(recomputed, "lora")[name], value, atol=1e-5), name


def test_batches_from_a_process_of_their_own_are_the_same(base: Path, general: Path, tmp_path: Path) -> None:
    here = tune(base, examples(), tmp_path / "here", config(general))
    there = tune(base, examples(), tmp_path / "there", config(general, data_workers=1))
    assert here.after == there.after


def test_a_run_without_an_end_or_examples_is_refused(base: Path, general: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="--minutes"):
        config(general, steps=0)
    with pytest.raises(TrainingError, match="no examples"):
        tune(base, [], tmp_path / "run", config(general))
    with pytest.raises(TrainingError, match="slm train tasks"):
        tune(base, tmp_path, tmp_path / "run", config(general))
    with pytest.raises(CorpusError, match="not an example"):
        tune(base, [{"task": "cook", "source": "", "target": ""}], tmp_path / "run", config(general))


def test_the_commands_tune_and_merge(base: Path, general: Path, tmp_path: Path) -> None:
    tasks = write_tasks(tmp_path / "tasks")
    options = ["--base", str(base), "--tasks", str(tasks), "--out", str(tmp_path / "run"), "--replay", str(general)]
    small = ["--steps", "2", "--batch", "4", "--max-tokens", "128", "--rank", "2", "--threads", "1"]
    result = CliRunner().invoke(train, ["tune", *options, *small, "--weight", "fix=2", "--weight", "infill=1"])
    assert result.exit_code == 0, result.output
    assert "2 steps" in result.output
    assert "  fix: " in result.output
    result = CliRunner().invoke(train, ["merge", str(tmp_path / "run/adapter"), "--out", str(tmp_path / "merged")])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "merged" / "model.safetensors").exists()
    bad = CliRunner().invoke(train, ["tune", *options, "--steps", "1", "--weight", "fix"])
    assert (bad.exit_code, "TASK=NUMBER" in bad.output) == (2, True)
