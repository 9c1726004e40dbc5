"""A trained model's folder, as ``slm train pretrain`` leaves it: config.json, model.safetensors, tokenizer.json."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from python_slm import prompt
from python_slm.engine.manifest import TOKENIZER
from python_slm.errors import ExportError, TokenizerError
from python_slm.tokenizer import Tokenizer
from python_slm_training.export.architecture import Architecture

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
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
        checkpoint.check_prompts()
        return checkpoint

    def check_prompts(self) -> None:
        """Raise ExportError when the tokenizer cannot spell a completion's prompt, or a token's bytes are unknown."""
        try:
            prompt.complete_ids(self.tokenizer, "a", "b", path="c.py")
            prompt.end_ids(self.tokenizer)
            _ = self.tokenizer.token_bytes
        except TokenizerError as error:
            raise ExportError(f"{self.folder / TOKENIZER}: {error}") from error
        except KeyError as error:
            raise ExportError(
                f"{self.folder / TOKENIZER}: no bytes are known for the character {error}; only BPE tokenizers with "
                "a token for every byte are served (GPT-2's alphabet, or SentencePiece with byte fallback)"
            ) from error

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """All weights, float32, by transformers' names; a tied head is not there twice."""
        config = _json(self.folder / "config.json")
        found: dict[str, NDArray[np.float32]] = {}
        for path in sorted(self.folder.glob("model*.safetensors")):
            try:
                found |= {name: value.float().numpy() for name, value in load_file(path).items()}
            except (OSError, SafetensorError) as error:
                raise ExportError(f"{path}: cannot be read ({error}); save the checkpoint again") from error
        if not found:
            raise ExportError(f"{self.folder}: no model.safetensors here; save the checkpoint again")
        if config.get("tie_word_embeddings"):
            found.pop("lm_head.weight", None)
        return {name: value for name, value in found.items() if not name.endswith("rotary_emb.inv_freq")}

    def reference(self) -> Reference:
        """The same model in torch."""
        return Reference.of(self.folder)


class Reference:
    """The torch model: what every export must agree with."""

    def __init__(self, model: Any) -> None:
        self.model = model

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Read a Hugging Face folder, float32."""
        model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
        return cls(model.eval())

    @property
    def parameters(self) -> int:
        """Number of weights; a tied head counts once."""
        return int(self.model.num_parameters())

    def logits(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """(tokens, vocab), computed at once and without a cache."""
        with torch.inference_mode():
            logits: NDArray[np.float32] = self.model(torch.tensor([list(ids)])).logits[0].float().numpy()
        return logits

    def with_weights(self, weights: Mapping[str, NDArray[np.float32]]) -> Reference:
        """A copy with other values; a tied head follows the embedding."""
        copied = copy.deepcopy(self.model)
        copied.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()}, strict=False)
        copied.tie_weights()
        return Reference(copied)


def _json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ExportError(f"{path}: cannot be read ({error}); a checkpoint folder is what 'slm train' saves") from error
    if not isinstance(values, dict):
        raise ExportError(f"{path}: expected an object, got {type(values).__name__}")
    return values
