"""The recipe, the schedule, the optimiser and the loss."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from python_slm.errors import TrainingError
from python_slm_training.pretrain import entropy, journal
from python_slm_training.pretrain.batches import RowNumbers
from python_slm_training.pretrain.config import Config, presets
from python_slm_training.pretrain.gradients import AcceleratedGradients, ThreadedGradients
from python_slm_training.pretrain.journal import read_metrics
from python_slm_training.pretrain.model import Objective, build_model, matrices, others
from python_slm_training.pretrain.muon import Muon, orthogonalized
from python_slm_training.pretrain.processes import Processes
from python_slm_training.pretrain.rows import IGNORED
from python_slm_training.pretrain.schedule import progress_of, rate_factor
from python_slm_training.pretrain.speed import Speedometer, flops_per_token, matmul_rate

if TYPE_CHECKING:
    from pathlib import Path

TINY = Config(hidden_size=32, layers=2, heads=2, kv_heads=1, intermediate_size=48, head_dim=16, context_length=32)


@pytest.mark.parametrize("name", presets())
def test_every_shipped_recipe_is_valid(name: str) -> None:
    assert Config.preset(name).batch_tokens > 0


def test_an_unknown_preset_lists_those_there_are() -> None:
    with pytest.raises(TrainingError, match="cpu"):
        Config.preset("7b")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("colour = 1", "no such key colour"),
        ("layers = 2.5", "layers must be of type int"),
        ("layers = true", "layers must be of type int"),
        ("layers = ", "not a recipe"),
        ("fim_rate = 1.5", "not between 0 and 1"),
        ("kv_heads = 3", "not a multiple of kv_heads"),
        ("batch_rows = 7", "not a multiple of micro_rows"),
        ("warmup = 0.5", "exceed 1"),
        ("matrix_optimizer = 1", "must be of type str"),
        ('matrix_optimizer = "sgd"', "none of muon, adamw"),
    ],
)
def test_a_wrong_recipe_names_its_key(tmp_path: Path, line: str, message: str) -> None:
    lines = {"hidden_size": "32", "layers": "2", "heads": "2", "kv_heads": "1", "intermediate_size": "48"}
    key, _, value = line.partition(" = ")
    (tmp_path / "x.toml").write_text("".join(f"{k} = {v}\n" for k, v in {**lines, key: value}.items()), "utf-8")
    with pytest.raises(TrainingError, match=message):
        Config.from_toml(tmp_path / "x.toml")


def test_a_recipe_without_a_shape_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("layers = 2\n", "utf-8")
    with pytest.raises(TrainingError, match="is missing"):
        Config.from_toml(tmp_path / "x.toml")


@settings(deadline=None)
@given(progress=st.floats(0, 1), warmup=st.floats(0, 0.3), cooldown=st.floats(0.01, 0.7))
def test_the_rate_is_between_nothing_and_its_peak(progress: float, warmup: float, cooldown: float) -> None:
    assert 0 <= rate_factor(progress, warmup=warmup, cooldown=cooldown) <= 1


def test_the_rate_rises_stays_and_falls_to_zero() -> None:
    factors = [rate_factor(progress, warmup=0.1, cooldown=0.5) for progress in (0.05, 0.1, 0.3, 0.5, 0.75, 1)]
    assert factors == pytest.approx([0.5, 1, 1, 1, 0.5, 0])


def test_progress_follows_whichever_budget_is_further_along() -> None:
    assert progress_of(step=5, steps=10, elapsed_s=0, minutes=0) == 0.5
    assert progress_of(step=5, steps=0, elapsed_s=90, minutes=2) == 0.75
    assert progress_of(step=5, steps=10, elapsed_s=90, minutes=2) == 0.75
    assert progress_of(step=50, steps=10, elapsed_s=0, minutes=0) == 1


@settings(deadline=None)
@given(rows=st.integers(1, 24), columns=st.integers(1, 24), seed=st.integers(0, 1000))
def test_muon_directions_have_singular_values_near_one(rows: int, columns: int, seed: int) -> None:
    matrix = torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))
    before, after = torch.linalg.svdvals(matrix), torch.linalg.svdvals(orthogonalized(matrix))
    solid = before > 0.05 * before.max()  # five iterations do not lift a singular value from nothing
    assert (after[solid] > 0.3).all()
    assert (after < 1.3).all()


def test_muon_keeps_singular_vectors() -> None:
    matrix = torch.randn(6, 9, generator=torch.Generator().manual_seed(1))
    u, s, v = torch.linalg.svd(orthogonalized(matrix), full_matrices=False)
    assert s.min() > 0.3
    nearest = torch.linalg.svd(matrix, full_matrices=False)
    assert torch.allclose(u @ v, nearest.U @ nearest.Vh, atol=1e-3)


def test_muon_finds_a_minimum() -> None:
    weight = torch.nn.Parameter(torch.zeros(4, 6))
    target = torch.randn(4, 6, generator=torch.Generator().manual_seed(2))
    muon = Muon([weight], lr=0.1)
    for step in range(200):
        muon.param_groups[0]["lr"] = 0.1 * (1 - step / 200)
        muon.zero_grad()
        (weight - target).square().sum().backward()  # type: ignore[no-untyped-call]
        muon.step()
    assert (weight - target).abs().max() < 0.1


def test_muon_takes_matrices_and_adam_the_rest() -> None:
    model = build_model(TINY, vocab_size=300, end_of_text=0)
    hidden, rest = matrices(model), others(model)
    assert len(hidden) == TINY.layers * 7
    assert all(weight.ndim == 2 for weight in hidden)
    assert sum(weight.numel() for weight in [*hidden, *rest]) == sum(weight.numel() for weight in model.parameters())


def test_a_fresh_model_is_the_same_for_the_same_seed() -> None:
    first, second = (build_model(TINY, vocab_size=300, end_of_text=0).state_dict() for _ in range(2))
    other = build_model(replace(TINY, seed=1), vocab_size=300, end_of_text=0).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["model.embed_tokens.weight"], other["model.embed_tokens.weight"])


def test_the_models_configuration_states_the_rope_base() -> None:
    assert build_model(TINY, vocab_size=300, end_of_text=0).config.to_dict()["rope_theta"] == 10000.0


def test_loss_is_that_of_the_stock_class_and_skips_padding() -> None:
    model = build_model(TINY, vocab_size=300, end_of_text=0)
    for weight in matrices(model):
        torch.nn.init.normal_(weight, std=0.2)
    ids = torch.randint(0, 300, (3, 20), generator=torch.Generator().manual_seed(0))
    labels = ids[:, 1:].clone()
    labels[1, 5:] = IGNORED
    with torch.no_grad():
        logits = model(input_ids=ids[:, :-1]).logits
        wanted = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="sum"
        )
        assert float(Objective(model)(ids[:, :-1], labels)) == pytest.approx(float(wanted), rel=1e-5)
    assert float(wanted) / 43 == pytest.approx(math.log(300), rel=0.2)


@pytest.mark.parametrize("chunk", [7, 1024])
def test_the_chunked_loss_and_its_gradients_are_those_of_cross_entropy(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entropy, "CPU_CHUNK", chunk)
    random = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 50, (40,), generator=random)
    labels[5:9] = IGNORED
    found = []
    for ours in (True, False):
        hidden = torch.randn(40, 8, generator=torch.Generator().manual_seed(1), requires_grad=True)
        weight = torch.randn(50, 8, generator=torch.Generator().manual_seed(2), requires_grad=True)
        if ours:
            loss = entropy.linear_cross_entropy(hidden, weight, labels)
        else:
            logits = hidden @ weight.T
            loss = torch.nn.functional.cross_entropy(logits, labels, ignore_index=IGNORED, reduction="sum")
        (loss / 3).backward()  # type: ignore[no-untyped-call]
        found.append((loss, hidden.grad, weight.grad))
    for one, other in zip(*found, strict=True):
        assert one is not None
        assert other is not None
        assert torch.allclose(one, other, atol=1e-5)


def test_the_loss_alone_needs_no_gradient() -> None:
    hidden, weight, labels = torch.randn(4, 8), torch.randn(9, 8), torch.tensor([1, 2, IGNORED, 3])
    wanted = torch.nn.functional.cross_entropy(hidden @ weight.T, labels, ignore_index=IGNORED, reduction="sum")
    with torch.no_grad():
        assert torch.allclose(entropy.linear_cross_entropy(hidden, weight, labels), wanted)


def test_a_stack_is_orthogonalized_matrix_by_matrix() -> None:
    stack = (
        torch.randn(3, 6, 4, generator=torch.Generator().manual_seed(3)) * torch.tensor([1.0, 1e3, 1e-3])[:, None, None]
    )
    assert torch.allclose(orthogonalized(stack), torch.stack([orthogonalized(one) for one in stack]), atol=1e-5)


def test_muon_in_stacks_moves_weights_as_muon_one_by_one() -> None:
    moved = []
    for processes in (None, Processes()):
        random = torch.Generator().manual_seed(4)
        weights = [
            torch.nn.Parameter(torch.randn(shape, generator=random)) for shape in [(4, 6), (6, 4), (4, 6), (4, 6)]
        ]
        muon = Muon(weights, lr=0.1, weight_decay=0.1, processes=processes)
        for _ in range(3):
            for weight in weights:
                weight.grad = torch.randn(weight.shape, generator=random)
            muon.step()
        moved.append(weights)
    for one, other in zip(*moved, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_processes_share_the_rows_of_each_step(count: int) -> None:
    config = replace(TINY, batch_rows=16, micro_rows=2)
    share = config.batch_rows // count
    read = [list(islice(RowNumbers(config, step=3, rank=rank, count=count), 2 * share)) for rank in range(count)]
    first, second = ({row for rows in read for row in rows[part : part + share]} for part in (0, share))
    assert first == set(range(48, 64))
    assert second == set(range(64, 80))
    assert read[0][:2] == [48, 49]


def test_operations_of_a_token_are_those_of_its_matrix_products() -> None:
    layer = 32 * 32 + 2 * 32 * 16 + 32 * 32 + 3 * 32 * 48
    attention = 2 * 32 * (32 / 2)
    wanted = 3 * 2 * (2 * (layer + attention) + 300 * 32)
    assert flops_per_token(TINY, vocab_size=300) == wanted


def test_speed_is_a_fraction_of_the_devices_own() -> None:
    now = iter([0.0, 1.0, 3.0])
    meter = Speedometer(batch_tokens=100, token_flops=1e6, peak=1e8, clock=lambda: next(now))
    meter.restart()
    speed = meter.read()
    assert (speed.tokens_per_s, speed.fraction) == (50.0, 0.5)


def test_the_matmul_rate_of_this_machine_is_plausible() -> None:
    objective = Objective(build_model(TINY, vocab_size=300, end_of_text=0))
    way = AcceleratedGradients(objective, torch.float32, Processes())
    assert 1e8 < matmul_rate(torch.device("cpu"), torch.float32, way) < 1e14


def test_a_machine_without_tensorboard_and_matplotlib_still_keeps_metrics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "find_spec", lambda _: None)
    said: list[str] = []
    kept = journal.Journal(tmp_path, step=0, say=said.append)
    kept.tell(1, loss=2.0)
    kept.plot()
    kept.close()
    assert read_metrics(tmp_path / "metrics.jsonl") == [{"step": 1, "loss": 2.0}]
    assert "no tensorboard" in said[0]
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.jsonl"]


def test_both_ways_to_a_gradient_agree() -> None:
    random = torch.Generator().manual_seed(0)
    batch = [(torch.randint(0, 300, (2, 16), generator=random), torch.randint(0, 300, (2, 16), generator=random))] * 3
    batch[1][1][0, 3:] = IGNORED
    threads = torch.get_num_threads()
    found = []
    for threaded in (True, False):
        model = build_model(TINY, vocab_size=300, end_of_text=0)
        way = (
            ThreadedGradients(Objective(model), 2)
            if threaded
            else AcceleratedGradients(Objective(model), torch.float32, Processes())
        )
        loss = way.compute(batch)
        found.append((loss, [weight.grad for weight in model.parameters()]))
    torch.set_num_threads(threads)
    assert float(found[0][0]) == pytest.approx(float(found[1][0]), rel=1e-5)
    for one, other in zip(found[0][1], found[1][1], strict=True):
        assert one is not None
        assert other is not None
        assert torch.allclose(one, other, atol=1e-6)


def test_a_half_written_metric_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text('{"step": 1}\n{"ste', "utf-8")
    assert read_metrics(tmp_path / "metrics.jsonl") == [{"step": 1}]
