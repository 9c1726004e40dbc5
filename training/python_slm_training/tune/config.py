"""What a tuning run is: how it learns, for how long, and from which mixture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from python_slm.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Method = Literal["lora", "qlora", "full"]
METHODS: tuple[Method, ...] = get_args(Method)
Optimizer = Literal["auto", "adamw", "paged-adamw-8bit"]

_LARGE = 1e9  # parameters; from here on the rates of the QLoRA paper (arXiv 2305.14314) hold


@dataclass(frozen=True)
class Schedule:
    """Everything that tuning, distillation and preference tuning share. Units in names, fractions in 0..1."""

    steps: int = 0
    """Optimiser steps; 0 leaves the end to the wall clock."""
    minutes: float = 0.0
    """Wall-clock budget, over all resumptions; 0 leaves the end to ``steps``."""
    batch_examples: int = 32
    """Examples in one optimiser step; of pairs, pairs."""
    micro_tokens: int = 4096
    """Most ids, padding included, in one forward pass."""
    max_tokens: int = 2048
    """Longest example; less where the model reads less."""
    learning_rate: float = 0.0
    """Peak; 0 takes the method's, see ``default_rate``."""
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    warmup: float = 0.05
    cooldown: float = 0.5
    """Last fraction of the run, over which the learning rate falls linearly to zero."""
    optimizer: Optimizer = "auto"
    """auto is paged 8-bit AdamW beside a 4-bit base, and AdamW elsewhere."""
    recompute: bool = False
    """Gradient checkpointing: a third more time for a fraction of the memory."""
    validate_minutes: float = 2.0
    validation_examples: int = 64
    """Held-out examples of each task."""
    patience: int = 0
    """Validations without a new best before the run ends; 0 never ends it early."""
    checkpoint_minutes: float = 0.5
    threads: int = 0
    """CPU threads; 0 takes every core. Without effect on a GPU."""
    data_workers: int | None = None
    """Processes that encode examples; 0 encodes in the loop, None is that on a CPU and four beside a GPU."""
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.steps and not self.minutes:
            raise TrainingError("the run has no end: give --minutes or --steps")
        if self.warmup + self.cooldown > 1:
            raise TrainingError("warmup and cooldown together exceed 1")


@dataclass(frozen=True)
class Adaptation(Schedule):
    """Which weights learn."""

    method: Method = "lora"
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0
    targets: str | tuple[str, ...] = "all-linear"
    """Modules that get an adapter, by the end of their names; all-linear is every matrix but the embeddings."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.method not in METHODS:
            raise TrainingError(f"method {self.method!r} is unknown; there are {', '.join(METHODS)}")


@dataclass(frozen=True)
class TuneConfig(Adaptation):
    """A run on task examples."""

    task_weights: Mapping[str, float] = field(default_factory=dict)
    """Task → how often it is drawn, relative to the others; 0 leaves it out. A task not named weighs the square root
    of its number of examples when none is named, and 0 when some are."""
    replay_rate: float = 0.1
    """Share of examples of general code, so that what is learned does not displace what was known."""
    replay: Path | None = None
    """Where general code comes from: a corpus, or a folder of Python files; None is Python's standard library."""
    spm_share: float = 0.75
    """Of the infilling examples, how many put the suffix first, as serving does."""
    task_examples: int = 200_000
    """Most examples of a task that are read."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.replay_rate < 1:
            raise TrainingError(f"replay_rate ({self.replay_rate}) is not in 0..1, 1 excluded")


@dataclass(frozen=True)
class DistillConfig(Schedule):
    """A run in which a student learns a teacher's distributions; all its weights learn."""

    kl_share: float = 0.5
    """Share of the loss that is the teacher's; the rest is the text's own next token."""
    temperature: float = 1.0
    """Both distributions are flattened by it for the teacher's part, whose gradient is scaled by its square."""
    fim_rate: float = 0.6
    """Of pretraining rows, as in ``pretrain.config.Config``."""
    spm_share: float = 0.75

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.kl_share <= 1 or self.temperature <= 0:
            raise TrainingError("kl_share must be in 0..1 and temperature above 0")


@dataclass(frozen=True)
class PreferConfig(Adaptation):
    """A run on pairs of a better and a worse answer."""

    beta: float = 0.1
    """How strongly the model is held to the one it began as (arXiv 2305.18290)."""
    anchor: float = 1.0
    """Weight of the better answer's own loss, nats per token: without it both answers become unlikely together
    (arXiv 2404.19733)."""


def default_rate(method: Method, parameters: int) -> float:
    """Peak learning rate for a model of so many parameters.

    Above 1e9 parameters the QLoRA paper's 2e-4 for adapters and 1e-5 for all weights; below, measured on our own
    5 M model (see the lab log).
    """
    if parameters >= _LARGE:
        return 1e-5 if method == "full" else 2e-4
    return 3e-4 if method == "full" else 2e-3
