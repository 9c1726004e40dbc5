"""Checkpoints of a tuning run: what has learned, the optimiser and the run's state, written whole or not at all."""

from __future__ import annotations

import dataclasses
import json
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from python_slm.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch.optim import Optimizer

    from python_slm_training.tune.trainee import Trainee

_KEPT = 2
_MAY_CHANGE = {
    "steps", "minutes", "validate_minutes", "checkpoint_minutes", "patience", "validation_examples", "threads",
    "data_workers", "micro_tokens", "recompute",
}  # fmt: skip


@dataclass
class State:
    """How far a run is; all that a resumed run needs besides weights and optimiser."""

    step: int = 0
    elapsed_s: float = 0.0
    tokens: int = 0
    """Targets seen."""
    before: dict[str, float] = field(default_factory=dict)
    """Held-out loss of each task before the first step, nats per target."""
    best: float = float("inf")
    """Lowest mean of the tasks' held-out losses so far."""
    best_losses: dict[str, float] = field(default_factory=dict)
    best_step: int = 0
    validations_since_best: int = 0


class Checkpoints:
    """The ``checkpoints`` folder of a run. ``config`` is what a resumed run must share."""

    def __init__(self, folder: Path, config: Mapping[str, Any]) -> None:
        self.folder, self._config = folder, json.loads(json.dumps(dict(config), default=str))

    def numbered(self) -> list[Path]:
        """Complete checkpoints, oldest first."""
        return sorted(path for path in self.folder.glob("step-*") if path.suffix != ".partial")

    def save(self, trainee: Trainee, optimizer: Optimizer, state: State) -> Path:
        """Write one and delete all but the newest two. A process killed meanwhile leaves the older ones."""

        def write(folder: Path) -> None:
            trainee.save(folder)
            torch.save(optimizer.state_dict(), folder / "optimizer.pt")
            written = {"state": dataclasses.asdict(state), "config": self._config}
            (folder / "state.json").write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")

        final = self.folder / f"step-{state.step:07d}"
        write_whole(final, write)
        for old in self.numbered()[:-_KEPT]:
            shutil.rmtree(old)
        return final

    def load(self, path: Path, trainee: Trainee, optimizer: Optimizer) -> State:
        """Put a checkpoint into ``trainee`` and ``optimizer``. Raises TrainingError when it is of another run."""
        written: dict[str, Any] = json.loads((path / "state.json").read_text(encoding="utf-8"))
        known = written["config"]
        changed = [
            f"{name} {known.get(name)!r} → {value!r}"
            for name, value in self._config.items()
            if name not in _MAY_CHANGE and known.get(name) != value
        ]
        if changed:
            raise TrainingError(
                f"{path}: made with other settings ({', '.join(changed)}); resume with those it began with"
            )
        trainee.load(path)
        optimizer.load_state_dict(torch.load(path / "optimizer.pt", map_location=trainee.device, weights_only=True))
        return State(**written["state"])


def write_whole(final: Path, write: Any) -> None:
    """``write(folder)`` into a folder beside, which then takes the name ``final``: complete or absent, never half."""
    partial = final.with_name(final.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    write(partial)
    old = final.with_name(final.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if final.exists():
        final.replace(old)
    partial.replace(final)
    shutil.rmtree(old, ignore_errors=True)
