"""GGUF: what llama.cpp, Ollama and LM Studio read. Written from the checkpoint, and read back to be compared.

As llama.cpp's own converter: matrices at the asked-for type, norms and biases in float32, and the rows of Llama's query
and key projections reordered, because llama.cpp rotates neighbouring values where transformers rotates halves.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

import gguf
import numpy as np

from python_slm import prompt
from python_slm.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from python_slm.tokenizer import Tokenizer
    from python_slm_training.export.architecture import Architecture, Family

Kind = Literal["f16", "q8_0"]
_TYPES = {
    "f16": (gguf.GGMLQuantizationType.F16, gguf.LlamaFileType.MOSTLY_F16),
    "q8_0": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
}
_NETWORKS: Mapping[Family, Any] = {
    "qwen3": gguf.MODEL_ARCH.QWEN3,
    "qwen2": gguf.MODEL_ARCH.QWEN2,
    "llama": gguf.MODEL_ARCH.LLAMA,
    "mistral": gguf.MODEL_ARCH.LLAMA,
    "starcoder2": gguf.MODEL_ARCH.STARCODER2,
}
_REORDERED = ("self_attn.q_proj", "self_attn.k_proj")
_QWEN2 = r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_LLAMA3 = r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def write_gguf(
    architecture: Architecture,
    weights: Mapping[str, NDArray[np.float32]],
    tokenizer: Tokenizer,
    path: Path,
    kind: Kind,
    *,
    name: str,
) -> None:
    """Write a model. Raises ExportError when llama.cpp does not know how its tokenizer cuts text."""
    network = _NETWORKS[architecture.family]
    writer = gguf.GGUFWriter(path, gguf.MODEL_ARCH_NAMES[network])
    writer.add_name(name)
    _write_sizes(writer, architecture, _TYPES[kind][1])
    _write_tokenizer(writer, tokenizer, architecture.vocab_size)
    names = gguf.get_tensor_name_map(network, architecture.layers)
    for theirs, value in weights.items():
        data = _reordered(theirs, value, architecture)
        stored = _type_of(data, kind)
        ours = names.get_name(theirs, try_suffixes=(".weight", ".bias"))
        if ours is None:
            raise ExportError(f"{theirs}: llama.cpp's {architecture.family} has no such tensor; not exported")
        writer.add_tensor(ours, gguf.quants.quantize(data, stored), raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read_gguf(path: Path, architecture: Architecture, names: Mapping[str, Any]) -> dict[str, NDArray[np.float32]]:
    """The weights that a file stands for, float32, by transformers' ``names``."""
    stored = {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}
    known = gguf.get_tensor_name_map(_NETWORKS[architecture.family], architecture.layers)
    found = {}
    for theirs in names:
        tensor = stored[str(known.get_name(theirs, try_suffixes=(".weight", ".bias")))]
        dense = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        found[theirs] = _reordered(theirs, dense, architecture, back=True)
    return found


def _type_of(data: NDArray[np.float32], kind: Kind) -> Any:
    """Vectors stay float32; rows that are no whole number of blocks stay float16."""
    if data.ndim == 1:
        return gguf.GGMLQuantizationType.F32
    wanted = _TYPES[kind][0]
    block, _ = gguf.GGML_QUANT_SIZES[wanted]
    return wanted if data.shape[-1] % block == 0 else gguf.GGMLQuantizationType.F16


def _reordered(
    name: str, value: NDArray[np.float32], architecture: Architecture, *, back: bool = False
) -> NDArray[np.float32]:
    """Rows of a head from (half, place) to (place, half) order, or ``back``; only what Llama rotates."""
    rotated = any(f".{part}." in name for part in _REORDERED)
    if architecture.family not in ("llama", "mistral") or not rotated:
        return np.ascontiguousarray(value)
    halves = (2, architecture.head_dim // 2)
    by_head = value.reshape(-1, *(halves[::-1] if back else halves), *value.shape[1:])
    return np.ascontiguousarray(by_head.swapaxes(1, 2).reshape(value.shape))


def _write_sizes(writer: Any, architecture: Architecture, file_type: Any) -> None:
    writer.add_context_length(architecture.context_length)
    writer.add_embedding_length(architecture.hidden)
    writer.add_block_count(architecture.layers)
    writer.add_feed_forward_length(architecture.intermediate)
    writer.add_head_count(architecture.heads)
    writer.add_head_count_kv(architecture.kv_heads)
    writer.add_key_length(architecture.head_dim)
    writer.add_value_length(architecture.head_dim)
    writer.add_rope_dimension_count(architecture.head_dim)
    writer.add_rope_freq_base(architecture.rope_theta)
    writer.add_vocab_size(architecture.vocab_size)
    if architecture.family == "starcoder2":
        writer.add_layer_norm_eps(architecture.epsilon)
    else:
        writer.add_layer_norm_rms_eps(architecture.epsilon)
    writer.add_file_type(file_type)


def _write_tokenizer(writer: Any, tokenizer: Tokenizer, size: int) -> None:
    """Vocabulary, merges, what is special, and the tokens for infilling; ids without a token are marked unused."""
    values = json.loads(tokenizer.to_json())
    added = {one["id"]: one for one in values["added_tokens"]}
    vocab = values["model"]["vocab"] | {one["content"]: index for index, one in added.items()}
    tokens = {index: token for token, index in vocab.items()}
    kinds = {
        index: gguf.TokenType.CONTROL if one["special"] else gguf.TokenType.USER_DEFINED for index, one in added.items()
    }
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(_cut_of(values))
    writer.add_token_list([tokens.get(index, f"<|unused_{index}|>") for index in range(size)])
    unused = {index: gguf.TokenType.UNUSED for index in range(size) if index not in tokens}
    writer.add_token_types([{**unused, **kinds}.get(index, gguf.TokenType.NORMAL) for index in range(size)])
    writer.add_token_merges([one if isinstance(one, str) else " ".join(one) for one in values["model"]["merges"]])
    specials = prompt.Specials.of(tokenizer)
    end = prompt.end_id(tokenizer)
    writer.add_bos_token_id(tokenizer.special(specials.begin) if specials.begin else end)
    writer.add_eos_token_id(end)
    writer.add_add_bos_token(bool(specials.begin))
    keys = gguf.Keys.Tokenizer
    infilling = {keys.FIM_PRE_ID: specials.prefix, keys.FIM_SUF_ID: specials.suffix, keys.FIM_MID_ID: specials.middle}
    for key, token in infilling.items():
        if token:
            writer.add_uint32(key, tokenizer.special(token))
    if specials.file_sep:
        writer.add_uint32(keys.FIM_SEP_ID, tokenizer.special(specials.file_sep))


def _cut_of(values: Mapping[str, Any]) -> str:
    """llama.cpp's name for the rule by which a tokenizer cuts text before it merges bytes."""
    cut = json.dumps(values.get("pre_tokenizer") or {})
    if values["model"].get("type") != "BPE" or values["model"].get("byte_fallback") or '"ByteLevel"' not in cut:
        raise ExportError(
            "tokenizer: not a byte-level BPE, so GGUF needs scores that tokenizer.json has not; export the safetensors "
            "variant and use llama.cpp's convert_hf_to_gguf.py on it"
        )
    for pattern, name in ((_QWEN2, "qwen2"), (_LLAMA3, "llama-bpe")):
        if json.dumps(pattern)[1:-1] in cut:
            return name
    if '"Regex"' in cut:
        raise ExportError("tokenizer: llama.cpp knows no name for the way it cuts text; export another variant")
    return "starcoder" if '"Digits"' in cut else "gpt-2"
