"""Third stage, one source at a time: what is kept goes into its split."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from python_slm_training.collect.record import read, writing
from python_slm_training.curate.deduplicate import KEPT

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from python_slm_training.curate.clean import Cleaned


@dataclass(frozen=True)
class Writing:
    """One source on its way into the corpus."""

    source: Cleaned
    out: Path
    fate: NDArray[np.uint8]


def write(task: Writing) -> tuple[Path, dict[str, Any]]:
    """Write the kept files of one source; its statistics."""
    statistics: dict[str, Any] = {"files": 0, "bytes": 0, "lines": 0, "licences": {}, "sizes": Counter()}
    with writing(task.out, level=9) as put:
        for record, fate in zip(read(task.source.records), task.fate, strict=True):
            if fate != KEPT:
                continue
            put(record)
            size = len(record.text.encode("utf-8", "surrogatepass"))
            statistics["files"] += 1
            statistics["bytes"] += size
            statistics["lines"] += record.text.count("\n")
            counts = statistics["licences"].setdefault(record.metadata.licence, [0, 0])
            counts[0] += 1
            counts[1] += size
            statistics["sizes"][size.bit_length()] += 1
    if not statistics["files"]:
        task.out.unlink()
    return task.out, statistics
