"""What a step says: loss, rate, speed, memory. On a GPU one step late, so that nobody waits for the device."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil
import torch

from python_slm.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from python_slm_training.pretrain.journal import Journal
    from python_slm_training.pretrain.speed import Speedometer

_SAID_EVERY = 10  # steps, after as many first ones


@dataclass(frozen=True)
class Step:
    """One step; ``loss`` and ``gradient_norm`` may still be on their way on the device."""

    number: int
    progress: float
    learning_rate: float
    elapsed_s: float
    tokens: int
    loss: Tensor
    gradient_norm: Tensor


class Reports:
    """Journals steps and says some of them. ``late`` steps are kept until later ones have been started."""

    def __init__(self, journal: Journal, speed: Speedometer, say: Callable[[str], object], *, late: int) -> None:
        self._journal, self._speed, self._say, self._late = journal, speed, say, late
        self._waiting: deque[Step] = deque()
        speed.restart()

    def add(self, step: Step) -> None:
        """Tell of a step, or of those before it. Raises TrainingError where a gradient is not a number."""
        self._waiting.append(step)
        while len(self._waiting) > self._late:
            self._tell(self._waiting.popleft())

    def flush(self) -> None:
        """Tell of all; what follows, until the next step, is not counted as training time."""
        while self._waiting:
            self._tell(self._waiting.popleft())

    def restart(self) -> None:
        """Training goes on: count time again."""
        self._speed.restart()

    def _tell(self, step: Step) -> None:
        loss, norm = float(step.loss), float(step.gradient_norm)
        if math.isnan(norm) or math.isnan(loss):
            raise TrainingError(
                f"step {step.number}: the gradient is not a number; resume from a checkpoint at a lower rate"
            )
        rate = self._speed.read()
        told = {
            "loss": loss,
            "learning_rate": step.learning_rate,
            "gradient_norm": norm,
            "tokens_per_s": rate.tokens_per_s,
            "mfu": round(rate.fraction, 4),
            "elapsed_s": round(step.elapsed_s, 3),
            "tokens": step.tokens,
            "memory_mb": memory_mb(),
        }
        self._journal.tell(step.number, **told)
        if step.number < _SAID_EVERY or step.number % _SAID_EVERY == 0:  # the first show whether it works at all
            self._say(
                f"step {step.number} {100 * step.progress:.1f} % loss {loss:.4f} norm {norm:.2f} "
                f"{rate.tokens_per_s:,.0f} tokens/s ({100 * rate.fraction:.0f} % MFU) {told['memory_mb']:.0f} MiB"
            )


def memory_mb() -> float:
    """Peak GPU memory where there is a GPU, resident memory of this process elsewhere; MiB."""
    if torch.cuda.is_available():
        return float(torch.cuda.max_memory_allocated()) / 2**20
    return float(psutil.Process().memory_info().rss) / 2**20
