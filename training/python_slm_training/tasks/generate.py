"""First stage, one corpus file or history file at a time: every example that it gives, into a file of its own."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from python_slm_training import jsonlines
from python_slm_training.collect.licences import PERMISSIVE, is_allowed
from python_slm_training.collect.record import SUFFIX, write_json
from python_slm_training.curate.contamination import Benchmarks
from python_slm_training.tasks import classify, defects, documentation, given, infill, refactor
from python_slm_training.tasks.entries import Entries
from python_slm_training.tasks.source import SourceFile, read_sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from python_slm_training.tasks.example import Example

VERSION = 4  # counts changes of what examples look like, so that older results are made anew
_CHUNK = 4_096  # examples in memory
MAX_FILE = 120_000  # characters; a longer file is mostly data, and slow


@dataclass(frozen=True)
class Rules:
    """``files_per_project`` bounds work and weight of one project; ``licences`` None allows every licence (history)."""

    seed: int = 0
    files_per_project: int = 300
    spans_per_file: int = 8
    licences: frozenset[str] | None = PERMISSIVE
    benchmarks: Benchmarks = field(default_factory=Benchmarks)

    def digest(self) -> str:
        """Changes when the rules do."""
        allowed = sorted(self.licences) if self.licences is not None else None
        numbers = [VERSION, self.seed, self.files_per_project, self.spans_per_file, allowed]
        parts = json.dumps([*numbers, sorted(self.benchmarks.lines)])
        return hashlib.sha256(parts.encode("utf-8", "surrogatepass") + self.benchmarks.grams.tobytes()).hexdigest()


@dataclass(frozen=True)
class Unit:
    """One input file on its way into the examples of a split. ``kind`` is code, history, or instructions."""

    kind: str
    split: str
    path: Path
    work: Path

    @property
    def out(self) -> Path:
        """Its examples."""
        return self.work / f"{self.split}-{self.kind}-{self.path.name}"

    @property
    def entries(self) -> Path:
        """What selection needs to know of them."""
        return self.work / (self.out.name.removesuffix(SUFFIX) + ".npz")

    @property
    def note(self) -> Path:
        """What they were made from."""
        return self.work / (self.out.name.removesuffix(SUFFIX) + ".json")


def generate(unit: Unit, rules: Rules) -> Unit:
    """Write the examples of ``unit``, unless they are there, of the same input and rules."""
    status = unit.path.stat()
    key = {"rules": rules.digest(), "size": status.st_size, "modified": status.st_mtime_ns}
    whole = unit.out.exists() and unit.entries.exists() and unit.note.exists()
    if whole and json.loads(unit.note.read_text("utf-8")) == key:
        return unit
    write(unit, from_history(unit.path, rules) if unit.kind == "history" else from_code(unit.path, rules), rules)
    write_json(unit.note, key)
    return unit


def write(unit: Unit, examples: Iterable[Example], rules: Rules) -> None:
    """The examples of ``unit``, and their entries."""
    made = []
    entries: list[Entries] = []
    with jsonlines.writing(unit.out) as put:
        for example in examples:
            put(example.to_json())
            made.append(example)
            if len(made) == _CHUNK:
                entries.append(Entries.of(made, rules.seed))
                made.clear()
    Entries.joined([*entries, Entries.of(made, rules.seed)]).save(unit.entries)


def from_code(path: Path, rules: Rules) -> Iterator[Example]:
    """Examples of every task that code alone gives."""
    chosen = _sample((source.id for source in read_sources(path)), rules)
    for source in read_sources(path):
        if source.id in chosen and len(source.text) <= MAX_FILE and source.tree is not None:
            yield from of_source(source, rules)


def of_source(source: SourceFile, rules: Rules) -> Iterator[Example]:
    """Examples of one file; the same for the same seed, whatever other files there are."""

    def rng(task: str) -> random.Random:
        return random.Random(f"{rules.seed}:{task}:{source.id}")  # noqa: S311  # data, not secrets

    yield from infill.examples(source, rng("infill"), rules.spans_per_file)
    yield from documentation.docstrings(source)
    yield from documentation.explanations(source)
    yield from defects.examples(source, rng("bug"))
    yield from refactor.examples(source)
    yield from classify.examples(source)


def from_history(path: Path, rules: Rules) -> Iterator[Example]:
    """Edits, and real fixes as bugs to find and to repair."""
    for record in jsonlines.read(path):
        about: dict[str, Any] = record["metadata"]
        if rules.licences is not None and not is_allowed(about["licence"], rules.licences):
            continue
        yield from given.edits(record)
        if record["kind"] == "fix":
            yield from defects.of_real_fix(record)


def _sample(names: Iterable[str], rules: Rules) -> frozenset[str]:
    """``files_per_project`` of the names, drawn by a hash of each, so that more files move few choices."""

    def drawn(name: str) -> bytes:
        return hashlib.blake2b(f"{rules.seed}:{name}".encode("utf-8", "replace"), digest_size=8).digest()

    return frozenset(sorted(set(names), key=drawn)[: rules.files_per_project])
