"""Cross entropy of the last layer without ever holding all logits: 16,384 ids × 65,536 positions would be 4 GB.

A chunk of positions at a time, the gradients of both inputs are computed with the loss, in the forward pass, and wait
there until the backward pass scales them (the idea of Liger Kernel, arXiv:2410.10989). So logits live for one chunk and
are made once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch.nn import functional

from python_slm_training.pretrain.rows import IGNORED

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    Piece: TypeAlias = Callable[[Tensor, Tensor, Tensor, bool], tuple[Tensor, Tensor | None]]

CPU_CHUNK = 1024  # positions: the logits stay in what the allocator has at hand
GPU_CHUNK = 16384


def chunk_loss(hidden: Tensor, weight: Tensor, labels: Tensor, wants_gradient: bool) -> tuple[Tensor, Tensor | None]:  # noqa: FBT001
    """Loss of one chunk, summed, and the gradient of its logits in ``hidden``'s type.

    hidden (n, d) and weight (ids, d) of one floating type, labels (n,) int64.
    """
    logits = functional.linear(hidden, weight).float()
    normalizer = logits.logsumexp(-1, keepdim=True)
    counted = (labels != IGNORED).unsqueeze(1)
    wanted = labels.clamp_min(0).unsqueeze(1)
    loss = ((normalizer - logits.gather(1, wanted)) * counted).sum()
    if not wants_gradient:
        return loss, None
    if torch.compiler.is_compiling():  # one kernel from logits to gradient; a scatter would need them in memory
        target = torch.arange(weight.shape[0], device=labels.device) == wanted
        gradient = ((logits - normalizer).exp() - target.float()) * counted
    else:
        gradient = logits.sub_(normalizer).exp_()
        gradient.scatter_add_(1, wanted, torch.full_like(normalizer, -1.0)).mul_(counted)
    return loss, gradient.to(hidden.dtype)


class _LinearCrossEntropy(torch.autograd.Function):
    """See ``linear_cross_entropy``."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, labels: Tensor, piece: Piece) -> Tensor:
        """Loss, with the gradients it will have to give kept on ``ctx``."""
        device = hidden.device.type
        kind = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else hidden.dtype
        wants = ctx.needs_input_grad[0] or ctx.needs_input_grad[1]
        loss = torch.zeros((), device=hidden.device)
        for_hidden = torch.empty_like(hidden) if wants else None
        for_weight = torch.zeros_like(weight) if wants else None
        chunk = GPU_CHUNK if hidden.is_cuda else CPU_CHUNK
        with torch.autocast(device, enabled=False):
            narrow = weight.to(kind)
            for start in range(0, len(labels), chunk):
                span = slice(start, start + chunk)
                seen = hidden[span].to(kind)
                found, gradient = piece(seen, narrow, labels[span], wants)
                loss += found
                if gradient is not None and for_hidden is not None and for_weight is not None:
                    for_hidden[span] = gradient @ narrow
                    for_weight += gradient.T @ seen
        if wants:
            ctx.save_for_backward(for_hidden, for_weight)
        return loss

    @staticmethod
    def backward(ctx: Any, *scale: Tensor) -> tuple[Tensor, Tensor, None, None]:
        """Scale what the forward pass found."""
        for_hidden, for_weight = ctx.saved_tensors
        return for_hidden * scale[0].to(for_hidden.dtype), for_weight * scale[0], None, None


def linear_cross_entropy(hidden: Tensor, weight: Tensor, labels: Tensor, piece: Piece = chunk_loss) -> Tensor:
    """Sum of the negative log-likelihoods, nats, of ``labels`` (n,) int64 under ``hidden @ weight.T``.

    hidden (n, d), weight (ids, d); labels that are IGNORED count nothing. Computes in autocast's type where it is on,
    sums in float32. ``piece`` is ``chunk_loss`` or a compiled form of it.
    """
    loss: Tensor = _LinearCrossEntropy.apply(hidden, weight, labels, piece)  # type: ignore[no-untyped-call]
    return loss
