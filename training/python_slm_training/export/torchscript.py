"""TorchScript: the network as one file that torch runs without transformers."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_TRACED_TOKENS = 16


class _Logits(torch.nn.Module):
    """ids (1, tokens) int64 → logits (1, tokens, vocab), read at once and without a cache."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """The causal mask is spelled out: the one that transformers makes cannot be traced."""
        places = torch.arange(ids.shape[1], device=ids.device)
        later = (places[None, :] > places[:, None]).to(torch.float32)
        mask = (later * torch.finfo(torch.float32).min)[None, None]
        logits: torch.Tensor = self.model(input_ids=ids, attention_mask=mask, use_cache=False).logits
        return logits


def save_torchscript(model: Any, vocab_size: int, path: Path) -> None:
    """Trace a transformers model and write it; it reads sequences of any length."""
    example = torch.arange(_TRACED_TOKENS)[None] % vocab_size
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # traced branches on shapes that do not change; torch deprecates its tracer
        traced = torch.jit.trace(_Logits(model), (example,), check_trace=False)  # type: ignore[no-untyped-call]
        torch.jit.save(traced, str(path))


def torchscript_reader(path: Path) -> Callable[[Sequence[int]], NDArray[np.float32]]:
    """A reader, ids → logits (tokens, vocab), of a file that ``save_torchscript`` wrote."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        network = torch.jit.load(str(path), map_location="cpu")  # type: ignore[no-untyped-call]

    def read(ids: Sequence[int]) -> NDArray[np.float32]:
        with torch.inference_mode():
            logits: NDArray[np.float32] = network(torch.tensor([list(ids)]))[0].float().numpy()
        return logits

    return read
