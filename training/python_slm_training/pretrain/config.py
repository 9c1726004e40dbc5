"""What a pretraining run is: the model's shape, its data and its schedule, read from a TOML recipe."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

from python_slm.errors import TrainingError

_RECIPES = "python_slm_training.recipes"
_MATRIX_OPTIMIZERS = ("muon", "adamw")


@dataclass(frozen=True)
class Config:
    """Every field is a TOML key; units in names, rates and fractions in 0..1."""

    hidden_size: int
    layers: int
    heads: int
    kv_heads: int
    intermediate_size: int
    head_dim: int = 64
    context_length: int = 512
    """Tokens in a row; the longest prompt plus completion that the model ever sees."""
    rope_theta: float = 10000.0
    """The class default: exporters that lose the value then lose nothing."""

    batch_rows: int = 16
    micro_rows: int = 4
    """Rows in one forward pass; batch_rows are accumulated from micro-batches."""
    fim_rate: float = 0.6
    spm_share: float = 0.75
    """Of the infilling examples, how many put the suffix first, as serving does."""
    line_share: float = 0.5
    """Of the infilling examples, how many hide whole ends of lines or blocks; the others hide random characters."""
    path_rate: float = 0.5
    seed: int = 0

    steps: int = 0
    """Optimiser steps; 0 leaves the end to the wall clock."""
    minutes: float = 0.0
    """Wall-clock budget, over all resumptions; 0 leaves the end to ``steps``."""
    matrix_optimizer: str = "muon"
    """What trains the hidden matrices at ``muon_rate``: "muon", or "adamw" to compare with."""
    muon_rate: float = 0.02
    adam_rate: float = 0.005
    weight_decay: float = 0.1
    clip_norm: float = 1.0
    warmup: float = 0.01
    cooldown: float = 0.6
    """Last fraction of the run, over which the learning rate falls linearly to zero."""

    validate_minutes: float = 5.0
    validation_rows: int = 64
    patience: int = 0
    """Validations without a new best before the run ends; 0 never ends it early."""
    checkpoint_minutes: float = 0.75
    """What a killed run loses at most; a checkpoint of 5M parameters takes 0.1 s, one of 64M about 1 s."""

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem:
            raise TrainingError(f"recipe: {problem}")

    def _problem(self) -> str:
        if self.heads % self.kv_heads:
            return f"heads ({self.heads}) is not a multiple of kv_heads ({self.kv_heads})"
        if self.batch_rows % self.micro_rows:
            return f"batch_rows ({self.batch_rows}) is not a multiple of micro_rows ({self.micro_rows})"
        rates = ("fim_rate", "spm_share", "line_share", "path_rate", "warmup", "cooldown")
        outside = [name for name in rates if not 0 <= getattr(self, name) <= 1]
        if outside:
            return f"{outside[0]} ({getattr(self, outside[0])}) is not between 0 and 1"
        if self.matrix_optimizer not in _MATRIX_OPTIMIZERS:
            return f"matrix_optimizer ({self.matrix_optimizer}) is none of {', '.join(_MATRIX_OPTIMIZERS)}"
        if self.warmup + self.cooldown > 1:
            return "warmup and cooldown together exceed 1"
        return ""

    @property
    def batch_tokens(self) -> int:
        """Tokens in one optimiser step."""
        return self.batch_rows * self.context_length

    @property
    def micro_batches(self) -> int:
        """Forward passes in one optimiser step, of all processes together."""
        return self.batch_rows // self.micro_rows

    @classmethod
    def from_toml(cls, path: Path) -> Self:
        """Read a recipe. Raises TrainingError naming the key that is unknown, missing or of the wrong type."""
        try:
            return cls.from_dict(tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise TrainingError(f"{path}: not a recipe ({error})") from error

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """A config from TOML values."""
        fields = {field.name: field for field in dataclasses.fields(cls)}
        unknown = sorted(set(values) - set(fields))
        if unknown:
            raise TrainingError(f"recipe: no such key {unknown[0]}; known: {', '.join(fields)}")
        required = {name for name, field in fields.items() if field.default is dataclasses.MISSING}
        missing = sorted(required - set(values))
        if missing:
            raise TrainingError(f"recipe: {missing[0]} is missing")
        checked: dict[str, Any] = {name: _value(name, value, str(fields[name].type)) for name, value in values.items()}
        return cls(**checked)

    @classmethod
    def preset(cls, name: str) -> Self:
        """A recipe that ships with the project. Raises TrainingError listing those there are."""
        found = presets()
        if name not in found:
            raise TrainingError(f"preset {name}: unknown; there are {', '.join(found)}")
        return cls.from_toml(found[name])


def _value(name: str, value: object, kind: str) -> float | str:
    known: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "str": (str,)}
    if isinstance(value, bool) or not isinstance(value, known[kind]):
        raise TrainingError(f"recipe: {name} must be of type {kind}, got {value!r}")
    return float(value) if kind == "float" else value  # type: ignore[arg-type, return-value]


def presets() -> dict[str, Path]:
    """Name → recipe file of every shipped recipe."""
    folder = Path(str(files(_RECIPES)))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}
