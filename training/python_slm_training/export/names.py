"""What the variants are called; apart, so that ``slm export --help`` imports nothing heavy."""

from typing import Literal

Variant = Literal["cpu-int8", "cpu-int4", "fp32", "fp16", "gguf-f16", "gguf-q8_0", "torchscript", "safetensors"]
