"""Batches of a task mixture: batch ``i`` is a pure function of (examples, weights, seed, i); a resumed run repeats it.

Each task is read in a seeded order, anew in each epoch; how many of its examples the first ``i`` batches hold is a
formula, so no counter has to be saved.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from python_slm.errors import TrainingError
from python_slm_training.pretrain.rows import IGNORED
from python_slm_training.pretrain.spans import choose_span
from python_slm_training.tune.examples import INFILL, Encoded, Encoder, rng_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray
    from torch import Tensor

    from python_slm_training.tune.examples import Example
    from python_slm_training.tune.pools import Document

MicroBatch = tuple["Tensor", "Tensor"]
"""Ids and labels, both (examples, length) int64; labels are shifted, IGNORED where nothing is to be learned."""

GENERAL = "general"
_FIM_RATE = 0.5
_LINE_SHARE = 0.5
_CHARACTERS = 3.0  # a token, roughly: what of a document is cut out before it is encoded


def mixture_weights(sizes: Mapping[str, int], wanted: Mapping[str, float], replay_rate: float) -> dict[str, float]:
    """Share of each task, summing to 1; ``wanted`` as in ``TuneConfig.task_weights``. Raises TrainingError."""
    unknown = sorted(set(wanted) - set(sizes))
    if unknown:
        raise TrainingError(f"no examples of task {unknown[0]}; there are {', '.join(sizes)}")
    raw = {task: wanted.get(task, 0.0) if wanted else math.sqrt(size) for task, size in sizes.items()}
    total = sum(raw.values())
    if min(raw.values(), default=0) < 0 or total <= 0:
        raise TrainingError("task weights must not be negative, and one must be above 0")
    shares = {task: (1 - replay_rate) * weight / total for task, weight in raw.items() if weight}
    return shares | ({GENERAL: replay_rate} if replay_rate else {})


class Order:
    """The endless line of one task's examples: a new permutation each epoch."""

    def __init__(self, size: int, *numbers: int) -> None:
        self._size, self._numbers = size, numbers

    def __getitem__(self, place: int) -> int:
        """Which example stands at ``place``."""
        epoch, offset = divmod(place, self._size)
        if epoch not in self._epochs:
            self._epochs.clear()
            self._epochs[epoch] = rng_of(*self._numbers, epoch).permutation(self._size)
        return int(self._epochs[epoch][offset])

    @cached_property
    def _epochs(self) -> dict[int, NDArray[np.int64]]:
        return {}


class Mixture:
    """A map-style dataset without an end: ``mixture[i]`` is batch ``i``, a list of micro-batches."""

    def __init__(
        self,
        pools: Mapping[str, Sequence[Example]],
        general: Sequence[Document],
        encoder: Encoder,
        weights: Mapping[str, float],
        *,
        batch_examples: int,
        micro_tokens: int,
        seed: int,
    ) -> None:
        self._pools: dict[str, Sequence[Any]] = {**pools, GENERAL: general}
        self._encoder, self._weights = encoder, dict(weights)
        self._batch_examples, self._micro_tokens, self._seed = batch_examples, micro_tokens, seed
        self._orders = {task: Order(len(self._pools[task]), seed, 2, at) for at, task in enumerate(self._weights)}

    def __getitem__(self, number: int) -> list[MicroBatch]:
        """Batch ``number``, always the same."""
        found: list[Encoded] = []
        for at, task in enumerate(self._weights):
            for place in range(self._drawn(task, at, number), self._drawn(task, at, number + 1)):
                rng = rng_of(self._seed, 3, at, place)
                one = self._encode(task, self._pools[task][self._orders[task][place]], rng)
                found += [one] if one else []
        return micro_batches(found, self._micro_tokens)

    def _drawn(self, task: str, at: int, batches: int) -> int:
        """How many examples of a task the first ``batches`` batches hold; tasks round at different places."""
        offset = (at + 0.5) / len(self._weights)
        return math.floor(batches * self._batch_examples * self._weights[task] + offset)

    def _encode(self, task: str, item: Any, rng: Generator) -> Encoded | None:
        return general_example(item, self._encoder, rng) if task == GENERAL else self._encoder.encode(item, rng)


def general_example(document: Document, encoder: Encoder, rng: Generator) -> Encoded | None:
    """A window of a document, left to right or with a hidden middle, half each; every id counts, as in pretraining."""
    size = int(encoder.max_tokens * _CHARACTERS * 0.8)
    start = int(rng.integers(0, max(1, len(document.text) - size)))
    start = document.text.rfind("\n", 0, start) + 1
    text = document.text[start : start + size]
    if not text.strip() or rng.random() >= _FIM_RATE:
        return encoder.whole(text, document.path, closed=start + size >= len(document.text))
    begin, end = choose_span(text, rng, line_share=_LINE_SHARE)
    hidden = {"task": INFILL, "prefix": text[:begin], "suffix": text[end:], "target": text[begin:end]}
    encoded = encoder.encode({**hidden, "path": document.path}, rng)
    return Encoded(encoded.ids, 1) if encoded else None


def micro_batches(examples: Sequence[Encoded], micro_tokens: int) -> list[MicroBatch]:
    """Examples of like length together, at most ``micro_tokens`` ids each, padding included; one always fits."""
    groups: list[list[Encoded]] = []
    for one in sorted(examples, key=lambda one: len(one.ids)):
        if groups and len(one.ids) * (len(groups[-1]) + 1) <= micro_tokens:
            groups[-1].append(one)
        else:
            groups.append([one])
    return [padded(group) for group in groups]


def padded(examples: Sequence[Encoded]) -> MicroBatch:
    """Ids and labels, padded on the right: what comes after the last label changes nothing before it."""
    length = max(len(one.ids) for one in examples) - 1
    ids = np.zeros((len(examples), length), np.int64)
    labels = np.full((len(examples), length), IGNORED, np.int64)
    for row, one in enumerate(examples):
        ids[row, : len(one.ids) - 1] = one.ids[:-1]
        labels[row, one.first - 1 : len(one.ids) - 1] = one.ids[one.first :]
    return torch.from_numpy(ids), torch.from_numpy(labels)
