"""Preference tuning: of two answers to one prompt the better one gains (DPO, arXiv 2305.18290)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from python_slm.errors import CorpusError, TrainingError
from python_slm_training.pretrain.rows import IGNORED
from python_slm_training.tune.base import Base
from python_slm_training.tune.examples import INFILL, Encoded, Encoder, rng_of
from python_slm_training.tune.loop import Lesson, Loop, Watch
from python_slm_training.tune.mixture import Order, padded
from python_slm_training.tune.outcome import Outcome, fingerprint, finish, finished, folder_of
from python_slm_training.tune.pools import held_out_side
from python_slm_training.tune.trainee import Trainee, make_trainee, target_logits
from python_slm_training.tune.tune import computes_partial_logits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from python_slm_training.tune.config import PreferConfig
    from python_slm_training.tune.gradients import Objective

Pair = dict[str, Any]
"""``{"prefix", "suffix", "path", "chosen", "rejected"}``, or ``{"task", "source", …}`` for any other task."""

PairBatch = tuple["Tensor", "Tensor", "Tensor"]
"""Ids and labels, (2 · pairs, length), chosen ones first; what the model said at first, nats, (2 · pairs,)."""


def prefer(
    base: str | Path,
    pairs: Path | Sequence[Pair],
    out: Path,
    config: PreferConfig,
    *,
    say: Callable[[str], object] = lambda _: None,
    resume: bool = False,
    watch: Watch | None = None,
) -> Outcome:
    """Teach ``base`` which answers are better; leaves ``out/adapter`` or ``out/final`` as ``tune`` does.

    ``pairs`` is a JSON-lines file or a list; a twentieth of their files is held out. The held-out figures are
    ``preference``, the DPO loss a pair, and ``chosen``, nats per token of the better answers. Raises TrainingError.
    """
    if resume and (known := finished(out, config.method)):
        return known
    opened = Base.open(base)
    longest = min(config.max_tokens, opened.context_length())
    encoder = Encoder(opened.vocabulary.tokenizer, max_tokens=longest, spm_share=1.0)
    encoded = [(pair, both) for pair in read_pairs(pairs) if (both := _encode(pair, encoder))]
    learned = [both for pair, both in encoded if not held_out_side(pair)]
    held = [both for pair, both in encoded if held_out_side(pair)][: config.validation_examples]
    if not learned:
        raise TrainingError("no pairs to learn from that fit the model; make them with 'slm train pairs'")
    trainee, watch = make_trainee(opened, config), watch or Watch(say)
    reference = _reference(trainee, [*learned, *held], out / "reference.npy", config, watch)
    batches = PairBatches(learned, reference[: len(learned)], config)
    loss = dpo_loss(trainee, config)
    validation = list(pair_batches(held, reference[len(learned) :], config.micro_tokens))
    lesson = Lesson(
        batches,
        loss,
        {"preference": validation, "chosen": validation} if held else {},
        measures={"preference": dpo_loss(trainee, replace(config, anchor=0.0)), "chosen": chosen_loss(trainee)},
    )
    settings = {"base": fingerprint(opened), "pairs": len(encoded)}
    loop = Loop(trainee, lesson, config, out, settings=settings, watch=watch)
    return finish(out, trainee, config.method, config, loop.run(resume=resume, final=folder_of(out, config.method)))


def read_pairs(pairs: Path | Sequence[Pair]) -> Iterator[Pair]:
    """Pairs whose two answers differ. Raises CorpusError at a line that is not a pair."""
    lines: Sequence[Any] = pairs.read_text(encoding="utf-8").splitlines() if isinstance(pairs, Path) else pairs
    for number, line in enumerate(lines, start=1):
        try:
            pair = json.loads(line) if isinstance(line, str) else line
        except ValueError as error:
            raise CorpusError(f"pair {number}: not JSON ({error}); make it with 'slm train pairs'") from error
        names = ("prefix", "suffix") if pair.get("task", INFILL) == INFILL else ("source",)
        missing = [name for name in (*names, "chosen", "rejected") if not isinstance(pair.get(name), str)]
        if missing:
            raise CorpusError(f"pair {number}: no {missing[0]}; make it with 'slm train pairs'")
        if pair["chosen"] != pair["rejected"]:
            yield {"task": INFILL, **pair}


def _encode(pair: Pair, encoder: Encoder) -> tuple[Encoded, Encoded] | None:
    """Chosen and rejected, asked as serving asks; None where one does not fit."""
    chosen, rejected = (encoder.encode({**pair, "target": pair[name]}, rng_of(0)) for name in ("chosen", "rejected"))
    return (chosen, rejected) if chosen and rejected else None


class PairBatches:
    """Batch ``i`` of pairs, always the same."""

    def __init__(
        self, pairs: Sequence[tuple[Encoded, Encoded]], reference: NDArray[np.float32], config: PreferConfig
    ) -> None:
        self._pairs, self._reference, self._config = pairs, reference, config
        self._order = Order(len(pairs), config.seed, 7)

    def __getitem__(self, number: int) -> list[PairBatch]:
        """Micro-batches of whole pairs."""
        first = number * self._config.batch_examples
        places = [self._order[place] for place in range(first, first + self._config.batch_examples)]
        return list(pair_batches([self._pairs[p] for p in places], self._reference[places], self._config.micro_tokens))


def pair_batches(
    pairs: Sequence[tuple[Encoded, Encoded]], reference: NDArray[np.float32], micro_tokens: int
) -> Iterator[PairBatch]:
    """Pairs of like length together, at most ``micro_tokens`` ids, padding included; ``reference`` is (pairs, 2)."""
    lengths = [max(len(one.ids) for one in pair) for pair in pairs]
    group: list[int] = []
    for place in sorted(range(len(pairs)), key=lengths.__getitem__):
        if group and 2 * (len(group) + 1) * lengths[place] > micro_tokens:
            yield _pair_batch(pairs, reference, group)
            group = []
        group.append(place)
    if group:
        yield _pair_batch(pairs, reference, group)


def _pair_batch(
    pairs: Sequence[tuple[Encoded, Encoded]], reference: NDArray[np.float32], places: Sequence[int]
) -> PairBatch:
    ids, labels = padded([*(pairs[place][0] for place in places), *(pairs[place][1] for place in places)])
    known = np.concatenate([reference[places, 0], reference[places, 1]]).astype(np.float32)
    return ids, labels, torch.from_numpy(known)


def sequence_log_likelihoods(trainee: Trainee, ids: Tensor, labels: Tensor) -> Tensor:
    """Log-likelihood of each row's targets, (rows,), nats."""
    logits, wanted = target_logits(trainee.network, ids, labels, partial=computes_partial_logits(trainee))
    losses = functional.cross_entropy(logits, wanted, reduction="none")
    rows = (labels != IGNORED).nonzero()[:, 0]
    return torch.zeros(len(ids), device=losses.device).index_add(0, rows, -losses)


