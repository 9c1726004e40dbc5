"""How good an index is: copies that are planted must be found, and what is found in other projects must be copies."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from python_slm.errors import CorpusError
from python_slm.provenance import token_ends, token_hashes
from python_slm_training.collect.record import SUFFIX, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from python_slm.provenance import Copy, CorpusIndex
    from python_slm_training.collect.record import Record

_SUGGESTED_TOKENS = 24
"""Of a question: two or three lines of code."""


@dataclass(frozen=True)
class Quality:
    """``planted`` copies of exactly the guaranteed length, ``found`` of them, ``moved`` of them under more indentation.

    ``asked`` suggestions from projects outside the index, ``told`` findings among them, of which ``whole`` are copies
    of the guaranteed length, ``near`` within a fifth of it, and the rest false. ``lookup_us`` is the median.
    """

    planted: int
    found: int
    moved: int
    asked: int
    told: int
    whole: int
    near: int
    lookup_us: float


def measure(index: CorpusIndex, corpus: Path, *, samples: int, seed: int = 0) -> Quality:
    """Ask ``samples`` questions of each kind; 'valid' and 'test' are the projects outside. Raises CorpusError."""
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    inside = _sample(_sources(corpus, "train"), samples, chance)
    outside = _sample([*_sources(corpus, "valid"), *_sources(corpus, "test")], samples, chance)
    run = int(index.header["run_tokens"])
    planted = [question for record in inside if (question := _planted(record.text, run, index.own_tokens, chance))]
    asked = [question for record in outside if (question := _next_line(record.text, chance))]
    found = [index.find(before, suggestion) for before, suggestion in planted]
    moved = [index.find("", _indented(before + suggestion)) for before, suggestion in planted]
    told, times = [], []
    for question in asked:
        start = time.perf_counter()
        copy = index.find(*question)
        times.append(time.perf_counter() - start)
        if copy:
            told.append((question, copy))
    lengths = _true_lengths(told, corpus)
    return Quality(
        planted=len(planted),
        found=sum(one is not None for one in found),
        moved=sum(one is not None for one in moved),
        asked=len(asked),
        told=len(told),
        whole=sum(length >= run for length in lengths),
        near=sum(0.8 * run <= length < run for length in lengths),
        lookup_us=1e6 * float(np.median(times)) if times else 0.0,
    )


def _sources(corpus: Path, split: str) -> list[Path]:
    return sorted((corpus / split).glob(f"*{SUFFIX}"))


def _sample(sources: Sequence[Path], count: int, chance: random.Random) -> list[Record]:
    """``count`` files with replacement, from a few sources at a time: every source is read once."""
    if not sources:
        raise CorpusError("no corpus files to ask about; give the folder that 'slm data curate' wrote")
    wanted = [chance.choice(sources) for _ in range(count)]
    found: list[Record] = []
    for source in sorted(set(wanted)):
        records = list(read(source))
        found += [chance.choice(records) for _ in range(wanted.count(source))]
    return found


def _planted(text: str, run: int, own: int, chance: random.Random) -> tuple[str, str] | None:
    """(before, suggestion): a run of the text behind words that stand nowhere, ``own`` tokens or more suggested."""
    ends = token_ends(text)
    if len(ends) <= run:
        return None
    first = chance.randrange(len(ends) - run)
    start = int(ends[first - 1]) if first else 0
    cut = int(ends[first + chance.randrange(run - own)])
    stranger = f"zq{chance.randrange(10**9)} "
    return stranger + text[start:cut], text[cut : int(ends[first + run - 1])]


def _next_line(text: str, chance: random.Random) -> tuple[str, str] | None:
    """(before, suggestion): a cursor in the text, and what follows it."""
    ends = token_ends(text)
    if len(ends) < 2 * _SUGGESTED_TOKENS:
        return None
    first = chance.randrange(len(ends) - _SUGGESTED_TOKENS)
    return text[: int(ends[first])], text[int(ends[first]) : int(ends[first + _SUGGESTED_TOKENS - 1])]


def _indented(text: str) -> str:
    return text.replace("\n", "\n        ")


def _true_lengths(told: Iterable[tuple[tuple[str, str], Copy]], corpus: Path) -> list[int]:
    """For each finding, the longest run that question and named file really share, in tokens."""
    wanted: dict[tuple[str, str], list[NDArray[np.uint32]]] = {}
    for (before, suggestion), copy in told:
        question = token_hashes(before[-6000:] + suggestion)
        wanted.setdefault((copy.project, copy.path), []).append(question)
    lengths = []
    for source in _sources(corpus, "train"):
        for record in read(source):
            questions = wanted.pop((record.metadata.repo, record.metadata.path), [])
            tokens = token_hashes(record.text) if questions else np.zeros(0, np.uint32)
            lengths += [_longest_common(question, tokens) for question in questions]
    return lengths


def _longest_common(first: NDArray[np.uint32], second: NDArray[np.uint32]) -> int:
    """Length of the longest run of tokens that both have."""
    best, row = 0, np.zeros(len(second) + 1, np.int64)
    for token in first:
        following = np.zeros_like(row)
        following[1:] = np.where(second == token, row[:-1] + 1, 0)
        row = following
        best = max(best, int(row.max()))
    return best
