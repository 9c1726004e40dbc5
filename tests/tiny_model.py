"""A real model folder in a tenth of a second: a random Qwen3 of two layers, the real graph and the byte tokenizer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from python_slm_training.export.architecture import Architecture
from python_slm_training.export.folder import Provenance, write_manifest
from python_slm_training.export.graph import build
from tests.fakes import byte_tokenizer

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from python_slm_training.export.quantize import Bits

TINY = Architecture(
    layers=2,
    hidden=64,
    intermediate=96,
    heads=4,
    kv_heads=2,
    head_dim=16,
    vocab_size=byte_tokenizer().vocab_size,
    context_length=512,
    rope_theta=100_000.0,
    epsilon=1e-6,
)


def random_weights(architecture: Architecture = TINY, seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """A checkpoint's weights by transformers' names; large enough that greedy text is not one token repeated."""
    random = np.random.default_rng(seed)

    def matrix(*shape: int) -> NDArray[np.float32]:
        return random.normal(0, 2 / np.sqrt(shape[-1]), shape).astype(np.float32)

    def scale(size: int) -> NDArray[np.float32]:
        return random.uniform(0.5, 1.5, size).astype(np.float32)

    arch = architecture
    queries, keys = arch.heads * arch.head_dim, arch.kv_heads * arch.head_dim
    weights = {
        "model.embed_tokens.weight": matrix(arch.vocab_size, arch.hidden),
        "model.norm.weight": scale(arch.hidden),
    }
    for layer in range(arch.layers):
        own = {
            "input_layernorm": scale(arch.hidden),
            "post_attention_layernorm": scale(arch.hidden),
            "self_attn.q_norm": scale(arch.head_dim),
            "self_attn.k_norm": scale(arch.head_dim),
            "self_attn.q_proj": matrix(queries, arch.hidden),
            "self_attn.k_proj": matrix(keys, arch.hidden),
            "self_attn.v_proj": matrix(keys, arch.hidden),
            "self_attn.o_proj": matrix(arch.hidden, queries),
            "mlp.gate_proj": matrix(arch.intermediate, arch.hidden),
            "mlp.up_proj": matrix(arch.intermediate, arch.hidden),
            "mlp.down_proj": matrix(arch.hidden, arch.intermediate),
        }
        weights |= {f"model.layers.{layer}.{name}.weight": value for name, value in own.items()}
    return weights


def export_tiny(
    folder: Path,
    *,
    bits: Bits | None = 8,
    context: int = TINY.context_length,
    vocab_size: int = TINY.vocab_size,
    rope_theta: float = TINY.rope_theta,
    weights: dict[str, NDArray[np.float32]] | None = None,
    seed: int = 0,
) -> Path:
    """Write the model to ``folder`` (made if need be) and return it; ``Model.load(folder, threads=1)`` reads it."""
    architecture = replace(TINY, context_length=context, vocab_size=vocab_size, rope_theta=rope_theta)
    graph = build(architecture, weights or random_weights(architecture, seed), bits)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"model.{f'int{bits}' if bits else 'fp32'}.onnx"
    (folder / name).write_bytes(graph.SerializeToString())
    (folder / "tokenizer.json").write_text(byte_tokenizer().to_json(), encoding="utf-8")
    write_manifest(folder, architecture, {"cpu": name}, Provenance("tiny", "0.0.0"))
    return folder
