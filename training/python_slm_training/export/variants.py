"""The forms a checkpoint is exported to: their files, who reads them, how closely each must agree with torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_slm_training.export.agreement import Tolerance

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from python_slm_training.export.names import Variant

FILES: Mapping[Variant, str] = {
    "cpu-int8": "model.int8.onnx",
    "cpu-int4": "model.int4.onnx",
    "fp32": "model.fp32.onnx",
    "fp16": "model.fp16.onnx",
    "gguf-f16": "model.f16.gguf",
    "gguf-q8_0": "model.q8_0.gguf",
    "torchscript": "model.torchscript.pt",
    "safetensors": "model.safetensors",
}
"""The file with the weights."""

READERS: Mapping[Variant, str] = {
    "cpu-int8": "python-slm on a CPU; what ships",
    "cpu-int4": "python-slm on a CPU; smaller and worse",
    "fp32": "python-slm on a CPU or CUDA; Optimum's graph, without loss",
    "fp16": "python-slm on CUDA; half the size of fp32",
    "gguf-f16": "llama.cpp and what is built on it",
    "gguf-q8_0": "Ollama (see Modelfile), llama.cpp",
    "torchscript": "torch.jit.load: ids (1, tokens) int64 → logits (1, tokens, vocabulary)",
    "safetensors": "transformers, in bfloat16: to tune and to convert",
}

TOLERANCES: Mapping[Variant, Tolerance] = {
    "cpu-int8": Tolerance(mean_cosine=0.99, top1=0.97),
    "cpu-int4": Tolerance(mean_cosine=0.95, top1=0.85),
    "fp32": Tolerance(max_difference=1e-3),
    "fp16": Tolerance(mean_cosine=0.9999, top1=0.99),
    "gguf-f16": Tolerance(mean_cosine=0.9999, top1=0.99),
    "gguf-q8_0": Tolerance(mean_cosine=0.99, top1=0.97),
    "torchscript": Tolerance(max_difference=1e-3),
    "safetensors": Tolerance(mean_cosine=0.999, top1=0.97),
}
"""What each must reach. int4 is for experiments: an evaluation has to say what it costs."""

_SERVED: Mapping[str, tuple[Variant, ...]] = {"cpu": ("cpu-int8", "cpu-int4", "fp32", "fp16"), "cuda": ("fp16", "fp32")}
"""Device → the graphs that run on it, the one to take first."""


def graphs(chosen: Collection[Variant]) -> dict[str, str]:
    """Device → file of the graph that python-slm takes there, of the variants that were exported."""
    best = {device: next((one for one in order if one in chosen), None) for device, order in _SERVED.items()}
    return {device: FILES[one] for device, one in best.items() if one is not None}
