"""The model: a stock transformers Qwen3 (QK-norm, RoPE, grouped queries, SwiGLU), tied embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from transformers import Qwen3Config, Qwen3ForCausalLM

from python_slm_training.pretrain.entropy import chunk_loss, linear_cross_entropy

if TYPE_CHECKING:
    from torch import Tensor

    from python_slm_training.pretrain.config import Config
    from python_slm_training.pretrain.entropy import Piece

_CAUSAL = {"full_attention": None}
"""No mask: attention is told that it is causal. Compiled, transformers would build a (length, length) mask, and with
one there is no flash attention."""


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
        architectures=["Qwen3ForCausalLM"],
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


class Objective(nn.Module):
    """What training differentiates: ids and labels → summed loss. A module, so that it can be sharded as a whole."""

    def __init__(self, model: Qwen3ForCausalLM, piece: Piece = chunk_loss) -> None:
        super().__init__()
        self.model, self._piece = model, piece

    def forward(self, ids: Tensor, labels: Tensor) -> Tensor:
        """Sum of the negative log-likelihoods of ``labels`` (batch, length) int64, nats; IGNORED ones count nothing."""
        model = self.model
        embedded = model.model.embed_tokens(ids)
        kind = embedded.device.type
        if torch.is_autocast_enabled(kind):
            embedded = embedded.to(torch.get_autocast_dtype(kind))  # else all blocks would add to float32
        hidden = model.model(inputs_embeds=embedded, attention_mask=_CAUSAL).last_hidden_state
        return linear_cross_entropy(hidden.flatten(0, 1), model.lm_head.weight, labels.flatten(), self._piece)


def compiled(model: Qwen3ForCausalLM) -> Objective:
    """The same objective with each block and the loss compiled: all blocks share one program, so it takes seconds.

    Where a compiler is missing, torch warns and runs that part as it is.
    """
    torch._dynamo.config.suppress_errors = True  # noqa: SLF001 - the documented switch; a lease must not end here
    for layer in model.model.layers:
        layer.forward = torch.compile(layer.forward, dynamic=False)
    return Objective(model, torch.compile(chunk_loss, dynamic=False))
