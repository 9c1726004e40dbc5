"""One run in several processes: weights, gradients and optimiser states lie in shards (FSDP2), the schedule is one.

``torch.distributed.fsdp.fully_shard`` was chosen over FSDP1 and over replicas: weights stay matrices of their own
(DTensors), so Muon can gather whole ones, a checkpoint is gathered by name into the same files that one process writes,
and a run may go on with another number of processes. It runs on gloo, so all of it is tested without a GPU.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from accelerate import PartialState
from torch import distributed
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

if TYPE_CHECKING:
    from torch import Tensor, nn


class Processes:
    """The process among those of ``accelerate launch``; of one, all of this does nothing."""

    def __init__(self) -> None:
        state = PartialState()
        self.rank, self.count = int(state.process_index), int(state.num_processes)
        self.device: torch.device = state.device
        self._control: Any = None
        if self.count > 1:
            self._mesh = init_device_mesh(self.device.type, (self.count,))
            self._control = distributed.new_group(backend="gloo")  # the clock is agreed on without waiting for the GPU

    @property
    def first(self) -> bool:
        """Whether this is the process that writes files and talks."""
        return self.rank == 0

    def close(self) -> None:
        """End what connects the processes."""
        if self.count > 1:
            PartialState().destroy_process_group()

    def shard(self, model: nn.Module, blocks: list[nn.Module]) -> None:
        """Shard ``blocks`` each on its own, then what is left of ``model``. Optimisers are made afterwards."""
        if self.count > 1:
            for module in [*blocks, model]:
                fully_shard(module, mesh=self._mesh)

    def synchronize_gradients(self, model: nn.Module, *, now: bool) -> None:
        """Whether the next backward pass shares its gradients, or keeps them for a later one to share."""
        if isinstance(model, FSDPModule):
            model.set_requires_gradient_sync(now)

    def sum(self, value: Tensor) -> Tensor:
        """Sum over the processes, in place."""
        if self.count > 1:
            distributed.all_reduce(value)
        return value

    def agreed(self, *values: float) -> list[float]:
        """The largest of each value over the processes: what depends on a clock or a signal must be one."""
        if self.count == 1:
            return list(values)
        found = torch.tensor(values, dtype=torch.float64)
        distributed.all_reduce(found, distributed.ReduceOp.MAX, group=self._control)
        return [float(value) for value in found]

    def stacked(self, shares: Tensor) -> Tensor:
        """(count × n, ...) from each process's (n, ...), in the order of the processes."""
        if self.count == 1:
            return shares
        whole = shares.new_empty((self.count * shares.shape[0], *shares.shape[1:]))
        distributed.all_gather_into_tensor(whole, shares.contiguous())
        return whole


def whole(tensor: Tensor) -> Tensor:
    """A tensor gathered from its shards; every process has to ask for it. One without shards is returned as it is."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def sharded_like(tensor: Tensor, pattern: Tensor) -> Tensor:
    """Own shard of a whole ``tensor`` that every process has, laid out as ``pattern`` is."""
    if not isinstance(pattern, DTensor):
        return tensor
    placed: Tensor = distribute_tensor(
        tensor.to(pattern.device), pattern.device_mesh, pattern.placements, src_data_rank=None
    )
    return placed
