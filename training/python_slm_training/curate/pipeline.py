"""raw files → clean → deduplicate → split → corpus. Every stage leaves a file a source, so that it can be resumed."""

from __future__ import annotations

import json
import multiprocessing
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from python_slm.errors import CorpusError
from python_slm_training.collect.record import SUFFIX
from python_slm_training.curate.card import SourceResult, card_of, write_card
from python_slm_training.curate.clean import Cleaned, Rules, clean
from python_slm_training.curate.deduplicate import EXACT, KEPT, NEAR, Fates, fates
from python_slm_training.curate.split import SPLITS, assign, project_of
from python_slm_training.curate.write import Writing, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_KINDS = ("stdlib", "git", "folder", "installed")  # of equal files the first kind keeps its copy


@dataclass(frozen=True)
class Job:
    """What a curation does, and where. ``earlier`` is the split of projects that must not move."""

    raw: Path
    corpus: Path
    rules: Rules = field(default_factory=Rules)
    workers: int = 1
    earlier: Mapping[str, str] = field(default_factory=dict)

    @property
    def work(self) -> Path:
        """Results of the stages; may be deleted once the corpus is whole."""
        return self.corpus / ".work"


def curate(job: Job, progress: Callable[[Iterable[Any], int, str], Iterable[Any]]) -> dict[str, Any]:
    """Make the corpus and return its card. ``progress`` wraps an iterable of known length, with a label."""
    raw = raw_files(job.raw)
    sources = [Cleaned.at(path, job.work) for path in raw]
    largest = sorted(raw, key=lambda path: -path.stat().st_size)
    step = partial(clean, folder=job.work, rules=job.rules)
    for _ in progress(_in_processes(step, largest, job.workers), len(raw), "clean"):
        pass
    found = fates(sources, job.work / "all-signatures.npy")
    notes = [json.loads(path.with_name(path.name.removesuffix(SUFFIX) + ".json").read_text("utf-8")) for path in raw]
    chosen = assign(_kept_sizes(sources, notes, found), job.earlier)
    tasks = [
        Writing(source, job.corpus / chosen[project_of(note["repo"])] / path.name, found.of(index))
        for index, (path, source, note) in enumerate(zip(raw, sources, notes, strict=True))
    ]
    _remove_stale(job.corpus, tasks)
    written = dict(progress(_in_processes(write, tasks, job.workers), len(raw), "write"))
    cleaned = [json.loads(source.note.read_text("utf-8")) for source in sources]
    results = [
        SourceResult(task.out.parent.name, note, one, written[task.out], _duplicates(source, found.of(index)))
        for index, (source, task, note, one) in enumerate(zip(sources, tasks, notes, cleaned, strict=True))
    ]
    card = card_of(results)
    write_card(card, job.corpus)
    return card


def raw_files(raw: Path) -> list[Path]:
    """Raw files in the order in which duplicates are decided. Raises CorpusError if there is none."""
    files = sorted(raw.glob(f"*{SUFFIX}"), key=lambda path: (_KINDS.index(path.name.split("-")[0]), path.name))
    if not files:
        raise CorpusError(f"{raw}: no *{SUFFIX}; run 'slm data collect --out {raw}' first")
    return files


def _in_processes(step: Callable[[Any], Any], tasks: Sequence[Any], workers: int) -> Iterator[Any]:
    if workers == 1:
        yield from map(step, tasks)
        return
    # spawn: a fork of a process with threads can deadlock. Leaving the block, also by Ctrl-C, ends the processes.
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        yield from pool.imap_unordered(step, tasks)


def _remove_stale(corpus: Path, tasks: Sequence[Writing]) -> None:
    """Files of an earlier run whose source is gone or has changed its split."""
    wanted = {task.out for task in tasks}
    for split in SPLITS:
        for path in (corpus / split).glob(f"*{SUFFIX}"):
            if path not in wanted:
                path.unlink()


def _kept_sizes(sources: Sequence[Cleaned], notes: Sequence[dict[str, Any]], found: Fates) -> dict[str, int]:
    sizes: Counter[str] = Counter()
    for index, (source, note) in enumerate(zip(sources, notes, strict=True)):
        prints = np.load(source.fingerprints, mmap_mode="r")
        sizes[project_of(note["repo"])] += int(prints[:, 2][found.of(index) == KEPT].sum())
    return sizes


def _duplicates(source: Cleaned, fate: NDArray[np.uint8]) -> dict[str, list[int]]:
    """``[files, bytes]`` of both sorts of duplicates."""
    sizes = np.load(source.fingerprints, mmap_mode="r")[:, 2]
    sorts = (("exact duplicate", EXACT), ("near-duplicate", NEAR))
    return {name: [int((fate == sort).sum()), int(sizes[fate == sort].sum())] for name, sort in sorts}
