"""Muon: momentum whose update is the nearest orthogonal matrix (https://kellerjordan.github.io/posts/muon).

``torch.optim.Muon`` orthogonalises in bfloat16, which took 27-38 % of a step on a CPU without bfloat16 arithmetic;
this one keeps the gradient's own type there and uses bfloat16 on a GPU alone, one product for all matrices of a shape.
Among several processes each orthogonalises its share of them, and all gather the results.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.optim import Optimizer

from python_slm_training.pretrain.processes import sharded_like, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torch import Tensor

    from python_slm_training.pretrain.processes import Processes

_QUINTIC = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 5


def orthogonalized(matrix: Tensor) -> Tensor:
    """A matrix of the same shape and singular vectors whose singular values are all near 1 (0.7 to 1.2).

    Takes (rows, columns), or a stack (n, rows, columns) whose matrices are treated one by one.
    """
    a, b, c = _QUINTIC
    x = matrix.bfloat16() if matrix.is_cuda else matrix
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(_ITERATIONS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    found: Tensor = (x.mT if tall else x).to(matrix.dtype)
    return found


class Muon(Optimizer):
    """For matrices only. ``apply`` maps a function over them: pass a thread pool's ``map`` to use every core.

    With ``processes``, matrices of a shape are orthogonalised as one stack, shared among the processes.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        *,
        lr: float,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
        apply: Callable[..., Iterable[Tensor]] = map,
        processes: Processes | None = None,
    ) -> None:
        super().__init__(list(params), {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        self._apply, self._processes = apply, processes

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One Nesterov step with decoupled weight decay; takes no closure."""
        assert closure is None
        for group in self.param_groups:
            params = [param for param in group["params"] if param.grad is not None]
            if self._processes is None:
                directions = [self._direction(param, group["momentum"]) for param in params]
                self._update(params, self._apply(_inference(orthogonalized), directions), group)
            else:
                for alike in _by_shape(params):
                    self._update(alike, self._stacked(alike, group["momentum"], self._processes), group)

    def _update(self, params: list[Tensor], updates: Iterable[Tensor], group: dict[str, Any]) -> None:
        for param, update in zip(params, updates, strict=True):
            rows, columns = param.shape
            param.mul_(1 - group["lr"] * group["weight_decay"])
            param.add_(sharded_like(update, param), alpha=-group["lr"] * max(1.0, rows / columns) ** 0.5)

    def _stacked(self, params: list[Tensor], momentum: float, processes: Processes) -> Iterable[Tensor]:
        """Updates of matrices of one shape: this process's share computed here, the others' received."""
        directions = torch.stack([whole(self._direction(param, momentum)) for param in params])
        share = -(-len(params) // processes.count)
        padding = directions.new_zeros(share * processes.count - len(params), *directions.shape[1:])
        mine = torch.cat([directions, padding])[processes.rank * share :][:share]
        return processes.stacked(orthogonalized(mine))[: len(params)].unbind()

    def _direction(self, param: Tensor, momentum: float) -> Tensor:
        state: dict[str, Any] = self.state[param]
        if not state:
            state["momentum"] = torch.zeros_like(param)
        assert param.grad is not None
        state["momentum"].lerp_(param.grad, 1 - momentum)
        return param.grad.lerp(state["momentum"], momentum)


def _by_shape(params: list[Tensor]) -> list[list[Tensor]]:
    """Params of the same shape together, in the order of their first."""
    groups: dict[torch.Size, list[Tensor]] = {}
    for param in params:
        groups.setdefault(param.shape, []).append(param)
    return list(groups.values())


def _inference(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """``function`` without gradients: the switch is per thread, so a pool's threads have to set it themselves."""

    def call(tensor: Tensor) -> Tensor:
        with torch.no_grad():
            return function(tensor)

    return call
