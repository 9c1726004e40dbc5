"""Gradients of one batch for any objective: micro-batches shared among CPU threads, or one after the other on a GPU.

The loop of ``pretrain.gradients`` for weights of which only some learn, and losses that are not the next token's.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, TypeVar

import psutil
import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from torch import Tensor
    from torch.nn import Parameter

_In = TypeVar("_In")
_Out = TypeVar("_Out")


class Objective(Protocol):
    """What a run makes small."""

    def __call__(self, batch: Sequence[Tensor]) -> tuple[Tensor, int]:
        """Sum of the losses of a micro-batch, a scalar with a gradient, and how many losses were summed."""
        ...


class Gradients:
    """Leaves the gradient of a batch's mean loss in ``grad`` of each of ``weights``."""

    def __init__(self, weights: Sequence[Parameter], objective: Objective, device: torch.device, threads: int) -> None:
        self._weights, self._objective, self._device = list(weights), objective, device
        self._pool: ThreadPoolExecutor | None = None
        if device.type == "cpu":
            torch.set_num_threads(1)
            self._pool = ThreadPoolExecutor(threads, "gradients", initializer=torch.set_num_threads, initargs=(1,))

    def map(self, function: Callable[[_In], _Out], items: Iterable[_In]) -> Iterable[_Out]:
        """``map`` over the CPU's threads, results in order; the builtin on a GPU."""
        return self._pool.map(function, items) if self._pool else map(function, items)

    def compute(self, batch: Sequence[Sequence[Tensor]]) -> tuple[float, int]:
        """Mean loss of the batch and how many losses it is the mean of; adds up in the batch's order."""
        total, count = 0.0, 0
        sums: list[Tensor | None] = [None] * len(self._weights)
        for loss, losses, gradients in self.map(self._one, batch):
            total, count = total + loss, count + losses
            for place, gradient in enumerate(gradients):
                known = sums[place]
                if gradient is not None:
                    sums[place] = gradient if known is None else known.add_(gradient)
        for weight, gradient in zip(self._weights, sums, strict=True):
            weight.grad = gradient.div_(max(1, count)) if gradient is not None else None
        return total / max(1, count), count

    def measure(self, batches: Iterable[Sequence[Tensor]], objective: Objective) -> tuple[float, int]:
        """Sum and number of losses over ``batches``, without gradients."""

        def one(batch: Sequence[Tensor]) -> tuple[float, int]:
            with torch.no_grad():
                loss, count = self._loss(batch, objective)
            return float(loss), count

        total, count = 0.0, 0
        for loss, losses in self.map(one, batches):
            total, count = total + loss, count + losses
        return total, count

    def _one(self, batch: Sequence[Tensor]) -> tuple[float, int, Sequence[Tensor | None]]:
        loss, count = self._loss(batch, self._objective)
        if not count:
            return 0.0, 0, [None] * len(self._weights)
        return float(loss.detach()), count, torch.autograd.grad(loss, self._weights, allow_unused=True)

    def _loss(self, batch: Sequence[Tensor], objective: Objective) -> tuple[Tensor, int]:
        moved = [tensor.to(self._device, non_blocking=True) for tensor in batch]
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._device.type == "cuda"):
            return objective(moved)


def cores() -> int:
    """Cores that this process may use, where the system tells; else all."""
    return len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else os.cpu_count() or 1
