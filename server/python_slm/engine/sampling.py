"""Logits → token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class GenerationConfig:
    """How to continue a prompt.

    ``max_new_tokens`` ≥ 1. ``temperature`` ≥ 0, 0 is greedy. ``top_p`` in (0, 1]: sample from the likeliest tokens that
    together have this much probability (nucleus, arXiv 1904.09751). ``beams`` ≥ 1, more than one is beam search and
    ignores temperature. ``end_ids`` end the text and are not part of it. ``draft_tokens`` ≥ 0 is how many tokens may be
    guessed ahead and verified in one pass, which changes the speed and never a greedy answer; sampling and beams do
    without. Raises ValueError outside these ranges.
    """

    max_new_tokens: int = 48
    temperature: float = 0.0
    top_p: float = 1.0
    beams: int = 1
    seed: int = 0
    end_ids: frozenset[int] = frozenset()
    draft_tokens: int = 0

    def __post_init__(self) -> None:
        if self.max_new_tokens < 1 or self.beams < 1:
            raise ValueError(f"max_new_tokens {self.max_new_tokens} and beams {self.beams} must be at least 1")
        if self.draft_tokens < 0:
            raise ValueError(f"draft_tokens {self.draft_tokens} must be at least 0")
        if self.temperature < 0 or not 0 < self.top_p <= 1:
            raise ValueError(f"temperature {self.temperature} must be ≥ 0, top_p {self.top_p} in (0, 1]")


def log_probabilities(logits: NDArray[np.float32], allowed: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
    """Log softmax, (vocab,); with ``allowed`` ids, over those alone and -inf elsewhere."""
    if allowed is None:
        shifted = logits - logits.max()
        return np.asarray(shifted - np.log(np.exp(shifted).sum()), np.float32)
    result = np.full_like(logits, -np.inf)
    result[allowed] = log_probabilities(logits[allowed])
    return result


def choose(logprobs: NDArray[np.float32], config: GenerationConfig, random: np.random.Generator) -> int:
    """One token id by the config's temperature and top_p."""
    if config.temperature == 0:
        return int(logprobs.argmax())
    scaled = logprobs.astype(np.float64) / config.temperature
    weights = np.exp(scaled - scaled.max())
    weights /= weights.sum()
    if config.top_p < 1:
        order = np.argsort(-weights, kind="stable")
        kept = order[: int(np.searchsorted(np.cumsum(weights[order]), config.top_p)) + 1]
        weights = weights[kept] / weights[kept].sum()
        return int(kept[random.choice(len(kept), p=weights)])
    return int(random.choice(len(weights), p=weights))


def best(logprobs: NDArray[np.float32], count: int) -> list[tuple[int, float]]:
    """The ``count`` likeliest (id, log probability), best first; impossible ids are left out."""
    count = min(count, len(logprobs))
    found = np.argpartition(-logprobs, count - 1)[:count]
    ranked = found[np.argsort(-logprobs[found], kind="stable")]
    return [(int(index), float(logprobs[index])) for index in ranked if np.isfinite(logprobs[index])]
