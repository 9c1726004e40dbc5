"""Distillation: a student learns the distributions of a larger teacher with the same tokenizer (arXiv 1503.02531)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

from python_slm.errors import TrainingError
from python_slm_training.pretrain.rows import RowOptions, Rows
from python_slm_training.tokenize.shards import Shards
from python_slm_training.tune.base import Base, tokenizer_json
from python_slm_training.tune.config import TuneConfig
from python_slm_training.tune.examples import Encoder
from python_slm_training.tune.loop import Lesson, Loop, Watch
from python_slm_training.tune.mixture import Mixture, mixture_weights
from python_slm_training.tune.outcome import Outcome, fingerprint, finish, finished, folder_of
from python_slm_training.tune.pools import read_pools
from python_slm_training.tune.trainee import Trainee, make_trainee, target_logits
from python_slm_training.tune.tune import computes_partial_logits, held_out_tasks, token_loss

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from torch import Tensor

    from python_slm_training.tune.config import DistillConfig
    from python_slm_training.tune.gradients import Objective
    from python_slm_training.tune.mixture import MicroBatch


class RowBatches:
    """Pretraining rows as batches: batch ``i`` is always the same."""

    def __init__(self, shards: Shards, options: RowOptions, *, batch_rows: int, micro_rows: int) -> None:
        self._rows, self._batch_rows, self._micro_rows = Rows(shards, options), batch_rows, micro_rows

    def __getitem__(self, number: int) -> list[MicroBatch]:
        """Micro-batches of ``micro_rows`` rows."""
        first = number * self._batch_rows
        rows = [self._rows[place] for place in range(first, first + self._batch_rows)]
        groups = [rows[start : start + self._micro_rows] for start in range(0, len(rows), self._micro_rows)]
        return [
            (
                torch.stack([torch.from_numpy(row.ids) for row in group]),
                torch.stack([torch.from_numpy(row.labels) for row in group]),
            )
            for group in groups
        ]


def distill(
    teacher: str | Path,
    student: str | Path,
    data: Path,
    out: Path,
    config: DistillConfig,
    *,
    say: Callable[[str], object] = lambda _: None,
    resume: bool = False,
    watch: Watch | None = None,
) -> Outcome:
    """Train ``student`` on ``data``, token shards or a TASKS folder, beside a frozen ``teacher``; leaves ``out/final``.

    Held-out losses are of the text alone, so that runs with and without a teacher compare. Raises TrainingError when
    the tokenizers differ.
    """
    if resume and (known := finished(out, "full")):
        return known
    small, large = Base.open(student), Base.open(teacher)
    check_same_tokenizer(large, small)
    trainee = make_trainee(small, TuneConfig(method="full", steps=1, seed=config.seed, recompute=config.recompute))
    dtype = torch.bfloat16 if trainee.device.type == "cuda" else torch.float32
    frozen = large.load(dtype=dtype, device=str(trainee.device)).eval().requires_grad_(requires_grad=False)
    longest = min(config.max_tokens, small.context_length(), large.context_length())
    is_shards = (data / "meta.json").exists()
    batches, held_out = (_rows if is_shards else _tasks)(data, trainee, longest, config)
    lesson = Lesson(
        batches, _objective(trainee, frozen, config), held_out, dict.fromkeys(held_out, token_loss(trainee))
    )
    settings = {"student": fingerprint(small), "teacher": fingerprint(large), "data": str(data.resolve())}
    loop = Loop(trainee, lesson, config, out, settings=settings, watch=watch or Watch(say))
    return finish(out, trainee, "full", config, loop.run(resume=resume, final=folder_of(out, "full")))


def check_same_tokenizer(teacher: Base, student: Base) -> None:
    """Raise TrainingError unless every id means the same to both."""
    one, other = (_meaning(base.vocabulary.text) for base in (teacher, student))
    if one != other:
        raise TrainingError(
            f"{teacher.folder} and {student.folder} have different tokenizers; distillation compares distributions "
            "over the same ids: train the student with the teacher's tokenizer"
        )


def _meaning(text: str) -> tuple[Any, ...]:
    content = json.loads(text)
    added = sorted((token["id"], token["content"]) for token in content["added_tokens"])
    return content["model"]["vocab"], content["model"].get("merges"), content.get("pre_tokenizer"), added


def _rows(
    data: Path, trainee: Trainee, longest: int, config: DistillConfig
) -> tuple[RowBatches, dict[str, list[MicroBatch]]]:
    """Pretraining rows to learn from, and plain ones held out."""
    if _meaning(tokenizer_json(data)) != _meaning(trainee.base.vocabulary.text):
        raise TrainingError(f"{data}: encoded with another tokenizer than the student's; make the shards with that one")
    learned = RowOptions(longest, config.fim_rate, config.spm_share, 0.5, 0.5, config.seed)
    plain = RowOptions(longest, 0.0, 0.0, 0.0, 0.0, 0)
    micro = max(1, config.micro_tokens // longest)
    batches = RowBatches(Shards(data, "train"), learned, batch_rows=config.batch_examples, micro_rows=micro)
    held = RowBatches(Shards(data, "valid"), plain, batch_rows=config.validation_examples, micro_rows=micro)
    return batches, {"general": held[0]}


def _tasks(
    data: Path, trainee: Trainee, longest: int, config: DistillConfig
) -> tuple[Mixture, dict[str, list[MicroBatch]]]:
    """Task examples to learn from, and held out."""
    pools = read_pools(data, most=200_000)
    encoder = Encoder(trainee.base.vocabulary.tokenizer, max_tokens=longest, spm_share=config.spm_share)
    mixture = Mixture(
        pools.train,
        [],
        encoder,
        mixture_weights({task: len(pool) for task, pool in pools.train.items()}, {}, 0.0),
        batch_examples=config.batch_examples,
        micro_tokens=config.micro_tokens,
        seed=config.seed,
    )
    return mixture, held_out_tasks(pools.valid, encoder, config)


def _objective(trainee: Trainee, teacher: Any, config: DistillConfig) -> Objective:
    """``kl_share`` · T² · KL(teacher ‖ student) at temperature T + the rest · cross entropy, summed over targets."""
    partial = computes_partial_logits(trainee)
    size = trainee.base.vocabulary.tokenizer.vocab_size  # rows beyond it pad the embedding
    share, heat = config.kl_share, config.temperature

    def objective(batch: Sequence[Tensor]) -> tuple[Tensor, int]:
        logits, wanted = target_logits(trainee.network, *batch, partial=partial)
        loss = functional.cross_entropy(logits, wanted, reduction="sum")
        if not share:
            return loss, len(wanted)
        with torch.no_grad():
            known, _ = target_logits(teacher, *batch, partial=partial)
        divergence = functional.kl_div(
            functional.log_softmax(logits[:, :size] / heat, dim=-1),
            functional.log_softmax(known[:, :size] / heat, dim=-1),
            reduction="sum",
            log_target=True,
        )
        return share * heat**2 * divergence + (1 - share) * loss, len(wanted)

    return objective
