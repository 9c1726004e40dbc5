"""The model that learns: which of its weights do, and how they are saved and loaded."""

from __future__ import annotations

import json
import logging
import shutil
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training, set_peft_model_state_dict
from safetensors.torch import load_file, load_model

from python_slm_training.pretrain.rows import IGNORED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from torch import Tensor, nn

    from python_slm_training.tune.base import Base
    from python_slm_training.tune.config import Adaptation

ADAPTER_WEIGHTS = "adapter_model.safetensors"
FULL_WEIGHTS = "model.safetensors"


@dataclass
class Trainee:
    """``model`` is what computes; ``weights`` what learns. ``base`` tells how to make the model again."""

    base: Base
    model: Any
    network: Any
    """The transformers model itself; the same object as ``model`` unless adapters are wrapped around it."""
    device: torch.device
    dtype: torch.dtype = torch.float32
    """Of the base's weights; 4-bit ones are computed with in it."""

    @property
    def adapted(self) -> bool:
        """Whether an adapter learns, and not the model."""
        return self.model is not self.network

    @property
    def weights(self) -> list[nn.Parameter]:
        """What learns."""
        return [weight for weight in self.model.parameters() if weight.requires_grad]

    def save(self, folder: Path) -> None:
        """Write what has learned: a peft adapter folder, or a whole Hugging Face folder; the tokenizer with it."""
        folder.mkdir(parents=True, exist_ok=True)
        with quiet():
            if self.adapted:
                self.model.peft_config["default"].base_model_name_or_path = str(self.base.folder)
                self.model.save_pretrained(folder, save_embedding_layers=False)
            else:
                save_network(self.network, folder)
        self.base.vocabulary.save(folder, self.base.folder)

    def load(self, folder: Path) -> None:
        """Put back what ``save`` wrote."""
        if self.adapted:
            set_peft_model_state_dict(self.model, load_file(folder / ADAPTER_WEIGHTS))
        else:
            load_model(self.network, folder / FULL_WEIGHTS, strict=False)


def make_trainee(base: Base, config: Adaptation, *, tokens: Sequence[int] = ()) -> Trainee:
    """A base with fresh adapters, or all its weights set free; on a GPU where there is one, in bfloat16 there.

    ``tokens`` are ids whose embeddings learn beside an adapter: special tokens that the base has never seen.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    half = torch.bfloat16 if device.type == "cuda" else torch.float32
    torch.manual_seed(config.seed)
    if config.method == "full":
        network = base.load(device=str(device))
        network.train()
        if config.recompute:
            network.gradient_checkpointing_enable({"use_reentrant": False})
        return Trainee(base, network, network, device)
    network = base.load(bits=4 if config.method == "qlora" else 0, dtype=half, device=str(device))
    if config.method == "qlora":
        options = {"gradient_checkpointing_kwargs": {"use_reentrant": False}}
        prepare_model_for_kbit_training(  # type: ignore[no-untyped-call]
            network, use_gradient_checkpointing=config.recompute, **options
        )
    elif config.recompute:
        network.enable_input_require_grads()
        network.gradient_checkpointing_enable({"use_reentrant": False})
    with quiet():
        model = get_peft_model(network, _lora(config, tokens))
    model.train()
    return Trainee(base, model, network, device, half)


def _lora(config: Adaptation, tokens: Sequence[int]) -> LoraConfig:
    targets = config.targets if isinstance(config.targets, str) else list(config.targets)
    return LoraConfig(
        r=config.rank,
        lora_alpha=config.alpha,
        lora_dropout=config.dropout,
        target_modules=targets,
        bias="none",
        task_type="CAUSAL_LM",
        trainable_token_indices=sorted(tokens) or None,
    )


def save_network(network: Any, folder: Path) -> None:
    """A Hugging Face folder in one safetensors file, with a top-level ``rope_theta``.

    Later versions nest it, and transformers 4.57 then reads 10000 without a word.
    """
    folder.mkdir(parents=True, exist_ok=True)
    network.save_pretrained(folder, max_shard_size="1000GB")
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    nested = config.get("rope_parameters") or {}
    theta = nested.get("rope_theta", getattr(network.config, "rope_theta", None))
    if theta is not None:
        config.setdefault("rope_theta", theta)
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


@contextmanager
def quiet() -> Iterator[None]:
    """Without the libraries' advice on things that are meant so: a Hub that is not asked, tied weights."""
    loggers = [logging.getLogger(name) for name in ("peft", "transformers")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


def target_logits(model: nn.Module, ids: Tensor, labels: Tensor, *, partial: bool) -> tuple[Tensor, Tensor]:
    """Logits (targets, vocab) float32 where ``labels`` has a target, and the targets, (targets,).

    ``partial`` for architectures that compute the last layer only where asked, which saves most of the memory.
    """
    wanted = labels != IGNORED
    if not partial:
        return model(input_ids=ids).logits[wanted].float(), labels[wanted]
    columns = wanted.any(0).nonzero().flatten()
    logits = model(input_ids=ids, logits_to_keep=columns).logits
    kept = wanted[:, columns]
    return logits[kept].float(), labels[:, columns][kept]


def copy_tokenizer(source: Path, folder: Path) -> None:
    """Carry the tokenizer's files along."""
    for name in ("tokenizer.json", "tokenizer_config.json"):
        if (source / name).exists():
            shutil.copyfile(source / name, folder / name)
