"""Warm-up, stable, decay: a learning-rate factor of the fraction of the run that is over."""

from __future__ import annotations


def rate_factor(progress: float, *, warmup: float, cooldown: float) -> float:
    """Multiplier of the peak rate at ``progress`` in 0..1: up linearly, flat, then linearly to 0 at 1."""
    if progress < warmup:
        return max(progress / warmup, 0.01)
    if progress <= 1 - cooldown:
        return 1.0
    return max(0.0, (1 - progress) / cooldown)


def progress_of(*, step: int, steps: int, elapsed_s: float, minutes: float) -> float:
    """Fraction of the run that is over, 0..1, by whichever of the two budgets is further along; 0 of either is none."""
    by_steps = step / steps if steps else 0.0
    by_clock = elapsed_s / (60 * minutes) if minutes else 0.0
    return min(1.0, max(by_steps, by_clock))
