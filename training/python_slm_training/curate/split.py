"""Which repository is for training, validation or test: by a hash of its name, hence stable as the corpus grows."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from python_slm_training.reserved import normalised

if TYPE_CHECKING:
    from collections.abc import Mapping

SPLITS = ("train", "valid", "test")
SHARES = (0.8, 0.1, 0.1)
_SEEDS = 200


def split_of(repo: str, seed: int = 0) -> str:
    """``train``, ``valid`` or ``test``. A repository and the distribution made of it, under any owner, fall together."""
    digest = hashlib.sha256(f"{seed}:{normalised(repo).removeprefix('python-')}".encode()).digest()
    point = int.from_bytes(digest[:8]) / 2**64
    return SPLITS[0] if point < SHARES[0] else SPLITS[1] if point < SHARES[0] + SHARES[1] else SPLITS[2]


def balanced_seed(sizes: Mapping[str, int]) -> int:
    """The seed whose splits of repositories with these sizes come closest to 80/10/10."""

    def distance(seed: int) -> float:
        shares = dict.fromkeys(SPLITS, 0)
        for repo, size in sizes.items():
            shares[split_of(repo, seed)] += size
        total = max(1, sum(sizes.values()))
        return sum(abs(shares[split] / total - share) for split, share in zip(SPLITS, SHARES, strict=True))

    return min(range(_SEEDS), key=distance)
