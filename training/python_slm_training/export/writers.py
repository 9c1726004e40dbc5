"""One writer a variant: it leaves its files in a folder and gives a reader of their logits."""

from __future__ import annotations

import json
import shutil
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import save_file

from python_slm.engine.session import open_session
from python_slm.errors import ExportError
from python_slm_training.export.agreement import python_texts, served, windows
from python_slm_training.export.calibrate import TEXTS, input_ranges
from python_slm_training.export.checkpoint import Reference
from python_slm_training.export.gguf_file import read_gguf, write_gguf
from python_slm_training.export.graph import build
from python_slm_training.export.half import halve
from python_slm_training.export.modelfile import MODELFILE, modelfile
from python_slm_training.export.onnx_file import save
from python_slm_training.export.optimum import export_with_optimum
from python_slm_training.export.torchscript import save_torchscript, torchscript_reader
from python_slm_training.export.variants import FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from python_slm_training.export.checkpoint import Checkpoint
    from python_slm_training.export.gguf_file import Kind
    from python_slm_training.export.names import Variant
    from python_slm_training.export.quantize import Bits

    Read = Callable[[Sequence[int]], NDArray[np.float32]]

_WINDOW_TOKENS = 512
_CONFIGURATION = ("tokenizer_config.json", "generation_config.json")


class Writers:
    """Writes a checkpoint's variants into ``folder``; ``scratch`` is for what several of them start from."""

    def __init__(self, checkpoint: Checkpoint, reference: Reference, folder: Path, scratch: Path, *, name: str) -> None:
        self._checkpoint = checkpoint
        self.reference = reference
        self._folder = folder
        self._scratch = scratch
        self._name = name

    def write(self, variant: Variant) -> Iterator[Read]:
        """Write a variant and give ids → logits (tokens, vocab), read back from the file. Raises ExportError.

        Asked again, it writes the variant's next form, slower and closer to the checkpoint, where there is one.
        """
        path = self._folder / FILES[variant]
        if variant == "cpu-int8":
            yield self._fast(path, 8, self._ranges)
            yield self._fast(path, 8, None)
        else:
            yield self._write(variant, path)

    def _write(self, variant: Variant, path: Path) -> Read:
        match variant:
            case "cpu-int4":
                read = self._fast(path, 4, None)
            case "fp32":
                shutil.copyfile(self._optimum, path)
                read = self._session(path)
            case "fp16":
                read = self._session(halve(self._optimum, path))
            case "gguf-f16" | "gguf-q8_0":
                read = self._gguf(path, "f16" if variant == "gguf-f16" else "q8_0")
            case "torchscript":
                save_torchscript(self.reference.model, self._checkpoint.architecture.vocab_size, path)
                read = torchscript_reader(path)
            case _:
                read = self._safetensors(path)
        return read

    @cached_property
    def _weights(self) -> dict[str, NDArray[np.float32]]:
        return self._checkpoint.weights()

    @cached_property
    def _ranges(self) -> dict[str, float]:
        length = min(_WINDOW_TOKENS, self._checkpoint.architecture.context_length)
        sequences = windows(self._checkpoint.tokenizer, python_texts(TEXTS), length=length)
        return input_ranges(self.reference.model, sequences)

    @cached_property
    def _optimum(self) -> Path:
        family = self._checkpoint.architecture.family
        if family == "starcoder2":
            raise ExportError(f"{family}: Optimum has no graph for it, so no fp32 or fp16; cpu-int8 and cpu-int4 work")
        return export_with_optimum(self._checkpoint.folder, self._scratch)

    def _fast(self, path: Path, bits: Bits, ranges: Mapping[str, float] | None) -> Read:
        try:
            graph = build(self._checkpoint.architecture, self._weights, bits, ranges)
        except ValueError as error:
            raise ExportError(f"{path.name}: {error}; export fp32") from error
        return self._session(save(graph, path))

    def _session(self, path: Path) -> Read:
        return served(open_session(path.read_bytes(), self._checkpoint.architecture, device="cpu", threads=0))

    def _gguf(self, path: Path, kind: Kind) -> Read:
        """What the file stands for, in torch: llama.cpp's own arithmetic is its own affair."""
        architecture, tokenizer = self._checkpoint.architecture, self._checkpoint.tokenizer
        write_gguf(architecture, self._weights, tokenizer, path, kind, name=self._name)
        if kind == "q8_0" or not (self._folder / MODELFILE).exists():
            text = modelfile(tokenizer, path.name, architecture.context_length)
            (self._folder / MODELFILE).write_text(text, encoding="utf-8")
        return self.reference.with_weights(read_gguf(path, architecture, self._weights)).logits

    def _safetensors(self, path: Path) -> Read:
        source = self._checkpoint.folder
        tensors = {name: torch.from_numpy(value).bfloat16() for name, value in self._weights.items()}
        save_file(tensors, path, metadata={"format": "pt"})
        config: dict[str, Any] = json.loads((source / "config.json").read_text(encoding="utf-8"))
        config |= {"dtype": "bfloat16", "torch_dtype": "bfloat16"}
        (self._folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
        for name in _CONFIGURATION:
            if (source / name).exists():
                shutil.copyfile(source / name, self._folder / name)
        return Reference.of(self._folder).logits
