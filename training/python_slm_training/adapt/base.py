"""The weights that adaptation begins with: a checkpoint, or an exported model turned back into one.

A model folder holds integers in blocks with a scale each, and a checkpoint with floats would double the download of
everybody who never trains. The integers multiplied out are what the model computes with when it serves, so that
training begins with exactly the model that is measured as "before".
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import numpy_helper
from safetensors.numpy import save_file

from python_slm.engine.manifest import TOKENIZER, Manifest
from python_slm.errors import TrainingError
from python_slm_training.export.graph import ONES
from python_slm_training.export.quantize import Quantized
from python_slm_training.tune.checkpoints import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_WAY_OUT = "give a checkpoint folder as --base"


def float_checkpoint(base: Path, out: Path) -> Path:
    """A Hugging Face folder for ``base``: itself, or ``out`` with the weights of an exported model folder.

    Raises TrainingError when the model was exported in another way than 'slm export' does by default, ModelError when
    the folder is damaged.
    """
    if (base / "config.json").exists():
        return base
    manifest = Manifest.load(base)
    name = manifest.graphs["cpu"]
    graph = onnx.load_from_string(manifest.read(name)).graph
    network = manifest.training.get("network")
    if not isinstance(network, dict) or not any(node.op_type == "MatMulNBits" for node in graph.node):
        raise TrainingError(f"{base / name}: not a graph whose weights can be read back; {_WAY_OUT}")
    config = _config(manifest, network)
    if config["model_type"] != "qwen3":
        raise TrainingError(f"{base / name}: a {config['model_type']}, and only qwen3 can be read back; {_WAY_OUT}")
    weights = read_weights(graph, config)

    def write(folder: Path) -> None:
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        (folder / TOKENIZER).write_bytes(manifest.read(TOKENIZER))
        if (base / "tokenizer_config.json").exists():
            shutil.copyfile(base / "tokenizer_config.json", folder / "tokenizer_config.json")

    write_whole(out, write)
    return out


def _config(manifest: Manifest, network: dict[str, Any]) -> dict[str, Any]:
    return {
        "architectures": ["Qwen3ForCausalLM"],
        "model_type": network.get("family", "qwen3"),
        "hidden_size": network["hidden"],
        "intermediate_size": network["intermediate"],
        "num_hidden_layers": manifest.layers,
        "num_attention_heads": network["heads"],
        "num_key_value_heads": manifest.kv_heads,
        "head_dim": manifest.head_dim,
        "vocab_size": manifest.vocab_size,
        "max_position_embeddings": manifest.context_length,
        "rope_theta": network["rope_theta"],
        "rms_norm_eps": network["epsilon"],
        "hidden_act": "silu",
        "tie_word_embeddings": True,
        "attention_bias": False,
        "use_cache": False,
        "bos_token_id": None,
        "eos_token_id": 0,
        "pad_token_id": 0,
        "torch_dtype": "float32",
    }


def read_weights(graph: onnx.GraphProto, config: dict[str, Any]) -> dict[str, NDArray[np.float32]]:
    """Weights of a tied Qwen3 by transformers' names, from a graph that ``export.graph.build`` made.

    The graph's products and norms come in the order in which the network computes them. Raises TrainingError when
    they do not.
    """
    tensors = {each.name: each for each in graph.initializer}
    matrices, norms = _matrices(graph, tensors), _norms(graph, tensors)
    heads, kv, size = (config[name] for name in ("num_attention_heads", "num_key_value_heads", "head_dim"))
    found: dict[str, NDArray[np.float32]] = {}
    try:
        for layer in range(config["num_hidden_layers"]):
            put = _Layer(found, f"model.layers.{layer}.")
            put.norm("input_layernorm", next(norms))
            put.stacked(
                next(matrices),
                {"self_attn.q_proj": heads * size, "self_attn.k_proj": kv * size, "self_attn.v_proj": kv * size},
            )
            put.head_norms(norms, heads, size)
            put.stacked(next(matrices), {"self_attn.o_proj": config["hidden_size"]})
            put.norm("post_attention_layernorm", next(norms))
            inner = config["intermediate_size"]
            put.stacked(next(matrices), {"mlp.gate_proj": inner, "mlp.up_proj": inner})
            put.stacked(next(matrices), {"mlp.down_proj": config["hidden_size"]})
        found["model.norm.weight"] = next(norms)
        found["model.embed_tokens.weight"] = next(matrices)
    except StopIteration as error:
        raise TrainingError(
            f"the graph has fewer weights than {config['num_hidden_layers']} layers need; {_WAY_OUT}"
        ) from error
    if any(True for _ in matrices):
        raise TrainingError(f"the graph's head is not its embedding, and only tied models can be read back; {_WAY_OUT}")
    return found


class _Layer:
    """Puts one layer's weights under their names."""

    def __init__(self, found: dict[str, NDArray[np.float32]], prefix: str) -> None:
        self._found, self._prefix = found, prefix

    def norm(self, name: str, value: NDArray[np.float32]) -> None:
        self._found[f"{self._prefix}{name}.weight"] = value

    def head_norms(self, norms: Iterator[NDArray[np.float32]], heads: int, size: int) -> None:
        """Of queries and keys: one scale a head, with the scores' scale in the queries', or as in 0.2.0 one for all."""
        query = next(norms)
        if query.ndim == 1:
            key = next(norms)
        else:
            query, key = query[0, 0] * np.float32(size**0.5), query[0, heads]
        self.norm("self_attn.q_norm", query)
        self.norm("self_attn.k_norm", key)

    def stacked(self, matrix: NDArray[np.float32], rows: dict[str, int]) -> None:
        """One product of several matrices, taken apart."""
        if len(matrix) != sum(rows.values()):
            raise TrainingError(f"{self._prefix}{next(iter(rows))}: {len(matrix)} rows in the graph; {_WAY_OUT}")
        start = 0
        for name, count in rows.items():
            self._found[f"{self._prefix}{name}.weight"] = np.ascontiguousarray(matrix[start : start + count])
            start += count


def _matrices(graph: onnx.GraphProto, tensors: dict[str, onnx.TensorProto]) -> Iterator[NDArray[np.float32]]:
    """(outputs, inputs) of every product, in order."""
    for node in graph.node:
        if node.op_type == "MatMulNBits":
            told = {each.name: each.i for each in node.attribute}
            packed, scales = (numpy_helper.to_array(tensors[name]) for name in node.input[1:3])
            shape = (told["N"], -1, told["block_size"] * told["bits"] // 8)
            stored = Quantized(told["bits"], told["block_size"], packed.reshape(shape), scales.reshape(told["N"], -1))
            yield stored.dequantized()
        elif node.op_type == "MatMulIntegerToFloat":
            values, scales = (numpy_helper.to_array(tensors[node.input[place]]) for place in (1, 3))
            yield np.ascontiguousarray((values * scales).T)


def _norms(graph: onnx.GraphProto, tensors: dict[str, onnx.TensorProto]) -> Iterator[NDArray[np.float32]]:
    """Scales of every RMS norm, in order."""
    for node in graph.node:
        if "SimplifiedLayerNormalization" in node.op_type:
            [name] = [name for name in node.input if name in tensors]
            if not name.startswith(ONES):
                yield numpy_helper.to_array(tensors[name]).astype(np.float32)
