"""The loop: it learns, stops cleanly, resumes to the same weights, ends in time and tells what it did."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file
from transformers import Qwen3ForCausalLM

from python_slm.errors import TrainingError
from python_slm_training.cli.train import train
from python_slm_training.pretrain.checkpoint import BEFORE_COOLDOWN
from python_slm_training.pretrain.config import Config
from python_slm_training.pretrain.journal import read_metrics
from python_slm_training.pretrain.loop import Options, Outcome, Trainer
from python_slm_training.tokenize.bpe import sample_texts, save_tokenizer, train_tokenizer
from python_slm_training.tokenize.encode import write_shards
from tests.training.corpus import write_corpus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TINY = Config(
    hidden_size=32,
    layers=1,
    heads=2,
    kv_heads=1,
    intermediate_size=48,
    head_dim=16,
    context_length=64,
    batch_rows=4,
    micro_rows=2,
    steps=6,
    validation_rows=4,
)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("loop")
    corpus = write_corpus(made / "corpus")
    save_tokenizer(train_tokenizer(sample_texts(corpus, split="train", limit=1 << 20), vocab=600), made / "tokenizer")
    write_shards(corpus, made / "tokenizer", made / "shards")
    return made / "shards"


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    """The loop sets how many threads kernels use; give back what was."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def run(
    shards: Path,
    out: Path,
    config: Config = TINY,
    *,
    resume: bool = False,
    say: Callable[[str], object] = lambda _: None,
    workers: int = 0,
) -> Outcome:
    options = Options(shards, out, resume=resume, threads=2, data_workers=workers)
    return Trainer(config, options, say=say).run()


def stop_at(step: int) -> Callable[[str], None]:
    """Sends this process SIGTERM when the loop has told of a step."""

    def say(line: str) -> None:
        if line.startswith(f"step {step} ") and "held out" not in line:
            os.kill(os.getpid(), signal.SIGTERM)

    return say


def final_weights(out: Path) -> dict[str, torch.Tensor]:
    return load_file(out / "final" / "model.safetensors")


@pytest.mark.parametrize("workers", [0, 1])
def test_interrupted_and_resumed_gives_the_weights_of_an_uninterrupted_run(
    shards: Path, tmp_path: Path, workers: int
) -> None:
    run(shards, tmp_path / "whole")
    stopped = run(shards, tmp_path / "parts", say=stop_at(3), workers=workers)
    assert (stopped.step, stopped.interrupted) == (3, True)
    resumed = run(shards, tmp_path / "parts", resume=True, workers=workers)
    assert (resumed.step, resumed.interrupted) == (6, False)
    whole, parts = final_weights(tmp_path / "whole"), final_weights(tmp_path / "parts")
    assert whole.keys() == parts.keys()
    assert all(torch.equal(whole[name], parts[name]) for name in whole)
    losses = [
        [entry["loss"] for entry in read_metrics(tmp_path / name / "metrics.jsonl") if "loss" in entry]
        for name in ("whole", "parts")
    ]
    assert losses[0] == losses[1]
    assert len(losses[0]) == 6


def test_it_learns(shards: Path, tmp_path: Path) -> None:
    outcome = run(shards, tmp_path, replace(TINY, steps=60))
    losses = [entry["loss"] for entry in read_metrics(tmp_path / "metrics.jsonl") if "loss" in entry]
    assert sum(losses[-5:]) / 5 < sum(losses[:5]) / 5 - 0.7
    assert outcome.bits_per_byte is not None
    assert outcome.bits_per_byte < 8


def test_the_final_folder_is_a_hugging_face_model(shards: Path, tmp_path: Path) -> None:
    run(shards, tmp_path)
    model = Qwen3ForCausalLM.from_pretrained(tmp_path / "final")
    assert model.config.tie_word_embeddings
    config = json.loads((tmp_path / "final" / "config.json").read_text("utf-8"))
    assert config["rope_theta"] == 10000.0
    assert (tmp_path / "final" / "tokenizer.json").read_bytes() == (shards / "tokenizer.json").read_bytes()
    weights = final_weights(tmp_path)
    assert torch.equal(model.model.embed_tokens.weight, weights["model.embed_tokens.weight"])


