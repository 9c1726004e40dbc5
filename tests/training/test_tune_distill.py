"""Distillation and preferences: a teacher helps, pairs come from replay, and what is preferred becomes likelier."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch.nn import functional

from python_slm.errors import CorpusError, TrainingError
from python_slm_training.cli.train import train
from python_slm_training.tokenize.bpe import save_tokenizer
from python_slm_training.tokenize.encode import write_shards
from python_slm_training.tune.base import Base
from python_slm_training.tune.config import DistillConfig, PreferConfig, TuneConfig
from python_slm_training.tune.distill import check_same_tokenizer, distill
from python_slm_training.tune.pairs import compare
from python_slm_training.tune.prefer import dpo_loss, prefer, read_pairs
from python_slm_training.tune.trainee import make_trainee
from python_slm_training.tune.tune import tune
from tests.tiny_model import export_tiny
from tests.training.corpus import write_corpus
from tests.training.tiny_bases import TEXTS, examples, make_base, write_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("base") / "ours")


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    """The loop sets how many threads kernels use; give back what was."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def pairs(count: int = 24) -> list[dict[str, Any]]:
    """The same wrong ending everywhere."""
    infill = [example for example in examples(2 * count) if example["task"] == "infill"]
    return [{**one, "chosen": one["target"], "rejected": "raise NotImplementedError"} for one in infill]


def preference(**changed: Any) -> PreferConfig:
    tiny = PreferConfig(steps=20, batch_examples=4, rank=4, max_tokens=128, learning_rate=0.01, threads=2, seed=3)
    return replace(tiny, **changed)


def stop_at(step: int) -> Callable[[str], None]:
    def say(line: str) -> None:
        if line.startswith(f"step {step} ") and "held out" not in line:
            os.kill(os.getpid(), signal.SIGTERM)

    return say


def test_a_teacher_teaches_more_than_the_text_alone(base: Path, tmp_path: Path) -> None:
    """Few steps, the same examples in the same order; the teacher has learned the task before."""
    learned = TuneConfig(method="full", steps=40, batch_examples=8, learning_rate=0.01, replay_rate=0.0, threads=2)
    teacher = tune(base, examples(), tmp_path / "teacher", learned, valid=examples(8)).folder
    student = make_base(tmp_path / "student", "ours", seed=1)
    tasks = write_tasks(tmp_path / "tasks")
    short = DistillConfig(steps=25, batch_examples=4, learning_rate=0.005, max_tokens=128, threads=2)
    alone = distill(teacher, student, tasks, tmp_path / "alone", replace(short, kl_share=0.0))
    taught = distill(teacher, student, tasks, tmp_path / "taught", replace(short, kl_share=0.9))
    assert alone.before == taught.before
    assert sum(taught.after.values()) < sum(alone.after.values()) < sum(alone.before.values())