def dpo_loss(trainee: Trainee, config: PreferConfig) -> Objective:
    """−log sigmoid(β · (gain of the chosen − gain of the rejected)) + anchor · the chosen's nats per token."""

    def objective(batch: Sequence[Tensor]) -> tuple[Tensor, int]:
        ids, labels, reference = batch
        said = sequence_log_likelihoods(trainee, ids, labels)
        chosen, rejected = (said - reference).chunk(2)
        loss = -functional.logsigmoid(config.beta * (chosen - rejected))
        if config.anchor:
            targets = (labels != IGNORED).sum(1).chunk(2)[0]
            loss = loss - config.anchor * said.chunk(2)[0] / targets
        return loss.sum(), len(loss)

    return objective


def chosen_loss(trainee: Trainee) -> Objective:
    """Nats per token of the chosen answers."""

    def objective(batch: Sequence[Tensor]) -> tuple[Tensor, int]:
        ids, labels = (tensor.chunk(2)[0] for tensor in batch[:2])
        return -sequence_log_likelihoods(trainee, ids, labels).sum(), int((labels != IGNORED).sum())

    return objective


def _reference(
    trainee: Trainee, pairs: Sequence[tuple[Encoded, Encoded]], path: Path, config: PreferConfig, watch: Watch
) -> NDArray[np.float32]:
    """What the untaught model says of every answer, (pairs, 2), nats: kept beside the run, also when half done."""
    found = np.full(2 * len(pairs), np.nan, np.float32)
    if path.exists() and np.load(path).size == found.size:
        found = np.load(path).reshape(-1)
    unknown = [place for place in range(len(pairs)) if np.isnan(found[2 * place : 2 * place + 2]).any()]
    if unknown:
        watch.say(f"measuring what the model says before it is taught: {len(unknown)} pairs")
    numbers = np.array([[2 * place, 2 * place + 1] for place in unknown], np.float32).reshape(-1, 2)
    path.parent.mkdir(parents=True, exist_ok=True)
    trainee.model.eval()
    saved = watch.clock()
    for ids, labels, places in pair_batches([pairs[place] for place in unknown], numbers, config.micro_tokens):
        on = [tensor.to(trainee.device) for tensor in (ids, labels)]
        with torch.no_grad(), torch.autocast(trainee.device.type, torch.bfloat16, enabled=on[0].is_cuda):
            said = sequence_log_likelihoods(trainee, *on)
        found[places.long().numpy()] = said.float().cpu().numpy()
        if watch.clock() - saved > 60 * config.checkpoint_minutes:
            saved = watch.clock()
            _save_array(path, found)
    trainee.model.train()
    _save_array(path, found)
    return found.reshape(-1, 2)


def _save_array(path: Path, values: NDArray[np.float32]) -> None:
    """Whole or not at all."""
    partial = path.with_suffix(".partial.npy")
    np.save(partial, values)
    partial.replace(path)