def test_a_run_tells_what_it_did(shards: Path, tmp_path: Path) -> None:
    run(shards, tmp_path)
    first = read_metrics(tmp_path / "metrics.jsonl")[0]
    assert {"loss", "learning_rate", "gradient_norm", "tokens_per_s", "mfu", "memory_mb", "elapsed_s"} <= first.keys()
    assert first["tokens"] == TINY.batch_tokens
    assert all((tmp_path / name).stat().st_size > 1000 for name in ("loss.png", "curve.svg"))
    assert list((tmp_path / "tensorboard").iterdir())


def test_checkpoints_are_pruned_and_the_one_before_the_cooldown_stays(shards: Path, tmp_path: Path) -> None:
    run(shards, tmp_path, replace(TINY, checkpoint_minutes=1e-9, cooldown=0.5))
    kept = {path.name for path in (tmp_path / "checkpoints").iterdir()}
    assert kept == {"step-0000005", "step-0000006", BEFORE_COOLDOWN}
    state = json.loads((tmp_path / "checkpoints" / BEFORE_COOLDOWN / "state.json").read_text("utf-8"))
    assert state["state"]["step"] == 4


def test_the_clock_ends_a_run_with_the_rate_near_zero(shards: Path, tmp_path: Path) -> None:
    now = [0.0]

    def clock() -> float:
        now[0] += 1
        return now[0]

    config = replace(TINY, steps=0, minutes=1.0)
    outcome = Trainer(config, Options(shards, tmp_path, threads=1, data_workers=0), clock=clock).run()
    assert 5 < outcome.step < 60
    rates = [entry["learning_rate"] for entry in read_metrics(tmp_path / "metrics.jsonl") if "learning_rate" in entry]
    assert rates[-1] < 0.2 * max(rates)


def test_it_ends_early_when_validation_no_longer_improves(shards: Path, tmp_path: Path) -> None:
    frozen = replace(TINY, steps=50, muon_rate=0.0, adam_rate=0.0, validate_minutes=1e-9, patience=3)
    assert run(shards, tmp_path, frozen).step == 4


def test_a_resumed_run_refuses_another_recipe(shards: Path, tmp_path: Path) -> None:
    run(shards, tmp_path, say=stop_at(2))
    with pytest.raises(TrainingError, match=r"muon_rate 0\.02 → 0\.5"):
        run(shards, tmp_path, replace(TINY, muon_rate=0.5), resume=True)


def test_a_checkpoint_older_than_a_key_of_the_recipe_is_resumed(shards: Path, tmp_path: Path) -> None:
    run(shards, tmp_path, say=stop_at(2))
    path = tmp_path / "checkpoints" / "step-0000002" / "state.json"
    state = json.loads(path.read_text("utf-8"))
    del state["config"]["matrix_optimizer"]
    path.write_text(json.dumps(state), "utf-8")
    assert run(shards, tmp_path, resume=True).step == 6


def test_adamw_may_train_the_matrices_too(shards: Path, tmp_path: Path) -> None:
    outcome = run(shards, tmp_path, replace(TINY, steps=20, matrix_optimizer="adamw", muon_rate=0.005))
    losses = [entry["loss"] for entry in read_metrics(tmp_path / "metrics.jsonl") if "loss" in entry]
    assert losses[-1] < losses[0]
    assert outcome.step == 20


def test_a_new_run_does_not_overwrite_an_old_one(shards: Path, tmp_path: Path) -> None:
    run(shards, tmp_path, say=stop_at(1))
    with pytest.raises(TrainingError, match="--resume"):
        run(shards, tmp_path)


def test_resuming_an_empty_folder_begins(shards: Path, tmp_path: Path) -> None:
    assert run(shards, tmp_path, resume=True).step == 6


