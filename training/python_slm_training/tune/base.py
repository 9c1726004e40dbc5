"""The model that tuning begins with: any Hugging Face causal model, from a folder or from the Hub."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig

from python_slm.errors import MissingExtraError, TrainingError
from python_slm_training.tune.vocabulary import Vocabulary, adapt

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_WANTED = ["*.json", "*.safetensors", "*.model", "merges.txt", "vocab.txt"]


def resolve_base(base: str | Path, *, endpoint: str | None = None) -> Path:
    """The folder of ``base``: a folder itself, or the downloaded snapshot of a Hub id such as ``Qwen/Qwen3-0.6B``.

    A snapshot comes from the Hub's cache where it is there already. ``endpoint`` is another Hub's address. Raises
    TrainingError saying what to do when the machine is offline or the model is gated, unknown or not in safetensors.
    """
    folder = Path(base)
    if (folder / "config.json").exists():
        return folder
    if folder.is_dir():
        raise TrainingError(f"{folder}: no config.json; --base takes a Hugging Face model folder or a Hub id")
    if not _HUB_ID.fullmatch(str(base)):
        raise TrainingError(f"{base}: no such folder, and not a Hub id such as Qwen/Qwen3-0.6B")
    found = _download(str(base), endpoint)
    if not list(found.glob("*.safetensors")):
        raise TrainingError(f"{base}: has no safetensors weights; convert it, then give the folder as --base")
    return found


def _download(name: str, endpoint: str | None) -> Path:
    try:
        return Path(snapshot_download(name, allow_patterns=_WANTED, endpoint=endpoint))
    except GatedRepoError as error:
        raise TrainingError(f"{name}: gated; accept its terms on the Hub, then run 'huggingface-cli login'") from error
    except RepositoryNotFoundError as error:
        raise TrainingError(f"{name}: no such model on the Hub, or it is private and you are not logged in") from error
    except (OfflineModeIsEnabled, LocalEntryNotFoundError) as error:
        raise TrainingError(
            f"{name}: not in the local cache and the Hub cannot be reached; download it on another machine with "
            f"'huggingface-cli download {name}', copy the folder here and give it as --base"
        ) from error
    except (HfHubHTTPError, OSError) as error:
        raise TrainingError(f"{name}: cannot be downloaded ({error}); run the same command again") from error


@dataclass(frozen=True)
class Base:
    """A base on disk: its folder, what ``config.json`` says, and its vocabulary with the tokens it lacked added."""

    folder: Path
    config: dict[str, Any]
    vocabulary: Vocabulary

    @classmethod
    def open(cls, base: str | Path) -> Base:
        """Read everything but the weights. Raises TrainingError."""
        folder = resolve_base(base)
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return cls(folder, config, adapt(tokenizer_json(folder), where=str(folder)))

    def context_length(self) -> int:
        """Most tokens that the model reads."""
        for name in ("max_position_embeddings", "n_positions", "seq_length"):
            if isinstance(self.config.get(name), int):
                return int(self.config[name])
        return 2048

    def load(self, *, bits: int = 0, dtype: torch.dtype = torch.float32, device: str = "cpu") -> Any:
        """The model, with rows for the tokens that were added to its vocabulary.

        ``bits`` 4 loads NF4 with double quantisation (arXiv 2305.14314), computing in ``dtype``; 0 loads ``dtype``.
        """
        options: dict[str, Any] = {"dtype": dtype, "local_files_only": True}
        if bits:
            options |= {"quantization_config": nf4(dtype), "device_map": {"": device}}
        try:
            model: Any = AutoModelForCausalLM.from_pretrained(self.folder, **options)
        except (OSError, ValueError, KeyError) as error:
            raise TrainingError(
                f"{self.folder}: not a causal language model that transformers reads ({error})"
            ) from error
        _add_rows(model, self.vocabulary)
        model.config.use_cache = False
        return model if bits else model.to(device)


def nf4(dtype: torch.dtype) -> BitsAndBytesConfig:
    """QLoRA's 4-bit format. Raises MissingExtraError without bitsandbytes."""
    try:
        import bitsandbytes  # noqa: F401, PLC0415 - what transformers would fail on, later and less clearly
    except ImportError as error:
        raise MissingExtraError("4-bit weights need bitsandbytes; run: pip install 'python-slm[train]'") from error
    return BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )


def tokenizer_json(folder: Path) -> str:
    """The content of ``tokenizer.json``, converted where a model has only a slow tokenizer. Raises TrainingError."""
    path = folder / "tokenizer.json"
    if path.exists():
        return path.read_text(encoding="utf-8")
    try:
        slow = AutoTokenizer.from_pretrained(folder, local_files_only=True)  # type: ignore[no-untyped-call]
        return str(slow.backend_tokenizer.to_str())
    except (OSError, ValueError, ImportError, AttributeError) as error:
        raise TrainingError(f"{folder}: no tokenizer.json, and none can be made ({error})") from error


def _add_rows(model: Any, vocabulary: Vocabulary) -> None:
    """Rows for added tokens, each the mean of the rows of its own name's pieces: ``<|fix|>`` begins as "fix"."""
    size = vocabulary.tokenizer.vocab_size
    if size > model.get_input_embeddings().weight.shape[0]:
        model.resize_token_embeddings(size, mean_resizing=False)
    for layer in _embeddings(model):
        with torch.no_grad():
            for index, pieces in vocabulary.added.items():
                layer.weight[index] = layer.weight[pieces].mean(0)


def _embeddings(model: Any) -> list[Any]:
    """Input and output embeddings; one where they are tied."""
    inputs, outputs = model.get_input_embeddings(), model.get_output_embeddings()
    if outputs is None or outputs.weight is inputs.weight:
        return [inputs]
    return [inputs, outputs]
