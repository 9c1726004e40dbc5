"""Which optimiser trains what: hidden matrices by Muon (or AdamW, to compare), the rest by AdamW."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from python_slm_training.pretrain.model import matrices, others
from python_slm_training.pretrain.muon import Muon

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    from python_slm_training.pretrain.config import Config
    from python_slm_training.pretrain.processes import Processes

_ADAM_BETAS = (0.9, 0.95)


def build_optimizers(
    config: Config, model: nn.Module, *, apply: Callable[..., Any], processes: Processes | None
) -> list[torch.optim.Optimizer]:
    """Two optimisers whose groups know their ``peak`` rate. ``processes`` is None for threads on a CPU: see Muon."""
    fused = next(model.parameters()).is_cuda
    matrix: torch.optim.Optimizer
    if config.matrix_optimizer == "muon":
        matrix = Muon(
            matrices(model),
            lr=config.muon_rate,
            weight_decay=config.weight_decay,
            apply=apply,
            processes=processes,
        )
    else:
        matrix = torch.optim.AdamW(
            matrices(model),
            lr=config.muon_rate,
            betas=_ADAM_BETAS,
            eps=1e-10,
            weight_decay=config.weight_decay,
            fused=fused,
        )
    rest = torch.optim.AdamW(
        others(model), lr=config.adam_rate, betas=_ADAM_BETAS, eps=1e-10, weight_decay=0.0, fused=fused
    )
    for optimizer in (matrix, rest):
        for group in optimizer.param_groups:
            group["peak"] = group["lr"]
    return [matrix, rest]
