"""How large the inputs of each matrix get, so that the graph can round them to 8 bits by a scale fixed beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TEXTS = ("ast.py", "calendar.py", "heapq.py", "logging/__init__.py", "tarfile.py", "typing.py", "unittest/mock.py")
"""Standard library modules to look at; others than ``agreement`` judges by."""
LAST = ("mlp.down_proj", "mlp.c_proj")
"""The last matrix of a feed-forward: the graph divides each token by its root mean square before rounding, for one
token's inputs can be thirty times another's."""
_READ = ("self_attn.q_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.c_fc", *LAST)
"""A matrix of each group that reads the same inputs."""


def input_ranges(model: Any, sequences: Iterable[Sequence[int]]) -> dict[str, float]:
    """Name of a torch module → largest magnitude that entered it while ``model`` read the sequences of ids."""
    found: dict[str, float] = {}

    def watch(name: str) -> Any:
        def keep(_: Any, inputs: tuple[torch.Tensor, ...]) -> None:
            tokens = inputs[0].detach().float()
            if name.endswith(LAST):
                tokens = tokens / tokens.square().mean(-1, keepdim=True).sqrt().clamp_min(1e-6)
            found[name] = max(found.get(name, 0.0), float(tokens.abs().max()))

        return keep

    hooks = [
        module.register_forward_pre_hook(watch(name)) for name, module in model.named_modules() if name.endswith(_READ)
    ]
    try:
        with torch.inference_mode():
            for ids in sequences:
                model(torch.tensor([list(ids)]))
    finally:
        for hook in hooks:
            hook.remove()
    return found
