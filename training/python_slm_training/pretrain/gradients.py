"""Gradients of one batch, two ways: micro-batches shared among CPU threads, or one after the other on anything else.

On a CPU each thread takes whole micro-batches with single-threaded kernels. Measured on two busy cores, 6.2 M
parameters: 1,863-2,176 tokens/s against 220-669 with two-threaded kernels, which wait for each other in every one.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

import torch

from python_slm_training.pretrain.rows import IGNORED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from torch import Tensor

    from python_slm_training.pretrain.model import Objective
    from python_slm_training.pretrain.processes import Processes

_In = TypeVar("_In")
_Out = TypeVar("_Out")
MicroBatch: TypeAlias = "tuple[Tensor, Tensor]"
"""Ids and labels, both (micro_rows, context_length) int64."""


class Gradients(Protocol):
    """Leaves the gradient of the batch's mean loss in every parameter's ``grad``."""

    def compute(self, batch: Sequence[MicroBatch]) -> Tensor:
        """Mean loss of the batch, nats per target: a scalar that may still be on its way on the device."""
        ...

    def map(self, function: Callable[[_In], _Out], items: Iterable[_In]) -> Iterable[_Out]:
        """``map``, over whatever cores there are."""
        ...

    def loss(self, batch: MicroBatch) -> Tensor:
        """Summed loss of a micro-batch, without gradients."""
        ...


class ThreadedGradients:
    """Single-threaded kernels in ``threads`` threads; sums in the batch's order, so a run repeats bit for bit."""

    def __init__(self, objective: Objective, threads: int) -> None:
        torch.set_num_threads(1)
        self._objective = objective
        self._parameters = list(objective.parameters())
        self._pool = ThreadPoolExecutor(threads, "gradients", initializer=torch.set_num_threads, initargs=(1,))

    def map(self, function: Callable[[_In], _Out], items: Iterable[_In]) -> Iterable[_Out]:
        """``map`` in the pool's threads, results in order."""
        return self._pool.map(function, items)

    def compute(self, batch: Sequence[MicroBatch]) -> Tensor:
        """Mean loss of the batch, nats per target; sets ``grad``."""
        targets = max(1, sum(targets_in(labels) for _, labels in batch))
        total = 0.0
        for number, (loss, gradients) in enumerate(self._pool.map(self._one, batch)):
            total += loss
            for parameter, gradient in zip(self._parameters, gradients, strict=True):
                if number == 0:
                    parameter.grad = gradient
                else:
                    assert parameter.grad is not None
                    parameter.grad += gradient
        for parameter in self._parameters:
            assert parameter.grad is not None
            parameter.grad /= targets
        return torch.tensor(total / targets, dtype=torch.float64)

    def _one(self, batch: MicroBatch) -> tuple[float, tuple[Tensor, ...]]:
        loss = self._objective(*batch)
        return loss.item(), torch.autograd.grad(loss, self._parameters)

    def loss(self, batch: MicroBatch) -> Tensor:
        """Summed loss of a micro-batch, without gradients."""
        with torch.no_grad():
            found: Tensor = self._objective(*batch)
            return found


class AcceleratedGradients:
    """One forward and backward pass after the other, on the process's device; matrix products in ``kind``.

    Each process passes its own micro-batches, as many as every other. Nothing here waits for the device.
    """

    def __init__(self, objective: Objective, kind: torch.dtype, processes: Processes) -> None:
        self._objective, self._kind, self._processes = objective, kind, processes

    def map(self, function: Callable[[_In], _Out], items: Iterable[_In]) -> Iterable[_Out]:
        """The builtin: the device is parallel enough."""
        return map(function, items)

    def compute(self, batch: Sequence[MicroBatch]) -> Tensor:
        """Mean loss of the batch over all processes, nats per target; sets ``grad``."""
        processes = self._processes
        targets = torch.tensor(float(sum(targets_in(labels) for _, labels in batch)))
        targets = processes.sum(targets.to(processes.device)).clamp_min(1)
        total = torch.zeros((), device=processes.device)
        for number, micro in enumerate(batch, start=1):
            processes.synchronize_gradients(self._objective, now=number == len(batch))
            with self._autocast():
                loss = self._objective(*self._moved(micro))
            (loss * (processes.count / targets)).backward()  # shared gradients are means over the processes
            total += loss.detach()
        return processes.sum(total) / targets

    def loss(self, batch: MicroBatch) -> Tensor:
        """Summed loss of a micro-batch, without gradients."""
        with torch.no_grad(), self._autocast():
            found: Tensor = self._objective(*self._moved(batch))
            return found

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self._processes.device.type, self._kind, enabled=self._kind != torch.float32)

    def _moved(self, batch: MicroBatch) -> MicroBatch:
        ids, labels = batch
        device = self._processes.device
        return ids.to(device, non_blocking=True), labels.to(device, non_blocking=True)


def targets_in(labels: Tensor) -> int:
    """How many positions have a target."""
    return int((labels != IGNORED).sum())
