"""Second stage, over all sources: exact duplicates by fingerprint, near-duplicates by signature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from python_slm_training.curate import nearduplicates

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from python_slm_training.curate.clean import Cleaned

KEPT, EXACT, NEAR, LEAKED, OVERREPRESENTED = range(5)
REASONS = {
    EXACT: "exact duplicate",
    NEAR: "near-duplicate",
    LEAKED: "near-duplicate in another split",
    OVERREPRESENTED: "over-represented",
}


@dataclass(frozen=True)
class Fates:
    """``fate`` of every file, (files,) uint8: KEPT or one of REASONS; source ``i`` owns ``starts[i]:starts[i + 1]``."""

    fate: NDArray[np.uint8]
    starts: NDArray[np.int64]

    def of(self, source: int) -> NDArray[np.uint8]:
        """Fates of the files of one source, in their order."""
        return self.fate[self.starts[source] : self.starts[source + 1]]


def fates(sources: Sequence[Cleaned], scratch: Path) -> Fates:
    """The first of several equal files stays; the order of ``sources`` decides which is first.

    Signatures of all files are gathered in the memory-mapped file ``scratch``; in memory are some 100 bytes a file.
    """
    prints = np.concatenate([np.load(source.fingerprints) for source in sources])
    starts = np.cumsum([0, *(len(np.load(source.fingerprints, mmap_mode="r")) for source in sources)])
    fate = np.zeros(len(prints), np.uint8)
    order = np.lexsort((np.arange(len(prints)), prints[:, 1], prints[:, 0]))
    ordered = prints[order, :2]
    repeats = np.flatnonzero((ordered[1:] == ordered[:-1]).all(axis=1)) + 1
    fate[order[repeats]] = EXACT
    kept = np.flatnonzero(fate == KEPT)
    signatures = gather(sources, fate, starts, scratch)
    if len(kept):
        fate[kept[nearduplicates.duplicates(signatures)]] = NEAR
    scratch.unlink(missing_ok=True)
    return Fates(fate, starts)


def gather(
    sources: Sequence[Cleaned], fate: NDArray[np.uint8], starts: NDArray[np.int64], scratch: Path
) -> NDArray[np.uint32]:
    """Signatures of the files that are KEPT by ``fate``, in the new memory-mapped file ``scratch``."""
    shape = (max(1, int((fate == KEPT).sum())), nearduplicates.PERMUTATIONS)
    gathered = np.lib.format.open_memmap(scratch, "w+", np.uint32, shape)
    row = 0
    for index, source in enumerate(sources):
        rows = np.load(source.signatures, mmap_mode="r")[fate[starts[index] : starts[index + 1]] == KEPT]
        gathered[row : row + len(rows)] = rows
        row += len(rows)
    gathered.flush()
    return gathered
