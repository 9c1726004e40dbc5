"""``slm data index``: two passes over a corpus, one to count in how many projects a gram stands, one to choose."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from python_slm.errors import CorpusError
from python_slm.provenance import ALIGNMENT, check_bits, gram_hashes
from python_slm_training.collect.record import SUFFIX
from python_slm_training.provenance.choose import Projects, choose, worth
from python_slm_training.provenance.parts import Part
from python_slm_training.provenance.write import Gathered, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    Progress = Callable[[list[Path], str], Iterable[Path]]

_TABLE_SLOTS_A_TOKEN = 4
_FEWEST_TABLE_BITS = 16
_LONG_RUN = 64
_BASE = np.uint64(0xD6E8FEB86659FD93)


@dataclass(frozen=True)
class Plan:
    """What the index promises: every run of ``run_tokens`` is found unless its grams stand in ``nobodys`` projects.

    ``gram_tokens`` tokens are looked up at once; the more ``fingerprint_bits`` of their hash are kept, the rarer are
    false candidates. A bit for ``check_tokens`` tokens follows a run.
    """

    run_tokens: int = 32
    gram_tokens: int = 8
    nobodys: int = 3
    fingerprint_bits: int = 6
    check_tokens: Literal[2, 4] = 2

    @classmethod
    def of(cls, run_tokens: int, nobodys: int) -> Self:
        """The plan for runs of a length: long ones leave enough bits to follow them by if each stands for four."""
        return cls(run_tokens, nobodys=nobodys, check_tokens=4 if run_tokens >= _LONG_RUN else 2)

    def __post_init__(self) -> None:
        """Raise CorpusError when no gram would fit into every run."""
        if self.run_tokens < self.gram_tokens + ALIGNMENT:
            raise CorpusError(
                f"runs of {self.run_tokens} tokens are too short to be indexed; "
                f"take {self.gram_tokens + ALIGNMENT} or more"
            )


def build(corpus: Path, out: Path, plan: Plan, progress: Progress) -> dict[str, Any]:
    """Index the train split of ``corpus`` and return the header of ``out``, which appears whole or not at all.

    What is read is kept in ``out``.parts until the index is there, so that an interrupted run goes on with the next
    source. One source's tokens are in memory at a time, and 16 bytes a gram. Raises CorpusError.
    """
    sources = sorted((corpus / "train").glob(f"*{SUFFIX}"))
    if not sources:
        raise CorpusError(f"{corpus / 'train'}: no {SUFFIX} files here; give the folder that 'slm data curate' wrote")
    kept = out.with_name(out.name + ".parts")
    kept.mkdir(parents=True, exist_ok=True)
    total = sum(len(Part.of(source, kept).tokens) for source in progress(sources, "reading"))
    if not total:
        raise CorpusError(f"{corpus / 'train'}: not one token in {len(sources)} files; curate something else")
    projects = Projects(max(_FEWEST_TABLE_BITS, (total * _TABLE_SLOTS_A_TOKEN).bit_length()))
    for source in progress(sources, "counting"):
        projects.add(gram_hashes(Part.of(source, kept).tokens, plan.gram_tokens))
    gathered = Gathered(plan.check_tokens)
    for source in progress(sources, "choosing"):
        _gather(Part.of(source, kept), plan, projects, gathered)
    header = write(out, gathered, plan)
    shutil.rmtree(kept)
    return header


def _gather(part: Part, plan: Plan, projects: Projects, gathered: Gathered) -> None:
    """Add one source's chosen grams, check bits and names."""
    hashes, values = worth(part.tokens, plan.gram_tokens, projects, nobodys=plan.nobodys)
    around = _neighbourhoods(part.tokens)
    reach = plan.run_tokens - plan.gram_tokens + 1
    for start, size in _files(part.sizes):
        tokens = part.tokens[start : start + size]
        bits = check_bits(tokens, plan.check_tokens)[:: plan.check_tokens]
        room = -(-size // ALIGNMENT) * ALIGNMENT // plan.check_tokens
        padded = np.zeros(room, np.uint8)
        padded[: len(bits)] = bits
        places = np.array(choose(values[start : start + max(0, size - plan.gram_tokens + 1)], reach), np.int64)
        margin = plan.run_tokens - plan.gram_tokens
        low = np.maximum(places - margin, 0)
        high = np.minimum(places + plan.run_tokens, size)
        gathered.add_file(padded, hashes[start + places], around(start + low, start + high), places)
    gathered.add_names(part)


def _files(sizes: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    start = 0
    for size in sizes.tolist():
        yield start, size
        start += size


def _neighbourhoods(
    tokens: NDArray[np.uint32],
) -> Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.uint64]]:
    """(starts, ends) → a hash of each stretch of tokens: equal stretches need one entry only."""
    odd = _BASE
    inverse = np.uint64(pow(int(odd), -1, 1 << 64))
    powers = np.cumprod(np.full(len(tokens) + 1, odd), dtype=np.uint64)
    back = np.cumprod(np.full(len(tokens) + 1, inverse), dtype=np.uint64)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum((tokens + np.uint64(1)) * powers[:-1], dtype=np.uint64)])

    def around(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.uint64]:
        found: NDArray[np.uint64] = (sums[ends] - sums[starts]) * back[starts] + (ends - starts).astype(np.uint64)
        return found

    return around
