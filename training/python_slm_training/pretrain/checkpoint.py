"""Checkpoints: Hugging Face folders with the optimiser and the run's state beside the weights, written atomically."""

from __future__ import annotations

import dataclasses
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_model

from python_slm.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch.optim import Optimizer
    from transformers import Qwen3ForCausalLM

    from python_slm_training.pretrain.config import Config

_KEPT = 2
_ANY_BUDGET = {"steps", "minutes", "validate_minutes", "checkpoint_minutes", "patience", "validation_rows"}
BEFORE_COOLDOWN = "before-cooldown"


@dataclass
class RunState:
    """How far a run is; all that a resumed run needs besides weights and optimiser."""

    step: int = 0
    elapsed_s: float = 0.0
    best_bits_per_byte: float = float("inf")
    validations_since_best: int = 0
    stable_saved: bool = False


def save_checkpoint(
    folder: Path,
    name: str,
    *,
    model: Qwen3ForCausalLM,
    optimizers: Sequence[Optimizer],
    state: RunState,
    config: Config,
    tokenizer: Path,
) -> Path:
    """Write ``folder/name``: complete or absent, never half. Returns it."""
    partial = folder / f"{name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    save_model(partial, model, tokenizer)
    torch.save([optimizer.state_dict() for optimizer in optimizers], partial / "optimizers.pt")
    written = {"state": dataclasses.asdict(state), "config": dataclasses.asdict(config)}
    (partial / "state.json").write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    final = folder / name
    shutil.rmtree(final, ignore_errors=True)
    partial.replace(final)
    return final


def save_model(folder: Path, model: Qwen3ForCausalLM, tokenizer: Path) -> None:
    """A Hugging Face folder: config.json, model.safetensors and the tokenizer of the shards."""
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    _state_rope_base(folder / "config.json", model)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        if (tokenizer / name).exists():
            shutil.copyfile(tokenizer / name, folder / name)


def _state_rope_base(path: Path, model: Qwen3ForCausalLM) -> None:
    """Write ``rope_theta`` at the top level: transformers 5 nests it, and 4.57 then reads 10000 without a word."""
    config = json.loads(path.read_text(encoding="utf-8"))
    nested = config.get("rope_parameters") or {}
    config.setdefault("rope_theta", nested.get("rope_theta", getattr(model.config, "rope_theta", None)))
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def steps_saved(folder: Path) -> list[Path]:
    """Numbered checkpoints, oldest first."""
    return sorted(path for path in folder.glob("step-*") if path.suffix != ".partial")


def prune(folder: Path) -> None:
    """Delete all numbered checkpoints but the newest two."""
    for old in steps_saved(folder)[:-_KEPT]:
        shutil.rmtree(old)


def newest(folder: Path) -> Path:
    """The checkpoint to resume. Raises TrainingError when there is none."""
    found = steps_saved(folder)
    if not found:
        raise TrainingError(f"{folder}: no checkpoint to resume; start without --resume")
    return found[-1]


def load_weights(path: Path, model: Qwen3ForCausalLM, *, tokenizer: Path) -> None:
    """Put the weights of a Hugging Face folder into ``model``; ``tokenizer`` is the shards' folder.

    Raises TrainingError where shapes or names differ, and where ids would mean something else: another tokenizer.
    """
    if not (path / "model.safetensors").exists():
        raise TrainingError(f"{path}: no model.safetensors to start from; give a checkpoint or the final/ of a run")
    theirs, ours = path / "tokenizer.json", tokenizer / "tokenizer.json"
    if theirs.exists() and theirs.read_bytes() != ours.read_bytes():
        raise TrainingError(f"{path}: learned with another tokenizer than {tokenizer}; encode the corpus with its own")
    try:
        missing, unknown = load_model(model, path / "model.safetensors", strict=False)
    except RuntimeError as error:
        raise TrainingError(f"{path}: its weights do not fit the recipe's shape ({error})") from error
    if missing or unknown:
        names = ", ".join(sorted([*missing, *unknown])[:3])
        raise TrainingError(f"{path}: its weights are not those of the recipe's model ({names}, ...)")


def load_checkpoint(
    path: Path, *, model: Qwen3ForCausalLM, optimizers: Sequence[Optimizer], config: Config
) -> RunState:
    """Put a checkpoint into ``model`` and ``optimizers``. Raises TrainingError when it is of another recipe."""
    written: dict[str, Any] = json.loads((path / "state.json").read_text(encoding="utf-8"))
    changed = [
        f"{name} {written['config'].get(name)!r} → {value!r}"
        for name, value in dataclasses.asdict(config).items()
        if name not in _ANY_BUDGET and written["config"].get(name) != value
    ]
    if changed:
        raise TrainingError(f"{path}: made by another recipe ({', '.join(changed)}); resume with the one it began with")
    load_model(model, path / "model.safetensors", strict=False)
    device = next(model.parameters()).device
    for optimizer, values in zip(
        optimizers, torch.load(path / "optimizers.pt", map_location=device, weights_only=True), strict=True
    ):
        optimizer.load_state_dict(values)
    return RunState(**written["state"])