def begin_from(shards: Path, out: Path, start: Path, config: Config = TINY) -> Outcome:
    return Trainer(config, Options(shards, out, start=start, threads=2, data_workers=0)).run()


def test_a_new_run_begins_with_the_weights_of_an_earlier_one(shards: Path, tmp_path: Path) -> None:
    run(shards, tmp_path / "first")
    begin_from(shards, tmp_path / "second", tmp_path / "first" / "final", replace(TINY, muon_rate=0.0, adam_rate=0.0))
    first, second = final_weights(tmp_path / "first"), final_weights(tmp_path / "second")
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert read_metrics(tmp_path / "second" / "metrics.jsonl")[0]["step"] == 1


def test_a_checkpoint_knows_the_runs_that_led_to_it(shards: Path, tmp_path: Path) -> None:
    run(shards, tmp_path / "first", replace(TINY, steps=2))
    begin_from(shards, tmp_path / "second", tmp_path / "first/checkpoints/step-0000002", replace(TINY, steps=1))
    begin_from(shards, tmp_path / "third", tmp_path / "second/checkpoints/step-0000001", replace(TINY, steps=1))
    state = json.loads((tmp_path / "third/checkpoints/step-0000001/state.json").read_text("utf-8"))["state"]
    assert [(one["steps"], one["tokens"]) for one in state["earlier"]] == [(2, 2 * 4 * 64), (1, 4 * 64)]


def test_weights_of_another_shape_are_refused(shards: Path, tmp_path: Path) -> None:
    run(shards, tmp_path / "first", replace(TINY, steps=1))
    with pytest.raises(TrainingError, match="do not fit"):
        begin_from(shards, tmp_path / "second", tmp_path / "first" / "final", replace(TINY, hidden_size=64))
    with pytest.raises(TrainingError, match="not those of"):
        begin_from(shards, tmp_path / "third", tmp_path / "first" / "final", replace(TINY, layers=2))


def test_weights_of_another_tokenizer_are_refused(shards: Path, tmp_path: Path) -> None:
    run(shards, tmp_path / "first", replace(TINY, steps=1))
    with (tmp_path / "first" / "final" / "tokenizer.json").open("a", encoding="utf-8") as file:
        file.write(" ")
    with pytest.raises(TrainingError, match="another tokenizer"):
        begin_from(shards, tmp_path / "second", tmp_path / "first" / "final")


def test_a_folder_without_weights_is_no_start(shards: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"no model\.safetensors"):
        begin_from(shards, tmp_path / "run", shards)


def test_a_run_without_an_end_is_refused(shards: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="--minutes"):
        run(shards, tmp_path, replace(TINY, steps=0))


def test_a_gradient_that_is_not_a_number_stops_the_run(shards: Path, tmp_path: Path) -> None:
    trainer = Trainer(TINY, Options(shards, tmp_path, threads=1, data_workers=0))
    with torch.no_grad():
        next(trainer.model.parameters()).fill_(float("nan"))
    with pytest.raises(TrainingError, match="not a number"):
        trainer.run()


def test_the_command_wants_a_preset_or_a_recipe(shards: Path, tmp_path: Path) -> None:
    arguments = ["pretrain", "--shards", str(shards), "--out", str(tmp_path)]
    assert CliRunner().invoke(train, arguments).exit_code == 2


def test_the_command_trains_a_recipe_of_ones_own(shards: Path, tmp_path: Path) -> None:
    fields = ("hidden_size", "layers", "heads", "kv_heads", "intermediate_size", "head_dim", "context_length")
    recipe = tmp_path / "own.toml"
    recipe.write_text(
        "".join(f"{name} = {getattr(TINY, name)}\n" for name in fields) + "validation_rows = 4\n", "utf-8"
    )
    arguments = ["pretrain", "--config", str(recipe), "--shards", str(shards), "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(train, [*arguments, "--steps", "2", "--threads", "1"])
    assert result.exit_code == 0, result.output
    assert "bits/byte held out" in result.output
