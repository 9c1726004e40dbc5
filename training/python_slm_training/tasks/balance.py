"""Which examples stay: no near-duplicates, no project or kind that outweighs the rest, at most so many a task."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from python_slm_training.curate.nearduplicates import PERMUTATIONS, duplicates, signature
from python_slm_training.curate.words import word_hashes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from python_slm_training.tasks.example import Example

MAX_PROJECT_SHARE = 0.1  # of a task's examples, for training; validation and test have few projects
MAX_PROJECT_SHARE_HELD_OUT = 0.4
MAX_KIND_SHARE = 0.4  # of a task with five kinds or more
_MANY_KINDS = 5
_MIN_PROJECT = 20
_SHORT_TASKS = frozenset({"infill", "classify"})  # what is compared has few words: only equal ones count as repeated
_BY_TARGET = frozenset({"docstring", "explain", "instruction"})


@dataclass(frozen=True, slots=True)
class Entry:
    """What selection needs to know of an example. ``priority`` is a hash: its order is a shuffle that never changes."""

    task: str
    kind: str
    project: str
    priority: int
    digest: int


def compared_text(example: Example) -> str:
    """What must not repeat: the target where it is prose, the place around it for infilling, else what is read."""
    if example.task == "infill":
        return example.prefix[-120:] + "\0" + example.target
    return example.target if example.task in _BY_TARGET else example.source


def signature_of(example: Example) -> NDArray[np.uint32] | None:
    """MinHash of the compared text, (PERMUTATIONS,) uint32; None for tasks whose texts are too short for it."""
    return None if example.task in _SHORT_TASKS else signature(word_hashes(compared_text(example)))


def select(
    entries: Sequence[Entry], signatures: Sequence[NDArray[np.uint32] | None], limit: int, *, held_out: bool = False
) -> tuple[set[int], Counter[str]]:
    """Indices of one task's examples that stay, and how many were dropped for which reason.

    Kinds are filled evenly: a rare kind keeps all its examples. Clean code, kinds that end in ``none``, is as
    much as code with a bug.
    """
    order = sorted(range(len(entries)), key=lambda at: (entries[at].priority, at))
    kept = _unrepeated(order, entries, signatures)
    dropped = Counter({"repeated": len(order) - len(kept)})
    share = MAX_PROJECT_SHARE_HELD_OUT if held_out else MAX_PROJECT_SHARE
    spread = _capped(kept, [entry.project for entry in entries], max(_MIN_PROJECT, int(share * min(limit, len(kept)))))
    dropped["project has enough"] = len(kept) - len(spread)
    clean = [at for at in spread if entries[at].kind.endswith("none")]
    other = [at for at in spread if not entries[at].kind.endswith("none")]
    chosen = _even(other, entries, limit // 2 if clean else limit)
    chosen += _even(clean, entries, len(chosen))
    dropped["kind or task has enough"] = len(spread) - len(chosen)
    return set(chosen), dropped


def _unrepeated(
    order: list[int], entries: Sequence[Entry], signatures: Sequence[NDArray[np.uint32] | None]
) -> list[int]:
    """``order`` without examples equal or near to an earlier one."""
    known: set[int] = set()
    single = [at for at in order if not (entries[at].digest in known or known.add(entries[at].digest))]  # type: ignore[func-returns-value]
    signed = [at for at in single if signatures[at] is not None]
    if not signed:
        return single
    matrix = np.empty((len(signed), PERMUTATIONS), np.uint32)
    for row, at in enumerate(signed):
        found = signatures[at]
        assert found is not None
        matrix[row] = found
    repeated = {at for at, near in zip(signed, duplicates(matrix), strict=True) if near}
    return [at for at in single if at not in repeated]


def _capped(order: list[int], groups: Sequence[str], most: int) -> list[int]:
    """The first ``most`` of every group."""
    counts: Counter[str] = Counter()
    kept = []
    for at in order:
        counts[groups[at]] += 1
        if counts[groups[at]] <= most:
            kept.append(at)
    return kept


def _even(order: list[int], entries: Sequence[Entry], limit: int) -> list[int]:
    """At most ``limit``, the largest kinds cut to one height, and none above MAX_KIND_SHARE."""
    kinds: dict[str, list[int]] = defaultdict(list)
    for at in order:
        kinds[entries[at].kind].append(at)
    sizes = {kind: len(found) for kind, found in kinds.items()}
    height = _height(sorted(sizes.values()), limit)
    if len(sizes) >= _MANY_KINDS:
        *rest, largest = sorted(min(size, height) for size in sizes.values())
        height = min(height, max(rest[-1], int(sum(rest) * MAX_KIND_SHARE / (1 - MAX_KIND_SHARE)))) if rest else largest
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
