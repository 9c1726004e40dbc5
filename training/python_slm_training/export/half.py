"""The float16 graph: Optimum's, with weights, activations and cache in half precision, logits in float32."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import onnx
from onnxruntime.transformers.float16 import DEFAULT_OP_BLOCK_LIST, convert_float_to_float16

from python_slm_training.export.onnx_file import save

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_NORM = ("Pow", "ReduceMean", "Sqrt", "Reciprocal")
"""Squares of activations above 255 have no float16."""
_TO_HALF, _TO_SINGLE = "_cast_to_fp16", "_cast_to_fp32"
"""How the converter names what goes between a node left in float32 and the others."""
_LARGEST = 65504.0


def halve(source: Path, target: Path) -> Path:
    """Convert the graph ``source`` and return ``target``.

    The norms' squares, and the angles of the rotary embedding (positions above 2048 have no exact float16), stay in
    float32. ONNX Runtime runs the graph on CUDA; on a CPU it casts back, which is slower than float32.
    """
    model = onnx.load(source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # weights below 6e-8 become 0, the mask's -3e38 becomes -65504
        half = convert_float_to_float16(
            model,
            max_finite_val=_LARGEST,
            keep_io_types=["logits"],
            op_block_list=[*DEFAULT_OP_BLOCK_LIST, *_NORM],
            node_block_list=_behind(model.graph.node, ("Cos", "Sin")),
        )
    _join(half.graph)
    return save(half, target)


def _behind(nodes: Iterable[onnx.NodeProto], operators: tuple[str, ...]) -> list[str]:
    """Names of the nodes of some kinds, and of all that their inputs are computed by."""
    makers = {output: node for node in nodes for output in node.output}
    open_ones = [node for node in nodes if node.op_type in operators]
    found: dict[str, None] = {}
    while open_ones:
        node = open_ones.pop()
        if node.name not in found:
            found[node.name] = None
            open_ones += [makers[name] for name in node.input if name in makers]
    return list(found)


def _join(graph: onnx.GraphProto) -> None:
    """Let nodes left in float32 hand over float32: the converter casts to float16 and back between them.

    That would round the very values that were to be spared; and one value cast for two nodes is cast by two nodes of
    one name, which ONNX Runtime refuses.
    """
    single = {node.output[0]: node.input[0] for node in graph.node if node.input and node.input[0].endswith(_TO_HALF)}
    kept: dict[str, onnx.NodeProto] = {}
    for node in graph.node:
        if not (node.op_type == "Cast" and node.output[0].endswith(_TO_SINGLE) and node.input[0] in single):
            kept.setdefault(node.output[0], node)
        for place, name in enumerate(node.input):
            if name.endswith(_TO_SINGLE):
                node.input[place] = single.get(name.removesuffix(_TO_SINGLE), name)
    nodes = [onnx.NodeProto.FromString(node.SerializeToString()) for node in kept.values()]
    del graph.node[:]
    graph.node.extend(nodes)
