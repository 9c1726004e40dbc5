"""Which examples stay: no near-duplicates, no project or kind that outweighs the rest, at most so many a task."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np

from python_slm_training.curate.nearduplicates import duplicates
from python_slm_training.tasks.entries import SHORT_TASKS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from python_slm_training.tasks.entries import Entries

MAX_PROJECT_SHARE = 0.1  # of a task's examples, for training; validation and test have few projects
MAX_PROJECT_SHARE_HELD_OUT = 0.4
MAX_KIND_SHARE = 0.4  # of a task with five kinds or more
_MANY_KINDS = 5
_MIN_PROJECT = 20


def select(entries: Entries, limit: int, *, held_out: bool = False) -> tuple[list[int], Counter[str]]:
    """Rows of one task's examples that stay, and how many were dropped for which reason.

    Kinds are filled evenly: a rare kind keeps all its examples. Clean code, kinds that end in ``none``, is as much as
    code with a bug.
    """
    order = np.lexsort((np.arange(len(entries)), entries.priority)).tolist()
    kept = _unrepeated(order, entries)
    dropped = Counter({"repeated": len(order) - len(kept)})
    share = MAX_PROJECT_SHARE_HELD_OUT if held_out else MAX_PROJECT_SHARE
    spread = _capped(kept, entries.project, max(_MIN_PROJECT, int(share * min(limit, len(kept)))))
    dropped["project has enough"] = len(kept) - len(spread)
    clean = [at for at in spread if entries.kind[at].endswith("none")]
    other = [at for at in spread if not entries.kind[at].endswith("none")]
    chosen = _even(other, entries, limit // 2 if clean else limit)
    chosen += _even(clean, entries, len(chosen))
    dropped["kind or task has enough"] = len(spread) - len(chosen)
    return chosen, dropped


def _unrepeated(order: list[int], entries: Entries) -> list[int]:
    """``order`` without examples equal or near to an earlier one."""
    first: dict[int, int] = {}
    for at in order:
        first.setdefault(int(entries.digest[at]), at)
    single = list(first.values())
    if not single or entries.task[single[0]] in SHORT_TASKS:
        return single
    near = duplicates(entries.signature[single])
    return [at for at, repeats in zip(single, near, strict=True) if not repeats]


def _capped(order: list[int], groups: NDArray[np.str_], most: int) -> list[int]:
    """The first ``most`` of every group."""
    counts: Counter[str] = Counter()
    kept = []
    for at in order:
        counts[groups[at]] += 1
        if counts[groups[at]] <= most:
            kept.append(at)
    return kept


def _even(order: list[int], entries: Entries, limit: int) -> list[int]:
    """At most ``limit``, the largest kinds cut to one height, and none of many kinds above MAX_KIND_SHARE."""
    kinds: dict[str, list[int]] = defaultdict(list)
    for at in order:
        kinds[entries.kind[at]].append(at)
    sizes = sorted(len(found) for found in kinds.values())
    height = _height(sizes, limit)
    if len(sizes) >= _MANY_KINDS:
        *rest, _ = (min(size, height) for size in sizes)
        height = min(height, max(rest[-1], int(sum(rest) * MAX_KIND_SHARE / (1 - MAX_KIND_SHARE))))
    return [at for found in kinds.values() for at in found[:height]]


def _height(sizes: list[int], limit: int) -> int:
    """The largest height at which ``sizes`` (ascending), all cut to it, sum to at most ``limit``."""
    left = limit
    for number, size in enumerate(sizes):
        remaining = len(sizes) - number
        if size * remaining > left:
            return left // remaining
        left -= size
    return sizes[-1] if sizes else 0
