"""The fast ONNX graph of a decoder, built straight from the weights, whose names say what the family has.

Inputs and outputs, for ``python_slm.engine.session.SharedCacheSession``::

    ids                 (1, tokens) int32
    seqlens_k           (1,) int32          tokens in the cache after this call, minus one
    total_length        () int32            tokens in the cache after this call
    positions           (n,) int32          which of ``ids`` to give logits for
    past.I.key/value    (1, kv_heads, capacity, head_dim) float32, bound to the same memory as present.I.key/value
    logits              (n, vocab) float32

Against Optimum's graph it saves: logits of positions nobody asked for, the concatenation of the cache at every token
(GroupQueryAttention writes in place), three of four attention projections' launches, and three quarters of the bytes.

Layers in int8 come in two forms. With ``ranges``, inputs of a matrix are rounded by a scale fixed beforehand
(``MatMulIntegerToFloat``): without VNNI these products take a third of the time of blocks of 32 (``MatMulNBits``) for a
prompt and four fifths for one token, and a token's logits do not depend on what is read along with it, as with dynamic
scales. A model with outliers among its activations does not bear that; it takes the blocks. The embedding and the head,
which share a table, are always blocks: theirs is the last rounding before the logits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from python_slm_training.export.calibrate import LAST
from python_slm_training.export.quantize import Bits, quantize, quantize_rows

if TYPE_CHECKING:
    from python_slm_training.export.architecture import Architecture

_CONTRIB = "com.microsoft"
_ACTIVATIONS_INT8 = 4
_OPSET = 21
_IR_VERSION = 10

ONES = "ones"
"""Begins the names of scales that are no weights of the network."""
_NOTHING = -1e30
"""A score whose exponential is 0."""
_ZERO_POINT = 128
"""What zero is rounded to, in unsigned bytes."""


def build(
    architecture: Architecture,
    weights: Mapping[str, NDArray[np.float32]],
    bits: Bits | None,
    ranges: Mapping[str, float] | None = None,
) -> onnx.ModelProto:
    """The graph with its weights inside. ``weights`` are named as transformers names them, float32.

    ``bits`` None keeps float32 weights; ``ranges``, for 8 bits, are what ``calibrate.input_ranges`` found. The token
    embedding, which is the head too when tied, is never below 8 bits: it is read as a table and its rounding reaches
    every logit. Raises KeyError for a missing weight or range.
    """
    graph = _Graph(architecture, bits)
    known = {**weights, **{f"{name}.range": np.array(largest, np.float32) for name, largest in (ranges or {}).items()}}
    hidden = graph.embed(weights["model.embed_tokens.weight"])
    update: str | None = None
    for layer in range(architecture.layers):
        prefix = f"model.layers.{layer}."
        own = {name.removeprefix(prefix): value for name, value in known.items() if name.startswith(prefix)}
        normed, hidden = graph.norm(hidden, update, _norm_of(own, "input_layernorm"))
        update = graph.attention(normed, own, layer)
        normed, hidden = graph.norm(hidden, update, _norm_of(own, "post_attention_layernorm"))
        update = graph.feed_forward(normed, own)
    graph.head(hidden, str(update), _norm_of(weights, "model.norm"), weights.get("lm_head.weight"))
    return graph.finished()


_Weights = Mapping[str, NDArray[np.float32]]
_Norm = tuple[NDArray[np.float32], NDArray[np.float32] | None]
"""Scale, and the bias that makes it a layer norm instead of an RMS norm."""


def _norm_of(weights: _Weights, name: str) -> _Norm:
    return weights[f"{name}.weight"], weights.get(f"{name}.bias")


@dataclass(frozen=True)
class _Stored:
    """A quantised matrix among the initializers: their names, and what the operators must be told."""

    packed: str
    scales: str
    outputs: int
    inputs: int
    bits: Bits
    block: int


class _Graph:
    def __init__(self, architecture: Architecture, bits: Bits | None) -> None:
        self._arch = architecture
        self._bits = bits
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: list[onnx.TensorProto] = []
        self._table: str | _Stored = ""
        cos, sin = rotary_tables(architecture)
        self._cos, self._sin = self._constant("rotary_cos", cos), self._constant("rotary_sin", sin)
        heads, kv, size = architecture.heads, architecture.kv_heads, architecture.head_dim
        self._sink = self._constant("no_sink", np.full(heads, _NOTHING, np.float32))
        self._queries_keys = self._constant("queries_keys", np.array([heads * size, kv * size], np.int64))
        self._rotated_rest = self._constant("rotated_rest", np.array([(heads + kv) * size, kv * size], np.int64))
        self._by_head = self._constant("by_head", np.array([-1, heads + kv, size], np.int64))
        self._of_heads = self._constant("of_heads", np.array([1, -1, (heads + kv) * size], np.int64))
        self._joined = self._constant("joined", np.array([0, 0, -1], np.int64))

    def embed(self, table: NDArray[np.float32]) -> str:
        """(1, tokens, hidden); the quantised table is kept in the head's layout, so that both share it."""
        if self._bits is None:
            self._table = self._constant("embedding", table)
            return self._add("Gather", [self._table, "ids"])
        stored = self._table = self._store(table, 8)
        by_block = self._add("Unsqueeze", [stored.scales, self._constant("last", np.array([-1]))])
        blocks = self._add(
            "GatherBlockQuantized",
            [stored.packed, "ids", by_block],
            domain=_CONTRIB,
            bits=8,
            block_size=stored.block,
            gather_axis=0,
            quantize_axis=2,
        )
        return self._add("Reshape", [blocks, self._joined])

    def norm(self, hidden: str, update: str | None, norm: _Norm) -> tuple[str, str]:
        """(normed, hidden + update): the residual addition is part of the next norm."""
        weight, bias = norm
        scales = [self._constant("norm", weight)] + ([] if bias is None else [self._constant("norm_bias", bias)])
        operator = "SimplifiedLayerNormalization" if bias is None else "LayerNormalization"
        if update is None:
            return self._add(operator, [hidden, *scales], axis=-1, epsilon=self._arch.epsilon), hidden
        normed, added = self._name("normed"), self._name("hidden")
        self._nodes.append(
            helper.make_node(
                f"Skip{operator}",
                [hidden, update, *scales],
                [normed, "", "", added],
                domain=_CONTRIB,
                epsilon=self._arch.epsilon,
            )
        )
        return normed, added

    def attention(self, normed: str, own: _Weights, layer: int) -> str:
        """(1, tokens, hidden): one projection for queries, keys and values, rotation and attention.

        Qwen3 normalises each head's queries and keys in between. The scores' scale is part of the queries, and a sink
        that draws nothing keeps the operator off its tiled path: then a token's scores are products of one row, for
        which there is a kernel of its own. Attention takes 0.55 of the time for a token and 0.87 for a prompt.
        """
        own = self._with_scaled_queries(own)
        joined = self._projected(normed, own, [f"self_attn.{name}_proj" for name in ("q", "k", "v")])
        packed = (joined, "", "")
        query, key, value = self._normed_heads(joined, own) if "self_attn.q_norm.weight" in own else packed
        output = self._name("attended")
        past, present = ([f"{side}.{layer}.key", f"{side}.{layer}.value"] for side in ("past", "present"))
        self._nodes.append(
            helper.make_node(
                "GroupQueryAttention",
                [query, key, value, *past, "seqlens_k", "total_length", self._cos, self._sin, "", "", self._sink],
                [output, *present],
                domain=_CONTRIB,
                num_heads=self._arch.heads,
                kv_num_heads=self._arch.kv_heads,
                do_rotary=1,
                scale=1.0,
            )
        )
        return self._projected(output, own, ["self_attn.o_proj"])

    def feed_forward(self, normed: str, own: _Weights) -> str:
        """SwiGLU (arXiv 2002.05202), gate and up in one product; StarCoder2 has a plain GELU."""
        if "mlp.c_fc.weight" in own:
            raised = self._projected(normed, own, ["mlp.c_fc"])
            return self._projected(self._add("Gelu", [raised], approximate="tanh"), own, ["mlp.c_proj"])
        joined = self._projected(normed, own, ["mlp.gate_proj", "mlp.up_proj"])
        gate, up = self._name("gate"), self._name("up")
        self._nodes.append(helper.make_node("Split", [joined], [gate, up], axis=-1, num_outputs=2))
        activated = self._add("QuickGelu", [gate], domain=_CONTRIB, alpha=1.0)
        return self._projected(self._add("Mul", [activated, up]), own, ["mlp.down_proj"])

    def head(self, hidden: str, update: str, norm: _Norm, untied: NDArray[np.float32] | None) -> None:
        """Logits of the positions asked for: the rest are dropped before the last norm."""
        hidden, update = (self._add("Gather", [name, "positions"], axis=1) for name in (hidden, update))
        normed, _ = self.norm(hidden, update, norm)
        if untied is not None:
            logits = self._linear(normed, untied, bits=self._bits and 8)
        elif isinstance(self._table, _Stored):
            logits = self._matmul_nbits(normed, self._table)
        else:
            logits = self._add("MatMul", [normed, self._add("Transpose", [self._table], perm=[1, 0])])
        self._nodes.append(helper.make_node("Squeeze", [logits, self._constant("batch", np.array([0]))], ["logits"]))

    def finished(self) -> onnx.ModelProto:
        """The checked model."""
        arch = self._arch
        cache: list[int | str | None] = [1, arch.kv_heads, "capacity", arch.head_dim]
        inputs = [
            helper.make_tensor_value_info("ids", TensorProto.INT32, [1, "tokens"]),
            helper.make_tensor_value_info("seqlens_k", TensorProto.INT32, [1]),
            helper.make_tensor_value_info("total_length", TensorProto.INT32, []),
            helper.make_tensor_value_info("positions", TensorProto.INT32, ["n"]),
        ]
        outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", arch.vocab_size])]
        for layer in range(arch.layers):
            for kind in ("key", "value"):
                inputs.append(helper.make_tensor_value_info(f"past.{layer}.{kind}", TensorProto.FLOAT, cache))
                outputs.append(helper.make_tensor_value_info(f"present.{layer}.{kind}", TensorProto.FLOAT, cache))
        graph = helper.make_graph(self._nodes, arch.family, inputs, outputs, self._initializers)
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_CONTRIB, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="python-slm")

    def _with_scaled_queries(self, own: _Weights) -> _Weights:
        scaled = "self_attn.q_norm" if "self_attn.q_norm.weight" in own else "self_attn.q_proj"
        factor = np.float32(self._arch.head_dim**-0.5)
        return {**own, **{name: own[name] * factor for name in (f"{scaled}.weight", f"{scaled}.bias") if name in own}}

    def _normed_heads(self, joined: str, own: _Weights) -> tuple[str, str, str]:
        """(queries, keys, values), each head of queries and keys normed: one norm with a scale for each head."""
        arch = self._arch
        rotated, query, key, value = (self._name(name) for name in ("rotated", "query", "key", "value"))
        self._nodes.append(helper.make_node("Split", [joined, self._rotated_rest], [rotated, value], axis=-1))
        scales = [own["self_attn.q_norm.weight"]] * arch.heads + [own["self_attn.k_norm.weight"]] * arch.kv_heads
        heads = self._add("Reshape", [rotated, self._by_head])
        scale = self._constant("head_norm", np.stack(scales)[None])
        normed = self._add("SimplifiedLayerNormalization", [heads, scale], axis=-1, epsilon=arch.epsilon)
        flat = self._add("Reshape", [normed, self._of_heads])
        self._nodes.append(helper.make_node("Split", [flat, self._queries_keys], [query, key], axis=-1))
        return query, key, value

    def _projected(self, features: str, own: _Weights, names: list[str]) -> str:
        """One product for the named matrices, side by side, and their biases where there are some."""
        matrix = np.concatenate([own[f"{name}.weight"] for name in names])
        largest = own.get(f"{names[0]}.range")
        if largest is None:
            output = self._linear(features, matrix)
        elif names[0] in LAST:
            features, factor = self._by_magnitude(features, matrix.shape[1])
            output = self._add("Div", [self._matmul_rounded(features, matrix, largest), factor])
        else:
            output = self._matmul_rounded(features, matrix, largest)
        biases = [own[f"{name}.bias"] for name in names if f"{name}.bias" in own]
        return self._add("Add", [output, self._constant("bias", np.concatenate(biases))]) if biases else output

    def _linear(self, features: str, matrix: NDArray[np.float32], bits: Bits | None = None) -> str:
        bits = bits or self._bits
        if bits is None:
            return self._add("MatMul", [features, self._constant("weight", np.ascontiguousarray(matrix.T))])
        return self._matmul_nbits(features, self._store(matrix, bits))

    def _matmul_rounded(self, features: str, matrix: NDArray[np.float32], largest: NDArray[np.float32]) -> str:
        """A product of bytes; inputs beyond ± ``largest`` () are cut off there."""
        values, scales = quantize_rows(matrix)
        scale = self._constant("input_scale", largest / 127)
        zero = self._constant("input_zero", np.array(_ZERO_POINT, np.uint8))
        rounded = self._add("QuantizeLinear", [features, scale, zero])
        stored = [self._constant("weight", values.T), scale, self._constant("scales", scales), zero]
        return self._add("MatMulIntegerToFloat", [rounded, *stored], domain=_CONTRIB)

    def _by_magnitude(self, features: str, size: int) -> tuple[str, str]:
        """(each token divided by its root mean square, the factor it was multiplied by)."""
        divided, factor = self._name("divided"), self._name("factor")
        ones = self._constant(ONES, np.ones(size, np.float32))
        self._nodes.append(
            helper.make_node(
                "SimplifiedLayerNormalization", [features, ones], [divided, factor], axis=-1, epsilon=1e-12
            )
        )
        return divided, factor

    def _matmul_nbits(self, features: str, matrix: _Stored) -> str:
        return self._add(
            "MatMulNBits",
            [features, matrix.packed, matrix.scales],
            domain=_CONTRIB,
            N=matrix.outputs,
            K=matrix.inputs,
            bits=matrix.bits,
            block_size=matrix.block,
            accuracy_level=_ACTIVATIONS_INT8,
        )

    def _store(self, matrix: NDArray[np.float32], bits: Bits) -> _Stored:
        quantized = quantize(matrix, bits)
        packed = self._constant("weight", quantized.packed)
        scales = self._constant("scales", quantized.scales)
        return _Stored(packed, scales, matrix.shape[0], matrix.shape[1], bits, quantized.block)

    def _add(self, operator: str, inputs: list[str], **attributes: Any) -> str:
        output = self._name(operator)
        self._nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def _constant(self, hint: str, value: NDArray[Any]) -> str:
        name = f"{hint}.{len(self._initializers)}"
        self._initializers.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _name(self, hint: str) -> str:
        return f"{hint}:{len(self._nodes)}"


def rotary_tables(architecture: Architecture) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(cosines, sines) of the rotary embedding (arXiv 2104.09864), each (context, head_dim / 2)."""
    exponents = np.arange(0, architecture.head_dim, 2, dtype=np.float64) / architecture.head_dim
    angles = np.outer(np.arange(architecture.context_length), architecture.rope_theta**-exponents)
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