def test_a_student_learns_from_token_shards(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    base = make_base(tmp_path / "base")
    save_tokenizer(Base.open(base).vocabulary.tokenizer, tmp_path / "tokenizer")
    write_shards(corpus, tmp_path / "tokenizer", tmp_path / "shards")
    options = ["--teacher", str(base), "--student", str(base), "--shards", str(tmp_path / "shards")]
    small = ["--steps", "2", "--batch", "2", "--max-tokens", "64", "--threads", "1", "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(train, ["distill", *options, *small])
    assert result.exit_code == 0, result.output
    assert "general" in result.output
    assert (tmp_path / "run" / "final" / "model.safetensors").exists()
    other = make_base(tmp_path / "other", "starcoder2")
    with pytest.raises(TrainingError, match="another tokenizer"):
        distill(other, other, tmp_path / "shards", tmp_path / "refused", DistillConfig(steps=1))


def test_models_with_different_tokenizers_are_refused(base: Path, tmp_path: Path) -> None:
    other = make_base(tmp_path / "other", "starcoder2")
    with pytest.raises(TrainingError, match="different tokenizers"):
        check_same_tokenizer(Base.open(base), Base.open(other))
    check_same_tokenizer(Base.open(base), Base.open(base))


def test_the_loss_is_dpos(base: Path) -> None:
    """Against the formula of arXiv 2305.18290, computed one sequence at a time."""
    config = preference(anchor=0.0, beta=0.3)
    trainee = make_trainee(Base.open(base), config)
    ids = torch.tensor([[7, 50, 60, 70, 80], [7, 50, 90, 91, 80]])
    labels = torch.tensor([[-100, 60, 70, 80, -100], [-100, 90, 91, 80, 92]])
    reference = torch.tensor([-10.0, -12.0])
    loss, count = dpo_loss(trainee, config)([ids, labels, reference])
    logits = functional.log_softmax(trainee.network(input_ids=ids).logits.float(), -1)
    said = [
        sum(logits[row, at, label] for at, label in enumerate(labels[row].tolist()) if label >= 0) for row in (0, 1)
    ]
    margin = (said[0] - reference[0]) - (said[1] - reference[1])
    assert count == 1
    assert float(loss.detach()) == pytest.approx(-functional.logsigmoid(0.3 * margin).item(), rel=1e-4)


def test_what_is_preferred_becomes_likelier(base: Path, tmp_path: Path) -> None:
    outcome = prefer(base, pairs(60), tmp_path, preference(steps=12))
    assert outcome.before["preference"] == pytest.approx(0.6931, abs=1e-3)
    assert outcome.after["preference"] < 0.5
    assert outcome.after["chosen"] < outcome.before["chosen"]
    assert (outcome.folder / "adapter_model.safetensors").exists()


def test_a_resumed_preference_run_gives_the_same_weights(base: Path, tmp_path: Path) -> None:
    config = preference(steps=4)
    whole = prefer(base, pairs(), tmp_path / "whole", config)
    stopped = prefer(base, pairs(), tmp_path / "parts", config, say=stop_at(2))
    assert (stopped.step, stopped.interrupted) == (2, True)
    assert prefer(base, pairs(), tmp_path / "parts", config, resume=True).after == whole.after


def test_what_the_untaught_model_says_is_measured_once(base: Path, tmp_path: Path) -> None:
    """A run killed while it measures keeps what it has: what is missing is measured, what is there is not."""
    config = preference(steps=1)
    prefer(base, pairs(), tmp_path / "whole", config)
    known = np.load(tmp_path / "whole" / "reference.npy")
    half = known.copy()
    half[: len(half) // 2] = np.nan
    half[-1] = -1.0
    (tmp_path / "parts").mkdir()
    np.save(tmp_path / "parts" / "reference.npy", half)
    prefer(base, pairs(), tmp_path / "parts", config)
    found = np.load(tmp_path / "parts" / "reference.npy")
    assert np.allclose(found[:-1], known[:-1], atol=1e-4)
    assert found[-1] == -1.0


def test_a_line_that_is_no_pair_is_named(tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    good = {"prefix": "a", "suffix": "", "chosen": "b", "rejected": "c"}
    file.write_text(json.dumps(good) + "\n" + json.dumps({"prefix": "a", "suffix": "", "chosen": "b"}) + "\n", "utf-8")
    with pytest.raises(CorpusError, match="pair 2: no rejected"):
        list(read_pairs(file))
    assert len(list(read_pairs([good, {**good, "rejected": "b"}]))) == 1


@pytest.mark.parametrize(
    ("suggestion", "truth", "wanted"),
    [
        ("x = 1", "x = 1\ny = 2\n", None),
        ("x = 1\nz = 3", "x = 1\ny = 2\n", ("x = 1", "verbose")),
        ("x = 2", "x = 1\ny = 2\n", ("x = 1", "wrong")),
        ("x = 2\ny = 2", "x = 1  \ny = 2\n", ("x = 1\ny = 2", "wrong")),
        ("x", "\n\n", None),
    ],
)
def test_what_is_wrong_with_a_suggestion(suggestion: str, truth: str, wanted: tuple[str, str] | None) -> None:
    assert compare(suggestion, truth) == wanted


def test_pairs_come_from_replay_and_teach(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "module.py").write_text("import os\n\n\n" + "\n\n".join(TEXTS), "utf-8")
    model = export_tiny(tmp_path / "model")
    command = ["pairs", str(project), "--model", str(model), "--out", str(tmp_path / "pairs.jsonl"), "--cases", "3"]
    result = CliRunner().invoke(train, command)
    assert result.exit_code == 0, result.output
    found = list(read_pairs(tmp_path / "pairs.jsonl"))
    text = (project / "module.py").read_text("utf-8")
    assert found
    assert all(pair["chosen"] in text and pair["fault"] in {"wrong", "verbose"} for pair in found)
    with (tmp_path / "pairs.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"prefix": "half a li')  # as a killed process leaves it
    notes = tmp_path / "pairs.jsonl.asked"
    notes.write_text("\n".join(notes.read_text("utf-8").split("\n")[:4])[:-3], "utf-8")
    again = CliRunner().invoke(train, command)
    assert f"{len(found)} pairs" in again.output
    assert len(list(read_pairs(tmp_path / "pairs.jsonl"))) == len(found)


def test_the_prefer_command(base: Path, tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    file.write_text("".join(json.dumps(pair) + "\n" for pair in pairs(8)), "utf-8")
    options = ["--base", str(base), "--pairs", str(file), "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(train, ["prefer", *options, "--steps", "2", "--batch", "2", "--threads", "1"])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "run" / "adapter" / "tune.json").exists()
