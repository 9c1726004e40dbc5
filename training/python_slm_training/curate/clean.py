"""First stage, one source at a time: every filter that looks at a single file, and what later stages compare."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import zstandard

from python_slm.errors import CorpusError
from python_slm_training.collect import licences
from python_slm_training.collect.record import PYTHON, SUFFIX, Record, read, write_json, writing
from python_slm_training.curate import nearduplicates, privacy, quality
from python_slm_training.curate.contamination import Benchmarks
from python_slm_training.curate.formatting import NONE, formatted
from python_slm_training.curate.labels import Labels, labels_of
from python_slm_training.curate.table import table_of
from python_slm_training.curate.words import word_hashes
from python_slm_training.reserved import is_reserved_path, is_reserved_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

VERSION = 3  # counts changes of the filters, so that older results are made anew


@dataclass(frozen=True)
class Rules:
    """What may stay, and how. ``licences`` None allows every licence; ``style`` is NONE or RUFF."""

    licences: frozenset[str] | None = licences.PERMISSIVE
    reserved: frozenset[str] = frozenset()
    benchmarks: Benchmarks = field(default_factory=Benchmarks)
    style: str = NONE

    @cached_property
    def digest(self) -> str:
        """Changes when the rules do."""
        allowed = sorted(self.licences) if self.licences is not None else None
        style = [] if self.style == NONE else [self.style]
        parts = json.dumps([VERSION, allowed, sorted(self.reserved), sorted(self.benchmarks.lines), *style])
        return hashlib.sha256(parts.encode("utf-8", "surrogatepass") + self.benchmarks.grams.tobytes()).hexdigest()


@dataclass(frozen=True)
class Verdict:
    """``dropped`` is the reason, or None, and then ``record`` is the masked file with ``labels`` and ``words``."""

    record: Record
    dropped: str | None = None
    labels: Labels | None = None
    words: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    masked: Counter[str] = field(default_factory=Counter)


def judge(record: Record, rules: Rules) -> Verdict:
    """Pass one file through the filters, cheapest first; those that know Python see Python only."""
    text, about = record.text, record.metadata
    if is_reserved_project(about.repo, rules.reserved) or is_reserved_path(about.path, rules.reserved):
        return Verdict(record, "reserved project")
    if rules.licences is not None and not licences.is_allowed(about.licence, rules.licences):
        return Verdict(record, "licence")
    is_code = about.content == PYTHON
    problem = quality.size_problem(text) or (quality.quality_problem(text, about.path) if is_code else None)
    if problem := problem or privacy.problem(text):
        return Verdict(record, problem)
    words = word_hashes(text)
    overlap = rules.benchmarks.overlap(text, words)
    if overlap:
        return Verdict(record, f"benchmark {overlap}")
    text, masked = privacy.mask(text)
    masked_record = replace(record, text=text)
    with quality.without_collection():
        tree = quality.tree_of(text) if is_code else None
        if is_code and tree is None:
            return Verdict(record, "does not parse")
        labels = labels_of(masked_record, tree)
        del tree
    kept = replace(masked_record, metadata=replace(about, labels=labels.to_json()))
    return Verdict(kept, None, labels, words, masked)


def fingerprint(text: str) -> NDArray[np.uint64]:
    """BLAKE2b of the text without trailing blanks and empty lines, (2,) uint64: equal means exact duplicate."""
    plain = "\n".join(stripped for line in text.split("\n") if (stripped := line.rstrip()))
    digest = hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return np.frombuffer(digest, np.uint64)


_ENDS = (SUFFIX, ".signatures.npy", ".fingerprints.npy", ".labels.npy", ".json")


@dataclass(frozen=True)
class Cleaned:
    """Files of the first stage for one source; ``note`` exists only when the others are whole."""

    records: Path
    signatures: Path  # (files, PERMUTATIONS) uint32
    fingerprints: Path  # (files, 3) uint64: fingerprint, size in bytes
    labels: Path  # (files,) table.ROW
    note: Path

    @classmethod
    def at(cls, raw: Path, folder: Path) -> Cleaned:
        """Names for the raw file ``raw`` below ``folder``."""
        name = raw.name.removesuffix(SUFFIX)
        return cls(*(folder / f"{name}{end}" for end in _ENDS))


def is_clean(raw: Path, folder: Path, rules: Rules) -> bool:
    """Whether ``folder`` has the result of the first stage for this raw file and these rules."""
    note = Cleaned.at(raw, folder).note
    return note.exists() and json.loads(note.read_text("utf-8"))["key"] == _key(raw, rules)


def _key(raw: Path, rules: Rules) -> dict[str, object]:
    stat = raw.stat()
    return {"rules": rules.digest, "raw": [stat.st_size, stat.st_mtime_ns]}


def clean(raw: Path, folder: Path, rules: Rules) -> bool:
    """Run the first stage on one raw file; False if ``folder`` has its result already."""
    if is_clean(raw, folder, rules):
        return False
    done = Cleaned.at(raw, folder)
    key = _key(raw, rules)
    done.note.unlink(missing_ok=True)
    signatures, fingerprints, labels = [], [], []
    dropped: dict[str, list[int]] = {}
    masked: Counter[str] = Counter()
    total = [0, 0]
    with writing(done.records) as put:
        for record in _records(raw) if rules.style == NONE else formatted(_records(raw)):
            size = len(record.text.encode("utf-8", "surrogatepass"))
            verdict = judge(record, rules)
            _count(total, size)
            if verdict.labels is None:
                _count(dropped.setdefault(verdict.dropped or "", [0, 0]), size)
                continue
            put(verdict.record)
            masked += verdict.masked
            signatures.append(nearduplicates.signature(verdict.words))
            fingerprints.append([*fingerprint(verdict.record.text), size])
            labels.append((record.metadata.content, verdict.labels))
    np.save(done.signatures, np.array(signatures, np.uint32).reshape(-1, nearduplicates.PERMUTATIONS))
    np.save(done.fingerprints, np.array(fingerprints, np.uint64).reshape(-1, 3))
    np.save(done.labels, table_of(labels))
    write_json(done.note, {"key": key, "total": total, "dropped": dropped, "masked": masked})
    return True


def _records(raw: Path) -> Iterator[Record]:
    """Records of a raw file, in the order they have there. Raises CorpusError if it is damaged."""
    try:
        yield from read(raw)
    except (zstandard.ZstdError, ValueError, KeyError, TypeError) as error:
        raise CorpusError(f"{raw}: damaged ({error}); delete it and its .json, then collect it again") from error


def _count(counts: list[int], size: int) -> None:
    counts[0] += 1
    counts[1] += size
