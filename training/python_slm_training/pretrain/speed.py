"""How fast training is, against what the very device does in a bare matrix product (its MFU)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_slm_training.pretrain.config import Config
    from python_slm_training.pretrain.gradients import Gradients

_GPU_SIZE, _CPU_SIZE = 8192, 512
_GPU_PRODUCTS, _CPU_PRODUCTS = 20, 8
_WARM_UP = 2


def matmul_rate(
    device: torch.device, dtype: torch.dtype, gradients: Gradients, *, clock: Callable[[], float] = time.monotonic
) -> float:
    """FLOP/s of square products of random numbers, all of the device's cores together. Takes about 0.1 s.

    A CPU is measured in float32 whatever ``dtype`` is: few have arithmetic for less, and the others take minutes.
    """
    on_gpu = device.type == "cuda"
    dtype = dtype if on_gpu else torch.float32
    size, products = (_GPU_SIZE, _GPU_PRODUCTS) if on_gpu else (_CPU_SIZE, _CPU_PRODUCTS)
    left, right = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))

    def multiply(count: int) -> float:
        for _ in range(count):
            torch.mm(left, right)
        if on_gpu:
            torch.cuda.synchronize(device)
        return 2.0 * count * size**3

    list(gradients.map(multiply, [1] * _WARM_UP))
    begun = clock()
    done = sum(gradients.map(multiply, [products] if on_gpu else [2] * (products // 2)))
    return done / max(1e-9, clock() - begun)


def flops_per_token(config: Config, *, vocab_size: int) -> float:
    """Operations of one forward and backward pass, a token: 6 a weight in a matrix product, and causal attention.

    The embedding is looked up, not multiplied; as the last layer it is. Attention reads half a row on average.
    """
    queries, keys = config.heads * config.head_dim, config.kv_heads * config.head_dim
    layer = config.hidden_size * (2 * queries + 2 * keys + 3 * config.intermediate_size)
    attention = queries * config.context_length  # 2 products × (length / 2), as weights count
    return 6.0 * (config.layers * (layer + attention) + vocab_size * config.hidden_size)


@dataclass(frozen=True)
class Speed:
    """Tokens a second, and the fraction of the device's own matrix-product rate that they stand for."""

    tokens_per_s: float
    fraction: float


class Speedometer:
    """Seconds between steps → speed. ``peak`` is FLOP/s of all devices of the run together."""

    def __init__(
        self, *, batch_tokens: int, token_flops: float, peak: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._batch_tokens, self._token_flops, self.peak, self._clock = batch_tokens, token_flops, peak, clock
        self._since = clock()

    @property
    def about(self) -> str:
        """What the fractions are fractions of."""
        return (
            f"matrix products run at {self.peak / 1e12:.3g} TFLOP/s here; a token takes "
            f"{self._token_flops / 1e6:.3g} MFLOP, so at most {self.peak / self._token_flops:,.0f} tokens/s"
        )

    def restart(self) -> None:
        """The next reading counts from now."""
        self._since = self._clock()

    def read(self) -> Speed:
        """Speed of the one step since the last reading."""
        before, self._since = self._since, self._clock()
        rate = self._batch_tokens / max(1e-9, self._since - before)
        return Speed(rate, rate * self._token_flops / self.peak)
