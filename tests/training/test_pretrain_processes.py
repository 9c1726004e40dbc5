"""Several processes are one run: the same losses, the same files, and any number of them goes on with another's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import load_file
from transformers import Qwen3ForCausalLM

from python_slm_training.pretrain.config import Config
from python_slm_training.pretrain.journal import read_metrics
from python_slm_training.pretrain.loop import Options, Trainer
from python_slm_training.pretrain.model import Objective, build_model, compiled, matrices
from python_slm_training.tokenize.bpe import sample_texts, save_tokenizer, train_tokenizer
from python_slm_training.tokenize.encode import write_shards
from tests.training.corpus import write_corpus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TINY = Config(
    hidden_size=32,
    layers=2,
    heads=2,
    kv_heads=1,
    intermediate_size=48,
    head_dim=16,
    context_length=64,
    batch_rows=8,
    micro_rows=2,
    steps=6,
    validation_rows=6,
    checkpoint_minutes=1e-9,
)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("processes")
    corpus = write_corpus(made / "corpus")
    save_tokenizer(train_tokenizer(sample_texts(corpus, split="train", limit=1 << 20), vocab=600), made / "tokenizer")
    write_shards(corpus, made / "tokenizer", made / "shards")
    return made / "shards"


@pytest.fixture(scope="module")
def alone(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one process."""
    out = tmp_path_factory.mktemp("alone")
    run_alone(shards, out)
    return out


@pytest.fixture(scope="module")
def together(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same run by two."""
    out = tmp_path_factory.mktemp("together")
    launch(shards, out)
    return out


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def run_alone(shards: Path, out: Path, *, resume: bool = False) -> None:
    Trainer(TINY, Options(shards, out, resume=resume, threads=1, data_workers=0)).run()


def launch(shards: Path, out: Path, *options: str) -> None:
    """Two processes under ``accelerate launch``, as the documentation has it."""
    recipe = out / "recipe.toml"
    out.mkdir(exist_ok=True)
    recipe.write_text("".join(f"{name} = {value!r}\n" for name, value in asdict(TINY).items()), "utf-8")
    command = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2"]
    command += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]
    command += ["-m", "python_slm_training.cli.train", "pretrain", "--config", str(recipe)]
    command += ["--shards", str(shards), "--out", str(out), *options]
    done = subprocess.run(
        command, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def told(out: Path, name: str) -> list[float]:
    return [entry[name] for entry in read_metrics(out / "metrics.jsonl") if name in entry]


def assert_same_weights(one: Path, other: Path) -> None:
    first, second = (load_file(out / "final" / "model.safetensors") for out in (one, other))
    assert first.keys() == second.keys()
    for name, weight in first.items():
        assert torch.allclose(weight, second[name], atol=2e-4), name


def test_two_processes_train_as_one_does(alone: Path, together: Path) -> None:
    assert told(together, "loss") == pytest.approx(told(alone, "loss"), rel=1e-4)
    assert told(together, "gradient_norm") == pytest.approx(told(alone, "gradient_norm"), rel=1e-3)
    assert told(together, "validation_bits_per_byte") == pytest.approx(
        told(alone, "validation_bits_per_byte"), rel=1e-4
    )
    assert_same_weights(alone, together)


def test_what_they_leave_is_a_plain_model_without_shards(together: Path) -> None:
    model = Qwen3ForCausalLM.from_pretrained(together / "final")
    assert model.config.tie_word_embeddings
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    assert not list((together / "checkpoints").glob("*.partial"))


def test_one_process_goes_on_where_two_stopped(shards: Path, alone: Path, together: Path, tmp_path: Path) -> None:
    shutil.copytree(together / "checkpoints" / "step-0000005", tmp_path / "checkpoints" / "step-0000005")
    run_alone(shards, tmp_path, resume=True)
    assert_same_weights(alone, tmp_path)


@pytest.mark.slow
def test_two_processes_go_on_where_one_stopped(shards: Path, alone: Path, tmp_path: Path) -> None:
    shutil.copytree(alone / "checkpoints" / "step-0000005", tmp_path / "checkpoints" / "step-0000005")
    launch(shards, tmp_path, "--resume")
    assert_same_weights(alone, tmp_path)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # the compiler warns of itself, and an error inside it is taken for a failure
@pytest.mark.skipif(not shutil.which("g++"), reason="torch.compile needs a C++ compiler on a CPU")
def test_the_compiled_objective_in_bfloat16_is_close_to_the_plain_one_in_float32() -> None:
    random = torch.Generator().manual_seed(0)
    ids, labels = (torch.randint(0, 300, (2, 16), generator=random) for _ in range(2))
    found = []
    torch._dynamo.utils.counters.clear()
    for compiles in (False, True):
        model = build_model(replace(TINY, layers=3), vocab_size=300, end_of_text=0)
        for number, weight in enumerate(matrices(model)):
            torch.nn.init.normal_(weight, std=0.1, generator=torch.Generator().manual_seed(number))
        objective = compiled(model) if compiles else Objective(model)
        with torch.autocast("cpu", torch.bfloat16, enabled=compiles):
            loss = objective(ids, labels)
        loss.backward()
        found.append((float(loss.detach()), [weight.grad for weight in model.parameters()]))
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 2, "blocks share one program, the loss is another"
    assert found[1][0] == pytest.approx(found[0][0], rel=1e-2)
    for plain, fast in zip(found[0][1], found[1][1], strict=True):
        assert plain is not None
        assert fast is not None
        assert float((plain - fast).norm() / plain.norm()) < 0.1
