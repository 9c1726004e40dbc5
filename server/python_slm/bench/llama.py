"""The rival: llama.cpp on the same weights, written as GGUF from the checkpoint."""

from __future__ import annotations

import json
import time
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from python_slm.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_LIBRARIES = ("gguf", "llama_cpp", "ml_dtypes", "safetensors")
_BLOCKS = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_WHOLE = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}


def require_llama() -> None:
    """Raise MissingExtraError, with the command, when llama-cpp-python or what writes its format is not installed."""
    missing = [name for name in _LIBRARIES if find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"no comparison with llama.cpp ({', '.join(missing)} missing); "
            "pip install llama-cpp-python gguf ml_dtypes safetensors"
        )


def write_gguf(checkpoint: Path, path: Path) -> None:
    """A Qwen3 checkpoint as GGUF at Q8_0: matrices in blocks of 32, norms in float32, as llama.cpp's own converter."""
    import gguf  # noqa: PLC0415 - optional
    import ml_dtypes  # noqa: F401, PLC0415 - optional; teaches numpy the bfloat16 that checkpoints are kept in
    from safetensors.numpy import load_file  # noqa: PLC0415 - optional

    config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    writer = gguf.GGUFWriter(path, "qwen3")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    _write_tokenizer(writer, checkpoint, config["vocab_size"])
    for name, value in load_file(checkpoint / "model.safetensors").items():
        kind = gguf.GGMLQuantizationType.F32 if value.ndim == 1 else gguf.GGMLQuantizationType.Q8_0
        data = gguf.quants.quantize(value.astype(np.float32), kind)
        writer.add_tensor(_gguf_name(name), data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def time_llama(
    path: Path, ids: Sequence[int], new_tokens: int, threads: int, *, clock: Callable[[], float] = time.perf_counter
) -> tuple[float, float]:
    """(prefill, decode) seconds: reading ``ids``, then ``new_tokens`` - 1 further greedy steps."""
    import llama_cpp  # noqa: PLC0415 - optional

    model = llama_cpp.Llama(
        str(path), n_ctx=len(ids) + new_tokens, n_batch=256, n_threads=threads, n_threads_batch=threads, verbose=False
    )
    best = (float("inf"), float("inf"))
    for _ in range(3):
        model.reset()
        start = clock()
        model.eval(list(ids))
        token, read = _likeliest(model), clock()
        for _ in range(new_tokens - 1):
            model.eval([token])
            token = _likeliest(model)
        best = min(best, (read - start, clock() - read), key=sum)
    model.close()
    return best


def _likeliest(model: Any) -> int:
    import llama_cpp  # noqa: PLC0415 - optional

    logits = llama_cpp.llama_get_logits_ith(model.ctx, -1)
    return int(np.ctypeslib.as_array(logits, shape=(model.n_vocab(),)).argmax())


def _gguf_name(name: str) -> str:
    stem = name.removesuffix(".weight")
    if stem in _WHOLE:
        return f"{_WHOLE[stem]}.weight"
    _, _, layer, rest = stem.split(".", 3)
    return f"blk.{layer}.{_BLOCKS[rest]}.weight"


def _write_tokenizer(writer: Any, checkpoint: Path, size: int) -> None:
    """Only ids are timed; the vocabulary is there because llama.cpp wants one."""
    values = json.loads((checkpoint / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    tokens = [token for token, _ in sorted(values["vocab"].items(), key=lambda item: item[1])]
    tokens += [f"<|unused_{index}|>" for index in range(len(tokens), size)]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in values["merges"]])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
