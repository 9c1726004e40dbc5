"""Second stage, over all sources at once: which files stay, and in which split."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from python_slm_training.collect.record import write_json
from python_slm_training.curate.balance import surplus
from python_slm_training.curate.deduplicate import EXACT, KEPT, LEAKED, OVERREPRESENTED, fates, gather
from python_slm_training.curate.leakage import leaks
from python_slm_training.curate.split import SPLITS, assign
from python_slm_training.curate.table import VALUES, counts

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from python_slm_training.curate.plan import Plan

_STRATIFIED = ("domain", "difficulty", "size", "quality", "python", "content")
_PROJECT_SIZES = (2**20, 2**22, 2**24)  # bytes


@dataclass(frozen=True)
class Decision:
    """Fate of every file of all sources, the split of every project, and what the check for leaks found."""

    fate: NDArray[np.uint8]
    starts: NDArray[np.int64]
    splits: dict[str, str]
    leakage: dict[str, int]

    def of(self, source: int) -> NDArray[np.uint8]:
        """Fates of the files of one source, in their order."""
        return self.fate[self.starts[source] : self.starts[source + 1]]

    def save(self, folder: Path) -> None:
        """Write it into the work folder."""
        np.save(folder / "fate.npy", self.fate)
        np.save(folder / "starts.npy", self.starts)
        write_json(folder / "decision.json", {"splits": self.splits, "leakage": self.leakage})

    @classmethod
    def load(cls, folder: Path) -> Decision:
        """Read it from the work folder."""
        data = json.loads((folder / "decision.json").read_text("utf-8"))
        fate, starts = (np.load(folder / name, mmap_mode="r") for name in ("fate.npy", "starts.npy"))
        return cls(fate, starts, data["splits"], data["leakage"])


def decide(plan: Plan) -> Decision:
    """Duplicates go, then what ``plan.balance`` calls too much, then projects get splits, then leaks go."""
    scratch = plan.work / "signatures.npy"
    found = fates(plan.cleaned, scratch)
    fate, starts = found.fate, found.starts
    sizes = np.concatenate([np.load(source.fingerprints)[:, 2] for source in plan.cleaned])
    table = np.concatenate([np.load(source.labels) for source in plan.cleaned])
    names = sorted(set(plan.projects))
    project = np.repeat([names.index(name) for name in plan.projects], np.diff(starts))
    for groups, share in ((project, plan.balance.project), (table["domain"].astype(np.int64), plan.balance.domain)):
        kept = np.flatnonzero(fate == KEPT)
        gone = surplus(groups[kept], sizes[kept], table["quality"][kept], share)
        fate[kept[gone]] = OVERREPRESENTED
    kept_of = [np.flatnonzero((project == at) & (fate == KEPT)) for at in range(len(names))]
    profiles = {name: _profile(table[kept], sizes[kept]) for name, kept in zip(names, kept_of, strict=True)}
    bytes_of = {name: int(sizes[kept].sum()) for name, kept in zip(names, kept_of, strict=True)}
    splits = assign(bytes_of, plan.earlier, profiles)
    split = np.array([SPLITS.index(splits[name]) for name in names], np.int64)[project]
    leakage = _remove_leaks(plan, fate, starts, split, scratch)
    return Decision(fate, starts, splits, leakage)


def _profile(table: NDArray[np.void], sizes: NDArray[np.uint64]) -> dict[str, NDArray[np.float64]]:
    """Bytes of each value of each label in a project, and the class of its own size."""
    profile = {label: counts(table, sizes, label)[:, 1].astype(np.float64) for label in _STRATIFIED}
    profile["project size"] = np.eye(len(_PROJECT_SIZES) + 1)[np.digitize(float(sizes.sum()), _PROJECT_SIZES)]
    return profile


def _remove_leaks(
    plan: Plan, fate: NDArray[np.uint8], starts: NDArray[np.int64], split: NDArray[np.int64], scratch: Path
) -> dict[str, int]:
    """Mark as LEAKED what validation or test share with an earlier split, and check that nothing is left."""

    def leaking() -> NDArray[np.int64]:
        kept = np.flatnonzero(fate == KEPT)
        found = leaks(gather(plan.cleaned, fate, starts, scratch)[: len(kept)], split[kept])
        scratch.unlink()
        return kept[found]

    removed = leaking()
    fate[removed] = LEAKED
    prints = np.concatenate([np.load(source.fingerprints)[:, :2] for source in plan.cleaned])
    by_split = [{(int(a), int(b)) for a, b in prints[(fate == KEPT) & (split == at)]} for at in range(len(SPLITS))]
    shared = sum(len(by_split[one] & by_split[other]) for one in range(len(SPLITS)) for other in range(one))
    return {"removed": len(removed), "exact": shared, "near": len(leaking())}


def summary(plan: Plan, decision: Decision) -> dict[str, Any]:
    """Files and bytes of every value of every label in each split, for the card."""
    sizes = np.concatenate([np.load(source.fingerprints)[:, 2] for source in plan.cleaned])
    table = np.concatenate([np.load(source.labels) for source in plan.cleaned])
    split = np.repeat([SPLITS.index(decision.splits[name]) for name in plan.projects], np.diff(decision.starts))
    places = {name: (decision.fate == KEPT) & (split == at) for at, name in enumerate(SPLITS)}
    return {
        label: {name: counts(table[at], sizes[at], label).tolist() for name, at in places.items()} for label in VALUES
    }


__all__ = ["EXACT", "Decision", "decide", "summary"]
