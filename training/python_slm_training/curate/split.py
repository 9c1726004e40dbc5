"""Which project is for training, validation or test: 80/10/10 by bytes, whole projects, splits of alike labels."""

from __future__ import annotations

import json
from itertools import combinations, permutations
from typing import TYPE_CHECKING

import numpy as np

from python_slm.errors import CorpusError
from python_slm_training.curate.table import divergence
from python_slm_training.reserved import normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    _Try = tuple[int, int, NDArray[np.int64], int | None]  # source, target, who may leave, who comes back if any

SPLITS = ("train", "valid", "test")
SHARES = (0.8, 0.1, 0.1)
_LABELS_WEIGHT = 0.5  # of all labels together, against a share of bytes that is off by its whole size
_MAX_STEPS = 400  # a few hundred projects need some fifty
_MIN_GAIN = 1e-4


def project_of(repo: str) -> str:
    """One name for a repository under any owner and the distribution made of it: they must not be split."""
    return normalised(repo).removeprefix("python-")


def earlier_splits(card: Path) -> dict[str, str]:
    """Split of every project of an earlier corpus, from its card.json. Raises CorpusError if it is none."""
    try:
        sources = json.loads(card.read_text("utf-8"))["sources"]
        return {project_of(each["repo"]): each["split"] for each in sources if each["files"]}
    except (ValueError, KeyError, TypeError) as error:
        raise CorpusError(f"{card}: not the card.json of a corpus made by 'slm data curate'") from error


def assign(
    sizes: Mapping[str, int], earlier: Mapping[str, str], profiles: Mapping[str, Mapping[str, NDArray[np.float64]]]
) -> dict[str, str]:
    """Split of every project; those in ``earlier`` stay where they were.

    ``sizes`` are bytes, ``profiles`` the bytes of each value of each label. The projects, largest first, each go where
    most bytes are missing. Then, as long as it helps, one project moves or two change places: what counts is how far
    each split's share of bytes is off, and how its labels differ from the whole (mean Jensen–Shannon divergence).
    """
    names = sorted(sizes, key=lambda name: (-sizes[name], name))
    chosen = {name: SPLITS.index(earlier[name]) for name in names if name in earlier}
    shares, total = np.array(SHARES), max(1, sum(sizes.values()))
    missing = shares * total
    for name in sorted(names, key=lambda name: name not in earlier):
        missing[chosen.setdefault(name, int(missing.argmax()))] -= sizes[name]
    free = np.array([index for index, name in enumerate(names) if name not in earlier], np.int64)
    vectors = [np.array([[sizes[name]] for name in names], np.float64).reshape(-1, 1)]
    if names:
        vectors += [np.array([profiles[name][label] for name in names]) for label in profiles[names[0]]]
    places = np.array([chosen[name] for name in names], np.int64)
    _improve(places, free, vectors)
    return {name: SPLITS[place] for name, place in zip(names, places, strict=True)}


def _improve(places: NDArray[np.int64], free: NDArray[np.int64], vectors: list[NDArray[np.float64]]) -> None:
    """Steepest descent over moves and exchanges of the ``free`` projects; ``places`` is changed."""
    if not len(free):
        return
    sums = [np.array([vector[places == split].sum(0) for split in range(len(SPLITS))]) for vector in vectors]
    cost = float(_cost(sums)[()])
    for _ in range(_MAX_STEPS):
        cost, step = _best(_moves(places, free), vectors, sums, cost)
        if not step:
            cost, step = _best(_exchanges(places, free), vectors, sums, cost)
        if not step:
            return
        for project, target in step:
            for total, vector in zip(sums, vectors, strict=True):
                total[places[project]] -= vector[project]
                total[target] += vector[project]
            places[project] = target


def _best(
    tries: Iterable[_Try], vectors: list[NDArray[np.float64]], sums: list[NDArray[np.float64]], cost: float
) -> tuple[float, list[tuple[int, int]]]:
    """The cheapest of the tries, and which project goes where by it; nothing if none is cheaper than ``cost``."""
    best: tuple[float, list[tuple[int, int]]] = cost, []
    for source, target, leaving, coming in tries:
        changes = [vector[leaving] - (vector[coming] if coming is not None else 0) for vector in vectors]
        costs = _cost([_changed(each, source, target, change) for each, change in zip(sums, changes, strict=True)])
        at = int(costs.argmin())
        if costs[at] < best[0] - _MIN_GAIN:
            best = float(costs[at]), [(int(leaving[at]), target), *([(coming, source)] if coming is not None else [])]
    return best


def _moves(places: NDArray[np.int64], free: NDArray[np.int64]) -> Iterator[_Try]:
    for source, target in permutations(range(len(SPLITS)), 2):
        leaving = free[places[free] == source]
        if len(leaving):
            yield source, target, leaving, None


def _exchanges(places: NDArray[np.int64], free: NDArray[np.int64]) -> Iterator[_Try]:
    for source, target in combinations(range(len(SPLITS)), 2):
        leaving = free[places[free] == source]
        if len(leaving):
            yield from ((source, target, leaving, int(coming)) for coming in free[places[free] == target])


def _changed(sums: NDArray[np.float64], source: int, target: int, change: NDArray[np.float64]) -> NDArray[np.float64]:
    """``sums`` (splits, values) after each ``change`` (candidates, values): (candidates, splits, values)."""
    tried = np.repeat(sums[None], len(change), axis=0)
    tried[:, source] -= change
    tried[:, target] += change
    return tried


def _cost(sums: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """How bad splits with these sums are, (...,); the first sums are bytes, (..., splits, 1)."""
    sizes = sums[0][..., 0]
    off = np.abs(sizes / np.maximum(1, sizes.sum(-1, keepdims=True)) / np.array(SHARES) - 1).sum(-1)
    labels = [divergence(each, each.sum(-2, keepdims=True)).mean(-1) for each in sums[1:]]
    return np.asarray(off + _LABELS_WEIGHT * sum(labels))
