"""Muon: momentum whose update is the nearest orthogonal matrix (https://kellerjordan.github.io/posts/muon).

``torch.optim.Muon`` orthogonalises in bfloat16, which took 27-38 % of a step on a CPU without bfloat16 arithmetic;
this one keeps the gradient's own type there and uses bfloat16 on a GPU alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.optim import Optimizer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torch import Tensor

_QUINTIC = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 5


def orthogonalized(matrix: Tensor) -> Tensor:
    """A matrix of the same shape and singular vectors whose singular values are all near 1 (0.7 to 1.2)."""
    a, b, c = _QUINTIC
    x = matrix.bfloat16() if matrix.is_cuda else matrix
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    x = x / (x.norm() + 1e-7)
    for _ in range(_ITERATIONS):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    whole: Tensor = (x.T if tall else x).to(matrix.dtype)
    return whole


class Muon(Optimizer):
    """For matrices only. ``apply`` maps a function over them: pass a thread pool's ``map`` to use every core."""

    def __init__(
        self,
        params: Iterable[Tensor],
        *,
        lr: float,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
        apply: Callable[..., Iterable[Tensor]] = map,
    ) -> None:
        super().__init__(list(params), {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        self._apply = apply

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One Nesterov step with decoupled weight decay; takes no closure."""
        assert closure is None
        for group in self.param_groups:
            params = [param for param in group["params"] if param.grad is not None]
            directions = [self._direction(param, group["momentum"]) for param in params]
            for param, update in zip(params, self._apply(_inference(orthogonalized), directions), strict=True):
                rows, columns = param.shape
                param.mul_(1 - group["lr"] * group["weight_decay"])
                param.add_(update, alpha=-group["lr"] * max(1.0, rows / columns) ** 0.5)

    def _direction(self, param: Tensor, momentum: float) -> Tensor:
        state: dict[str, Any] = self.state[param]
        if not state:
            state["momentum"] = torch.zeros_like(param)
        assert param.grad is not None
        state["momentum"].lerp_(param.grad, 1 - momentum)
        return param.grad.lerp(state["momentum"], momentum)


def _inference(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """``function`` without gradients: the switch is per thread, so a pool's threads have to set it themselves."""

    def call(tensor: Tensor) -> Tensor:
        with torch.no_grad():
            return function(tensor)

    return call
