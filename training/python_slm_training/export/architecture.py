"""What a checkpoint's ``config.json`` says about the network, and which networks we can export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from python_slm.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Mapping

Family = Literal["qwen3", "qwen2", "llama", "mistral", "starcoder2"]
"""Decoders with rotary positions. They differ in norms, biases and feed-forward, which the weights show."""

_ACTIVATIONS: dict[Family, str] = {
    "qwen3": "silu",
    "qwen2": "silu",
    "llama": "silu",
    "mistral": "silu",
    "starcoder2": "gelu_pytorch_tanh",
}


@dataclass(frozen=True)
class Architecture:
    """Sizes of a decoder; the names follow Qwen3's paper (arXiv 2505.09388), not the file."""

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
    family: Family = "qwen3"

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Read a Hugging Face ``config.json``. Raises ExportError for anything but a plain decoder of a known family.

        ``rope_theta`` must stand at the top level: transformers 5 moves it, and 4.57 then reads 10000 without a word.
        Where attention slides over a window, the context ends with the window: up to there the two are the same.
        """
        family = _family(config)
        _check_positions(config)
        heads = config["num_attention_heads"]
        window = config.get("sliding_window") if family in ("mistral", "starcoder2") else None
        context = config["max_position_embeddings"]
        return cls(
            layers=config["num_hidden_layers"],
            hidden=config["hidden_size"],
            intermediate=config["intermediate_size"],
            heads=heads,
            kv_heads=config.get("num_key_value_heads") or heads,
            head_dim=config.get("head_dim") or config["hidden_size"] // heads,
            vocab_size=config["vocab_size"],
            context_length=min(context, window or context),
            rope_theta=float(config["rope_theta"]),
            epsilon=float(config.get("rms_norm_eps", config.get("norm_epsilon", 1e-6))),
            family=family,
        )


def _family(config: Mapping[str, Any]) -> Family:
    found = config.get("model_type", "qwen3")
    if found not in get_args(Family):
        raise ExportError(
            f"config.json: model_type is {found!r}, the exporter knows only {', '.join(get_args(Family))}; "
            "tune one of these instead"
        )
    family: Family = found
    activation = config.get("hidden_act", _ACTIVATIONS[family])
    if activation != _ACTIVATIONS[family]:
        raise ExportError(
            f"config.json: hidden_act is {activation!r}, the exporter knows only {_ACTIVATIONS[family]!r} for {family}"
        )
    return family


def _check_positions(config: Mapping[str, Any]) -> None:
    if config.get("use_sliding_window"):
        raise ExportError("config.json: use_sliding_window is True, the exporter knows only False")
    scaling = config.get("rope_scaling") or {}
    if scaling.get("rope_type", scaling.get("type", "default")) != "default":
        raise ExportError("config.json: rope_scaling is not supported; train without it")
    if "rope_theta" not in config:
        raise ExportError("config.json: no top-level rope_theta; write the one used in training")
