"""A trained model's folder, as ``slm train pretrain`` leaves it: config.json, model.safetensors, tokenizer.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from transformers import Qwen3ForCausalLM

from python_slm.engine.manifest import TOKENIZER
from python_slm.errors import ExportError
from python_slm.tokenizer import Tokenizer
from python_slm_training.export.architecture import Architecture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

STATE = "state.json"


@dataclass(frozen=True)
class Checkpoint:
    """What the exporter reads. ``training`` is the trainer's ``state.json``: how far it came and with what."""

    folder: Path
    architecture: Architecture
    tokenizer: Tokenizer
    training: dict[str, Any]

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read everything but the weights. Raises ExportError naming what is missing or does not fit together."""
        config = _json(folder / "config.json")
        notes = _json(folder / STATE) if (folder / STATE).exists() else {}
        checkpoint = cls(folder, Architecture.from_config(config), Tokenizer.from_file(folder / TOKENIZER), notes)
        if checkpoint.tokenizer.vocab_size > checkpoint.architecture.vocab_size:
            raise ExportError(
                f"{folder}: the tokenizer has {checkpoint.tokenizer.vocab_size} tokens, the model "
                f"{checkpoint.architecture.vocab_size}; use the tokenizer it was trained with"
            )
        return checkpoint

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """All weights, float32, by transformers' names."""
        path = self.folder / "model.safetensors"
        try:
            return {name: value.float().numpy() for name, value in load_file(path).items()}
        except (OSError, SafetensorError) as error:
            raise ExportError(f"{path}: cannot be read ({error}); save the checkpoint again") from error

    def reference(self) -> Reference:
        """The same model in torch."""
        model = Qwen3ForCausalLM.from_pretrained(self.folder, dtype=torch.float32, local_files_only=True)
        return Reference(model.eval())


class Reference:
    """The torch model: what every exported graph must agree with."""

    def __init__(self, model: Qwen3ForCausalLM) -> None:
        self._model = model

    @property
    def parameters(self) -> int:
        """Number of weights; a tied head counts once."""
        return int(self._model.num_parameters())

    def logits(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """(tokens, vocab), computed at once and without a cache."""
        with torch.inference_mode():
            logits: NDArray[np.float32] = self._model(torch.tensor([list(ids)])).logits[0].float().numpy()
        return logits


def _json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ExportError(f"{path}: cannot be read ({error}); a checkpoint folder is what 'slm train' saves") from error
    if not isinstance(values, dict):
        raise ExportError(f"{path}: expected an object, got {type(values).__name__}")
    return values
