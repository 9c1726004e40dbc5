"""How a run of tuning, distillation or preference tuning ended, and the note that says so beside its model."""

from __future__ import annotations

import dataclasses
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from python_slm.errors import TrainingError

if TYPE_CHECKING:
    from pathlib import Path

    from python_slm_training.tune.base import Base
    from python_slm_training.tune.config import Method, Schedule
    from python_slm_training.tune.loop import Result
    from python_slm_training.tune.trainee import Trainee

NOTE = "tune.json"
_FINISHED = "outcome.json"


@dataclass(frozen=True)
class Outcome:
    """Losses are held out, in nats per target token, by task; ``general`` is code of no task."""

    step: int
    interrupted: bool
    folder: Path
    """The adapter (lora, qlora) or the whole model (full); absent where the run was interrupted."""
    before: dict[str, float]
    after: dict[str, float]


def folder_of(out: Path, method: Method) -> Path:
    """Where a run leaves what it made."""
    return out / ("final" if method == "full" else "adapter")


def finish(out: Path, trainee: Trainee, method: Method, schedule: Schedule, result: Result) -> Outcome:
    """Note what was done, beside the model and in the run's folder; an interrupted run notes nothing."""
    folder = folder_of(out, method)
    outcome = Outcome(result.step, result.interrupted, folder, result.before, result.after)
    if not result.interrupted:
        note: dict[str, Any] = {
            "base": str(trainee.base.folder.resolve()),
            "dtype": str(trainee.dtype).removeprefix("torch."),
            "method": method,
            "config": json.loads(json.dumps(dataclasses.asdict(schedule), default=str)),
            "step": result.step,
            "before": result.before,
            "after": result.after,
        }
        text = json.dumps(note, indent=2) + "\n"
        (folder / NOTE).write_text(text, encoding="utf-8")
        (out / _FINISHED).write_text(text, encoding="utf-8")
        shutil.rmtree(out / "checkpoints" / "best", ignore_errors=True)
    return outcome


def finished(out: Path, method: Method) -> Outcome | None:
    """The outcome of a run that is over."""
    path, folder = out / _FINISHED, folder_of(out, method)
    if not path.exists() or not folder.exists():
        return None
    note = json.loads(path.read_text(encoding="utf-8"))
    return Outcome(note["step"], interrupted=False, folder=folder, before=note["before"], after=note["after"])


def read_note(folder: Path) -> dict[str, Any]:
    """What stands beside an adapter or model. Raises TrainingError when the folder is not one of ours."""
    try:
        note: dict[str, Any] = json.loads((folder / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(f"{folder}: not a folder that 'slm train tune' wrote ({error})") from error
    return note


def fingerprint(base: Base) -> str:
    """What tells one base from another, whatever its folder's name: its shape and the size of its weights."""
    weights = sorted((path.name, path.stat().st_size) for path in base.folder.glob("*.safetensors"))
    return json.dumps([base.config.get("model_type"), base.config.get("vocab_size"), weights])
