"""Checkpoints: Hugging Face folders with the optimiser and the run's state beside the weights, written atomically."""

from __future__ import annotations

import dataclasses
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file, save_file

from python_slm.errors import TrainingError
from python_slm_training.pretrain.processes import sharded_like, whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor
    from torch.optim import Optimizer
    from transformers import Qwen3ForCausalLM

    from python_slm_training.pretrain.config import Config

_KEPT = 2
_WEIGHTS = "model.safetensors"
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
    earlier: list[dict[str, float]] = dataclasses.field(default_factory=list)
    """Runs whose weights this one began with, oldest first: steps, tokens and seconds of each."""


def save_checkpoint(
    folder: Path,
    name: str,
    *,
    model: Qwen3ForCausalLM,
    optimizers: Sequence[Optimizer],
    state: RunState,
    config: Config,
    tokenizer: Path,
    writes: bool = True,
) -> Path:
    """Write ``folder/name``: complete or absent, never half. Returns it.

    Of several processes all have to call this, as shards are gathered; the one that ``writes`` writes.
    """
    weights, states = whole_weights(model), [whole_state(optimizer) for optimizer in optimizers]
    final = folder / name
    if not writes:
        return final
    partial = folder / f"{name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    write_model(partial, model, weights, tokenizer)
    torch.save(states, partial / "optimizers.pt")
    written = {"state": dataclasses.asdict(state), "config": dataclasses.asdict(config)}
    (partial / "state.json").write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(final, ignore_errors=True)
    partial.replace(final)
    return final


def whole_weights(model: Qwen3ForCausalLM) -> dict[str, Tensor]:
    """Name → weight on the CPU, gathered from all processes; the last layer is the embedding and is left out."""
    return {name: whole(weight.detach()).cpu().contiguous() for name, weight in model.named_parameters()}


def whole_state(optimizer: Optimizer) -> dict[str, Any]:
    """An optimiser's state_dict with whole tensors, as one process has it."""
    values: dict[str, Any] = optimizer.state_dict()
    values["state"] = {
        number: {name: whole(value) if isinstance(value, torch.Tensor) else value for name, value in entry.items()}
        for number, entry in values["state"].items()
    }
    return values


def write_model(folder: Path, model: Qwen3ForCausalLM, weights: dict[str, Tensor], tokenizer: Path) -> None:
    """A Hugging Face folder: config.json, model.safetensors and the tokenizer of the shards."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / _WEIGHTS, {"format": "pt"})
    model.config.save_pretrained(folder)
    _complete_config(folder / "config.json", model)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        if (tokenizer / name).exists():
            shutil.copyfile(tokenizer / name, folder / name)


def _complete_config(path: Path, model: Qwen3ForCausalLM) -> None:
    """State the weights' type, and ``rope_theta`` at the top: transformers 5 nests it, and 4.57 then reads 10000."""
    config = json.loads(path.read_text(encoding="utf-8"))
    nested = config.get("rope_parameters") or {}
    config.setdefault("rope_theta", nested.get("rope_theta", getattr(model.config, "rope_theta", None)))
    config["dtype"] = "float32"
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def steps_saved(folder: Path) -> list[Path]:
    """Numbered checkpoints, oldest first."""
    return sorted(path for path in folder.glob("step-*") if path.suffix != ".partial")


def prune(folder: Path) -> None:
    """Delete all numbered checkpoints but the newest two."""
    for old in steps_saved(folder)[:-_KEPT]:
        shutil.rmtree(old)


def load_weights(path: Path, model: Qwen3ForCausalLM, *, tokenizer: Path) -> None:
    """Put the weights of a Hugging Face folder into ``model``; ``tokenizer`` is the shards' folder.

    Raises TrainingError where shapes or names differ, and where ids would mean something else: another tokenizer.
    """
    if not (path / _WEIGHTS).exists():
        raise TrainingError(f"{path}: no model.safetensors to start from; give a checkpoint or the final/ of a run")
    theirs, ours = path / "tokenizer.json", tokenizer / "tokenizer.json"
    if theirs.exists() and theirs.read_bytes() != ours.read_bytes():
        raise TrainingError(f"{path}: learned with another tokenizer than {tokenizer}; encode the corpus with its own")
    weights, wanted = load_file(path / _WEIGHTS), dict(model.named_parameters())
    if weights.keys() ^ wanted.keys():
        names = ", ".join(sorted(weights.keys() ^ wanted.keys())[:3])
        raise TrainingError(f"{path}: its weights are not those of the recipe's model ({names}, ...)")
    for name, weight in weights.items():
        if weight.shape != wanted[name].shape:
            shapes = f"{name} {tuple(weight.shape)}, not {tuple(wanted[name].shape)}"
            raise TrainingError(f"{path}: its weights do not fit the recipe's shape ({shapes})")
    _put(weights, model)


def runs_until(path: Path) -> list[dict[str, float]]:
    """What ``RunState.earlier`` is of a run that begins with ``path``; empty where its past is unknown."""
    if not (path / "state.json").exists():
        return []
    written: dict[str, Any] = json.loads((path / "state.json").read_text(encoding="utf-8"))
    state, config = written["state"], written["config"]
    steps = state["step"]
    tokens = steps * config["batch_rows"] * config["context_length"]
    return [*state.get("earlier", []), {"steps": steps, "tokens": tokens, "elapsed_s": state["elapsed_s"]}]


def _put(weights: dict[str, Tensor], model: Qwen3ForCausalLM) -> None:
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(sharded_like(weights[name], parameter))


def load_checkpoint(
    path: Path, *, model: Qwen3ForCausalLM, optimizers: Sequence[Optimizer], config: Config
) -> RunState:
    """Put a checkpoint into ``model`` and ``optimizers``. Raises TrainingError when it is of another recipe."""
    written: dict[str, Any] = json.loads((path / "state.json").read_text(encoding="utf-8"))
    defaults = {field.name: field.default for field in dataclasses.fields(config)}
    before = defaults | written["config"]  # a checkpoint older than a key was made with the key's default
    changed = [
        f"{name} {before[name]!r} → {value!r}"
        for name, value in dataclasses.asdict(config).items()
        if name not in _ANY_BUDGET and before[name] != value
    ]
    if changed:
        raise TrainingError(f"{path}: made by another recipe ({', '.join(changed)}); resume with the one it began with")
    _put(load_file(path / _WEIGHTS), model)
    states = torch.load(path / "optimizers.pt", map_location="cpu", weights_only=True)
    for optimizer, values in zip(optimizers, states, strict=True):
        optimizer.load_state_dict(_sharded_state(values, optimizer))
    return RunState(**written["state"])


def _sharded_state(values: dict[str, Any], optimizer: Optimizer) -> dict[str, Any]:
    """A whole state_dict cut to what this process holds; step counts are whole everywhere."""
    params = [param for group in optimizer.param_groups for param in group["params"]]
    values["state"] = {
        number: {
            name: sharded_like(value, params[number]) if value.shape == params[number].shape else value
            for name, value in entry.items()
        }
        for number, entry in values["state"].items()
    }
    return values
