"""Third stage, one source at a time: what is kept goes into its split."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from python_slm_training.collect.record import SUFFIX, read, write_json, writing
from python_slm_training.curate.deduplicate import KEPT
from python_slm_training.curate.split import SPLITS

if TYPE_CHECKING:
    from pathlib import Path

    from python_slm_training.curate.decide import Decision
    from python_slm_training.curate.plan import Plan


def place_of(plan: Plan, decision: Decision, source: int) -> Path:
    """The file of the corpus for one source."""
    return plan.corpus / decision.splits[plan.projects[source]] / plan.files[source].name


def note_of(plan: Plan, source: int) -> Path:
    """Statistics of what was written; exists only when that is whole."""
    return plan.work / (plan.files[source].name.removesuffix(SUFFIX) + ".written.json")


def write(plan: Plan, decision: Decision, source: int) -> bool:
    """Write the kept files of one source and their statistics; False if that has been done."""
    cleaned, out, note = plan.cleaned[source], place_of(plan, decision, source), note_of(plan, source)
    fate = decision.of(source)
    key = [
        json.loads(cleaned.note.read_text("utf-8"))["key"],
        hashlib.sha256(fate.tobytes()).hexdigest(),
        str(out.relative_to(plan.corpus)),
    ]
    done = json.loads(note.read_text("utf-8")) if note.exists() else {"key": None}
    if done["key"] == key and (out.exists() or not done["files"]):
        return False
    note.unlink(missing_ok=True)
    statistics: dict[str, Any] = {"key": key, "files": 0, "bytes": 0, "lines": 0, "licences": {}, "sizes": Counter()}
    with writing(out, level=9) as put:
        for record, each in zip(read(cleaned.records), fate, strict=True):
            if each != KEPT:
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
        out.unlink()
    write_json(note, statistics)
    return True


def remove_stale(plan: Plan, decision: Decision) -> None:
    """Delete files of an earlier run whose source is gone or has changed its split."""
    wanted = {place_of(plan, decision, source) for source in range(len(plan.files))}
    for split in SPLITS:
        for path in (plan.corpus / split).glob(f"*{SUFFIX}"):
            if path not in wanted:
                path.unlink()
