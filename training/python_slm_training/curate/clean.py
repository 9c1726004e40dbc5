"""First stage, one source at a time: every filter that looks at a single file, and what later stages compare."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from python_slm_training.collect import licences
from python_slm_training.collect.record import SUFFIX, Record, read, write_json, writing
from python_slm_training.curate import nearduplicates, privacy, quality
from python_slm_training.curate.contamination import Benchmarks
from python_slm_training.curate.words import word_hashes
from python_slm_training.reserved import is_reserved_path, is_reserved_project

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

VERSION = 1  # counts changes of the filters, so that older results are made anew


@dataclass(frozen=True)
class Rules:
    """What may stay. ``licences`` None allows every licence."""

    licences: frozenset[str] | None = licences.PERMISSIVE
    reserved: frozenset[str] = frozenset()
    benchmarks: Benchmarks = field(default_factory=Benchmarks)

    def digest(self) -> str:
        """Changes when the rules do."""
        allowed = sorted(self.licences) if self.licences is not None else None
        parts = json.dumps([VERSION, allowed, sorted(self.reserved), sorted(self.benchmarks.lines)])
        return hashlib.sha256(parts.encode("utf-8", "surrogatepass") + self.benchmarks.grams.tobytes()).hexdigest()


@dataclass(frozen=True)
class Verdict:
    """``dropped`` is the reason, or None, and then ``record`` is the masked file with its ``words``."""

    record: Record
    dropped: str | None = None
    words: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    masked: Counter[str] = field(default_factory=Counter)


def judge(record: Record, rules: Rules) -> Verdict:
    """Pass one file through the filters, cheapest first."""
    text, about = record.text, record.metadata
    if is_reserved_project(about.repo, rules.reserved) or is_reserved_path(about.path, rules.reserved):
        return Verdict(record, "reserved project")
    if rules.licences is not None and not licences.is_allowed(about.licence, rules.licences):
        return Verdict(record, "licence")
    problem = quality.size_problem(text) or quality.quality_problem(text, about.path) or privacy.problem(text)
    if problem:
        return Verdict(record, problem)
    words = word_hashes(text)
    overlap = rules.benchmarks.overlap(text, words)
    if overlap:
        return Verdict(record, f"benchmark {overlap}")
    text, masked = privacy.mask(text)
    if not quality.parses(text):
        return Verdict(record, "does not parse")
    return Verdict(replace(record, text=text), None, words, masked)


def fingerprint(text: str) -> NDArray[np.uint64]:
    """BLAKE2b of the text without trailing blanks and empty lines, (2,) uint64: equal means exact duplicate."""
    plain = "\n".join(stripped for line in text.split("\n") if (stripped := line.rstrip()))
    digest = hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return np.frombuffer(digest, np.uint64)


@dataclass(frozen=True)
class Cleaned:
    """Files of the first stage for one source; ``note`` exists only when the others are whole."""

    records: Path
    signatures: Path  # (files, PERMUTATIONS) uint32
    fingerprints: Path  # (files, 3) uint64: fingerprint, size in bytes
    note: Path

    @classmethod
    def at(cls, raw: Path, folder: Path) -> Cleaned:
        """Names for the raw file ``raw`` below ``folder``."""
        name = raw.name.removesuffix(SUFFIX)
        return cls(*(folder / f"{name}{end}" for end in (SUFFIX, ".signatures.npy", ".fingerprints.npy", ".json")))


def clean(raw: Path, folder: Path, rules: Rules) -> bool:
    """Run the first stage on one raw file; False if ``folder`` has its result already."""
    done = Cleaned.at(raw, folder)
    stat = raw.stat()
    key = {"rules": rules.digest(), "raw": [stat.st_size, stat.st_mtime_ns]}
    if done.note.exists() and json.loads(done.note.read_text("utf-8"))["key"] == key:
        return False
    done.note.unlink(missing_ok=True)
    signatures, fingerprints = [], []
    dropped: dict[str, list[int]] = {}
    masked: Counter[str] = Counter()
    total = [0, 0]
    with writing(done.records) as put:
        for record in read(raw):
            size = len(record.text.encode("utf-8", "surrogatepass"))
            verdict = judge(record, rules)
            _count(total, size)
            if verdict.dropped:
                _count(dropped.setdefault(verdict.dropped, [0, 0]), size)
                continue
            put(verdict.record)
            masked += verdict.masked
            signatures.append(nearduplicates.signature(verdict.words))
            fingerprints.append([*fingerprint(verdict.record.text), size])
    np.save(done.signatures, np.array(signatures, np.uint32).reshape(-1, nearduplicates.PERMUTATIONS))
    np.save(done.fingerprints, np.array(fingerprints, np.uint64).reshape(-1, 3))
    write_json(done.note, {"key": key, "total": total, "dropped": dropped, "masked": masked})
    return True


def _count(counts: list[int], size: int) -> None:
    counts[0] += 1
    counts[1] += size
