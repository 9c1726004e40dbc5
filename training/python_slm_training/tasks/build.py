"""corpus, history and instructions → examples a file → balanced tasks. What is finished is not made twice."""

from __future__ import annotations

import multiprocessing
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from python_slm.errors import CorpusError
from python_slm_training import jsonlines
from python_slm_training.collect.record import SUFFIX
from python_slm_training.curate.split import project_of
from python_slm_training.tasks import balance, given
from python_slm_training.tasks.card import Counts, write_card
from python_slm_training.tasks.entries import Entries
from python_slm_training.tasks.example import SPLITS, TASKS, Example, task_path
from python_slm_training.tasks.generate import Rules, Unit, generate, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

_BUCKET = 8_192  # examples in memory while they are put in order
HELD_OUT_SHARE = 0.1  # of a task's limit, for validation and for test


@dataclass(frozen=True)
class Job:
    """What to make, and where. ``limit`` is how many examples a task may have in training."""

    corpus: Path
    out: Path
    history: Path | None = None
    instructions: tuple[Path, ...] = ()
    limit: int = 20_000
    workers: int = 1
    rules: Rules = field(default_factory=Rules)

    @property
    def work(self) -> Path:
        """Examples a file; may be deleted once the tasks are whole."""
        return self.out / ".work"


def build(job: Job, progress: Callable[[Iterable[Any], int, str], Iterable[Any]]) -> dict[str, Any]:
    """Make the tasks and return their card. ``progress`` wraps an iterable of known length, with a label.

    Raises CorpusError where the corpus or a history holds nothing, or a record is damaged.
    """
    todo = units(job)
    step = partial(generate, rules=job.rules)
    largest = sorted(todo, key=lambda unit: -unit.path.stat().st_size)
    for _ in progress(_in_processes(step, largest, job.workers), len(todo), "make"):
        pass
    written = _instruction_units(job)
    counts = Counts()
    for split in progress(SPLITS, len(SPLITS), "balance"):
        sources = sorted((unit for unit in (*todo, *written) if unit.split == split), key=lambda unit: unit.out)
        _write_split(job, split, sources, counts)
    return write_card(counts, job)


def units(job: Job) -> list[Unit]:
    """Corpus files in their splits; history files in the split of their project, training for a project of its own."""
    found = [
        Unit("code", split, path, job.work)
        for split in SPLITS
        for path in sorted((job.corpus / split).glob(f"*{SUFFIX}"))
    ]
    if not found:
        raise CorpusError(f"{job.corpus}: no {{train,valid,test}}/*{SUFFIX}; make a corpus with 'slm data curate'")
    if job.history is None:
        return found
    splits = {_project(unit.path): unit.split for unit in found}
    histories = sorted(job.history.glob(f"*{SUFFIX}"))
    if not histories:
        raise CorpusError(f"{job.history}: no *{SUFFIX}; mine a history with 'slm data history'")
    return found + [Unit("history", splits.get(_project(path), "train"), path, job.work) for path in histories]


def _project(path: Path) -> str:
    """The project of a file's first record: every file is about one project."""
    for item in jsonlines.read(path):
        return project_of(str((item.get("metadata") or {}).get("repo") or path.name))
    return path.name


def _in_processes(step: Callable[[Any], Any], tasks: Sequence[Any], workers: int) -> Iterator[Any]:
    if workers == 1:
        yield from map(step, tasks)
        return
    # spawn: a fork of a process with threads can deadlock. Leaving the block, also by Ctrl-C, ends the processes.
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        yield from pool.imap_unordered(step, tasks)


def _instruction_units(job: Job) -> list[Unit]:
    """The instruction records, split; quick enough to be read anew."""
    made = []
    for number, path in enumerate(job.instructions):
        found = list(given.instructions(path, job.rules.benchmarks))
        for split in SPLITS:
            unit = Unit(f"instructions{number}", split, path.with_suffix(SUFFIX), job.work)
            write(unit, [example for where, example in found if where == split], job.rules)
            made.append(unit)
    return made


def _write_split(job: Job, split: str, sources: list[Unit], counts: Counts) -> None:
    """Choose among the entries of a split, then copy the chosen in a seeded order: the first thousand are a sample.

    Examples pass through buckets of that order: what is in memory is one bucket, not a task.
    """
    chosen = _chosen(job, split, sources, counts)
    buckets: dict[tuple[str, int], Path] = {
        (task, rank // _BUCKET): job.work / f"{split}-{task}-{rank // _BUCKET:04}.part"
        for task, rank in chosen.values()
    }
    with ExitStack() as files:
        puts = {where: files.enter_context(jsonlines.writing(path)) for where, path in buckets.items()}
        for row, item in enumerate(item for unit in sources for item in jsonlines.read(unit.out)):
            if row in chosen:
                task, rank = chosen[row]
                puts[task, rank // _BUCKET]({"rank": rank, "item": item})
                counts.keep(split, Example.from_json(item))
    for task in TASKS:
        parts = [buckets[where] for where in sorted(buckets) if where[0] == task]
        _join(parts, task_path(job.out, split, task))


def _join(parts: list[Path], path: Path) -> None:
    """One file out of a task's buckets, each sorted; no file where there are none."""
    if not parts:
        path.unlink(missing_ok=True)
        return
    with jsonlines.writing(path, 9) as put:
        for part in parts:
            for ranked in sorted(jsonlines.read(part), key=itemgetter("rank")):
                put(ranked["item"])
    for part in parts:
        part.unlink()


def _chosen(job: Job, split: str, sources: list[Unit], counts: Counts) -> dict[int, tuple[str, int]]:
    """Row among all examples of ``sources`` → (task, rank in it), for those that stay."""
    limit = job.limit if split == "train" else max(1, int(job.limit * HELD_OUT_SHARE))
    chosen: dict[int, tuple[str, int]] = {}
    if not sources:
        return chosen
    entries = Entries.joined([Entries.load(unit.entries) for unit in sources])
    for task in TASKS:
        (rows,) = np.nonzero(entries.task == task)
        kept, dropped = balance.select(entries.rows(rows), limit, held_out=split != "train")
        ordered = sorted((int(rows[at]) for at in kept), key=lambda row: (entries.priority[row], row))
        chosen |= {row: (task, rank) for rank, row in enumerate(ordered)}
        counts.drop(split, task, dropped)
    return chosen
