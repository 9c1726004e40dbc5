"""Quantisation of weights, symmetric: in blocks along the input features, or with one scale a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Bits = Literal[4, 8]
_BLOCKS = (32, 16)
"""Larger blocks are no faster here and agree less: a model of 5 M names the same likeliest token at 98.5 % of positions
with 32, at 97.9 % with 128, for 8 % of its size."""


@dataclass(frozen=True)
class Quantized:
    """A matrix of (outputs, inputs) in integer blocks, as ``MatMulNBits`` wants it.

    ``packed`` is (outputs, blocks, bytes a block) uint8 with zero point 2 ** (bits - 1), two values a byte at 4 bits
    (low nibble first); ``scales`` is (outputs, blocks) float32.
    """

    bits: Bits
    block: int
    packed: NDArray[np.uint8]
    scales: NDArray[np.float32]

    def dequantized(self) -> NDArray[np.float32]:
        """The matrix that the integers stand for, (outputs, inputs)."""
        values = self.packed
        if self.bits == 4:  # noqa: PLR2004 - two values a byte
            values = np.stack([values & 15, values >> 4], axis=-1).reshape(*values.shape[:2], -1)
        zero = 1 << (self.bits - 1)
        dense = (values.astype(np.float32) - zero) * self.scales[..., None]
        return dense.reshape(len(dense), -1)


def block_size(inputs: int) -> int:
    """The largest block that divides a row of ``inputs`` values. Raises ValueError when none does."""
    for block in _BLOCKS:
        if inputs % block == 0:
            return block
    raise ValueError(f"{inputs} input features: not a multiple of {_BLOCKS[-1]}, so no quantisation block divides them")


def quantize(matrix: NDArray[np.float32], bits: Bits = 8) -> Quantized:
    """Round a (outputs, inputs) matrix to integers, one scale a block.

    At 8 bits the scale is |largest| / 127; at 4 bits it is largest / -8, signed, so that the value furthest from zero
    keeps its place on the longer side of the range (llama.cpp's Q4_0).
    """
    block = block_size(matrix.shape[1])
    blocks = matrix.reshape(len(matrix), -1, block).astype(np.float32)
    furthest = np.take_along_axis(blocks, np.abs(blocks).argmax(-1, keepdims=True), -1)
    zero = 1 << (bits - 1)
    scales = np.abs(furthest) / 127 if bits == 8 else furthest / -8  # noqa: PLR2004 - the two widths we know
    safe = np.where(scales == 0, 1, scales)
    values = np.clip(np.rint(blocks / safe) + zero, 0, 2 * zero - 1).astype(np.uint8)
    packed = values if bits == 8 else values[..., 0::2] | values[..., 1::2] << 4  # noqa: PLR2004
    return Quantized(bits, block, packed, scales[..., 0].astype(np.float32))


def quantize_rows(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """(values (outputs, inputs), scales (outputs,)) for ``MatMulIntegerToFloat``; ``inputs`` is even.

    Processors without VNNI multiply unsigned bytes by signed ones and add two neighbouring products in 16 bits, where
    the sum saturates: 255 × (a + b) must stay below 32768. So neighbours of one sign add up to 128 at most. On a model
    of 5 M parameters that keeps 96.9 % of the likeliest tokens, where saturation keeps 94.3 %.
    """
    first, second = matrix[:, 0::2], matrix[:, 1::2]
    alone = np.abs(matrix).max(1) / 127
    together = (np.abs(first + second) * (first * second > 0)).max(1) / 127.5
    scales = np.maximum(alone, together)
    safe = np.where(scales == 0, 1, scales)
    return np.rint(matrix / safe[:, None]).astype(np.int8), scales.astype(np.float32)
