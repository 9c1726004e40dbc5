"""The model: a stock transformers Qwen3 (QK-norm, RoPE, grouped queries, SwiGLU), tied embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional
from transformers import Qwen3Config, Qwen3ForCausalLM

from python_slm_training.pretrain.rows import IGNORED

if TYPE_CHECKING:
    from torch import Tensor, nn

    from python_slm_training.pretrain.config import Config

_LOSS_CHUNK = 1024  # positions whose logits exist at once on a CPU


def build_model(config: Config, *, vocab_size: int, end_of_text: int) -> Qwen3ForCausalLM:
    """Fresh weights from ``config.seed``.

    Projections that write to the residual stream are zero, so each block begins as the identity.
    """
    shape = Qwen3Config(  # type: ignore[no-untyped-call]
        vocab_size=vocab_size,
        hidden_size=config.hidden_size,
        intermediate_size=config.intermediate_size,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        num_key_value_heads=config.kv_heads,
        head_dim=config.head_dim,
        max_position_embeddings=config.context_length,
        rope_theta=config.rope_theta,
        tie_word_embeddings=True,
        attention_bias=False,
        use_cache=False,
        bos_token_id=None,
        eos_token_id=end_of_text,
        pad_token_id=end_of_text,
    )
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        model = Qwen3ForCausalLM(shape)  # type: ignore[no-untyped-call]
        for name, weight in model.named_parameters():
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                torch.nn.init.zeros_(weight)
            elif name.endswith("_proj.weight"):
                torch.nn.init.normal_(weight, std=weight.shape[1] ** -0.5)
    model.train()
    return model


def matrices(model: nn.Module) -> list[nn.Parameter]:
    """The hidden matrices, which Muon trains."""
    return [weight for name, weight in model.named_parameters() if name.endswith("_proj.weight")]


def others(model: nn.Module) -> list[nn.Parameter]:
    """Embeddings and norms, which AdamW trains."""
    return [weight for name, weight in model.named_parameters() if not name.endswith("_proj.weight")]


def loss_sum(model: Qwen3ForCausalLM, ids: Tensor, labels: Tensor) -> Tensor:
    """Sum of the negative log-likelihoods of ``labels`` (batch, length) int64, in nats; IGNORED ones count nothing."""
    hidden = model.model(input_ids=ids).last_hidden_state.flatten(0, 1)
    wanted = labels.flatten()
    weight = model.lm_head.weight
    chunk = len(wanted) if hidden.is_cuda else _LOSS_CHUNK
    losses = [
        functional.cross_entropy(
            functional.linear(hidden[i : i + chunk], weight).float(),
            wanted[i : i + chunk],
            ignore_index=IGNORED,
            reduction="sum",
        )
        for i in range(0, len(wanted), chunk)
    ]
    return torch.stack(losses).sum()
