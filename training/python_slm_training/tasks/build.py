"""corpus, history and instructions → examples a file → balanced tasks. What is finished is not made twice."""

from __future__ import annotations

import hashlib
import multiprocessing
from collections import Counter, defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from python_slm.errors import CorpusError
from python_slm_training import jsonlines
from python_slm_training.collect.record import SUFFIX
from python_slm_training.curate.split import project_of
from python_slm_training.tasks import balance, given
from python_slm_training.tasks.card import Counts, write_card
from python_slm_training.tasks.example import SPLITS, TASKS, Example, task_path
from python_slm_training.tasks.generate import Rules, Unit, generate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

Progress = "Callable[[Iterable[Any], int, str], Iterable[Any]]"
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
        sources = [
            *(unit.out for unit in todo if unit.split == split),
            *(unit.out for unit in written if unit.split == split),
        ]
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
    for path in job.instructions:
        with ExitStack() as files:
            puts = {}
            for split in SPLITS:
                unit = Unit("instructions", split, path.with_suffix(SUFFIX), job.work)
                puts[split] = files.enter_context(jsonlines.writing(unit.out))
                made.append(unit)
            for split, example in given.instructions(path, job.rules.benchmarks):
                puts[split](example.to_json())
    return made


def _write_split(job: Job, split: str, sources: list[Path], counts: Counts) -> None:
    """Choose among all examples of a split, then copy the chosen ones; two passes, so that no text stays in memory."""
    entries: dict[str, list[balance.Entry]] = defaultdict(list)
    signatures: dict[str, list[NDArray[np.uint32] | None]] = defaultdict(list)
    for example in _examples(sources):
        entries[example.task].append(_entry(example, job.rules.seed))
        signatures[example.task].append(balance.signature_of(example))
    limit = job.limit if split == "train" else max(1, int(job.limit * HELD_OUT_SHARE))
    chosen: dict[str, set[int]] = {}
    for task, found in entries.items():
        chosen[task], dropped = balance.select(found, signatures[task], limit, held_out=split != "train")
        counts.drop(split, task, dropped)
    seen: Counter[str] = Counter()
    with ExitStack() as files:
        puts = {task: files.enter_context(jsonlines.writing(task_path(job.out, split, task), 9)) for task in chosen}
        for example in _examples(sources):
            if seen[example.task] in chosen[example.task]:
                puts[example.task](example.to_json())
                counts.keep(split, example, _project_name(example))
            seen[example.task] += 1
    for task in set(TASKS) - chosen.keys():
        task_path(job.out, split, task).unlink(missing_ok=True)


def _examples(sources: list[Path]) -> Iterator[Example]:
    for path in sorted(sources):
        yield from (Example.from_json(item) for item in jsonlines.read(path))


def _entry(example: Example, seed: int) -> balance.Entry:
    compared = balance.compared_text(example)
    return balance.Entry(
        task=example.task,
        kind=example.kind,
        project=_project_name(example),
        priority=_hash(f"{seed}:{example.task}:{example.id}:{example.kind}"),
        digest=_hash(compared),
    )


def _project_name(example: Example) -> str:
    return project_of(str(example.metadata.get("repo") or ""))


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest())
