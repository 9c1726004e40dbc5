"""What a checkpoint's ``config.json`` says about the network, and which networks we can export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from python_slm.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Mapping

_REQUIRED = {"model_type": "qwen3", "hidden_act": "silu", "attention_bias": False, "use_sliding_window": False}


@dataclass(frozen=True)
class Architecture:
    """Sizes of a Qwen3 decoder; the names follow the paper (arXiv 2505.09388), not the file."""

    layers: int
    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    head_dim: int
    vocab_size: int
    context_length: int
    rope_theta: float
    epsilon: float

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Read a Hugging Face ``config.json``. Raises ExportError for anything but a plain Qwen3.

        ``rope_theta`` must stand at the top level: transformers 5 moves it, and 4.57 then reads 10000 without a word.
        """
        for name, wanted in _REQUIRED.items():
            if config.get(name, wanted) != wanted:
                raise ExportError(f"config.json: {name} is {config[name]!r}, the exporter knows only {wanted!r}")
        if config.get("rope_scaling"):
            raise ExportError("config.json: rope_scaling is not supported; train without it")
        if "rope_theta" not in config:
            raise ExportError("config.json: no top-level rope_theta; write the one used in training")
        return cls(
            layers=config["num_hidden_layers"],
            hidden=config["hidden_size"],
            intermediate=config["intermediate_size"],
            heads=config["num_attention_heads"],
            kv_heads=config["num_key_value_heads"],
            head_dim=config["head_dim"],
            vocab_size=config["vocab_size"],
            context_length=config["max_position_embeddings"],
            rope_theta=float(config["rope_theta"]),
            epsilon=float(config["rms_norm_eps"]),
        )
