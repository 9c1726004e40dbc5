"""The files of one repository that a model may learn from, and which of them it must not see before it is measured.

A git repository is read at HEAD, so that what git ignores stays out; any other folder is read as it lies. The corpus's
own filters apply with every licence allowed, since the model is for those who have the code: secrets, addresses and
personal data are masked, generated and unparsable files left out.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from python_slm.errors import CorpusError
from python_slm_training.collect.folder import folder
from python_slm_training.collect.git import GitSource
from python_slm_training.curate import nearduplicates
from python_slm_training.curate.clean import Rules, fingerprint, judge
from python_slm_training.evaluate.sources import SourceFile, is_usable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from python_slm_training.collect.record import Record

HELD_OUT_SHARE, MOST_HELD_OUT, FEWEST_HELD_OUT = 0.2, 60, 3
_DEVELOPMENT_SHARE = 0.05
_FEWEST_FILES = 10
_ALIKE = 0.5
"""Jaccard similarity from which a file may not be learned from while one like it is held out."""
_REPEATED = 0.7
"""From here on a second copy teaches nothing."""


@dataclass(frozen=True)
class Repository:
    """Curated files in path order. ``revision`` is the commit, if there is one; ``digest`` is of the files."""

    name: str
    root: str
    revision: str
    digest: str
    files: tuple[SourceFile, ...]
    signatures: NDArray[np.uint32] = field(repr=False)
    """MinHash of each file, (files, PERMUTATIONS)."""
    dropped: Counter[str]
    masked: Counter[str]


@dataclass(frozen=True)
class Split:
    """Files to learn from, to steer training by, and to be measured on; no two sides share or nearly share a file."""

    train: tuple[SourceFile, ...]
    development: tuple[SourceFile, ...]
    held_out: tuple[SourceFile, ...]
    alike: int
    """Files in none, because they are near-duplicates of a held-out one or of each other."""


def read_repository(path: Path, tell: Callable[[int], object] = lambda _: None) -> Repository:
    """Read and curate. ``tell`` hears how many files are done. Raises CorpusError when there is too little."""
    name, revision, records = _source(path)
    found: dict[bytes, tuple[SourceFile, NDArray[np.uint32]]] = {}
    dropped: Counter[str] = Counter()
    masked: Counter[str] = Counter()
    for count, record in enumerate(records, 1):
        tell(count)
        verdict = judge(record, Rules(licences=None))
        if verdict.dropped:
            dropped[verdict.dropped] += 1
            continue
        text = verdict.record.text
        key = fingerprint(text).tobytes()
        if key in found:
            dropped["exact duplicate"] += 1
            continue
        masked += verdict.masked
        file = SourceFile(name, record.metadata.path, text)
        found[key] = file, nearduplicates.signature(verdict.words)
    kept = sorted(found.values(), key=lambda pair: pair[0].path)
    usable = sum(is_usable(file.text) for file, _ in kept)
    if usable < _FEWEST_FILES:
        raise CorpusError(
            f"{path}: {usable} Python files of 30 to 3000 lines after curation, adapting takes at least "
            f"{_FEWEST_FILES}; give the root of a larger repository"
        )
    digest = hashlib.sha256("\0".join(f"{file.path}\0{file.text}" for file, _ in kept).encode("utf-8", "replace"))
    return Repository(
        name=name,
        root=str(path.resolve()),
        revision=revision or digest.hexdigest()[:16],
        digest=digest.hexdigest(),
        files=tuple(file for file, _ in kept),
        signatures=np.array([signature for _, signature in kept], np.uint32),
        dropped=dropped,
        masked=masked,
    )


def _source(path: Path) -> tuple[str, str, Iterator[Record]]:
    """Name, revision (empty: none but the files') and records."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    git_dir = next((each for each in (path / ".git", path) if _is_git(each)), None)
    if git_dir is None:
        plain = folder(path)
        return _model_name(plain.repo), "", plain.records(now)
    source = GitSource.of(git_dir)
    return _model_name(source.repo), source.revision, source.records(now)


def _is_git(path: Path) -> bool:
    """A git directory; ``.git`` of a linked work tree is a file, and git itself follows it."""
    return (path.name == ".git" and path.exists()) or ((path / "HEAD").is_file() and (path / "objects").is_dir())


def _model_name(repo: str) -> str:
    """The repository's own name, fit for the registry."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", repo.rpartition("/")[2]).strip("-.") or "adapted"


def split(repository: Repository) -> Split:
    """By a hash of the path, so that a file stays on its side when the repository grows.

    Only files that a person could have typed are held out. Nothing is learned from that is like a held-out file
    (Jaccard 0.5 of word 5-grams, estimated), and of files that are like each other (0.7) one is kept.
    """
    files, signatures = repository.files, repository.signatures
    usable = [at for at, file in enumerate(files) if is_usable(file.text)]
    by_hash = sorted(usable, key=lambda at: zlib.crc32(files[at].path.encode("utf-8", "replace")))
    wanted = min(max(FEWEST_HELD_OUT, round(HELD_OUT_SHARE * len(usable))), MOST_HELD_OUT)
    held_out = sorted(by_hash[:wanted])
    rest = [at for at in range(len(files)) if at not in set(held_out) and not _alike(signatures, at, held_out, _ALIKE)]
    kept: list[int] = []
    for at in rest:
        if not _alike(signatures, at, kept, _REPEATED):
            kept.append(at)
    ordered = [at for at in by_hash[wanted:] if at in set(kept)]
    development = set(ordered[: max(1, round(_DEVELOPMENT_SHARE * len(kept)))])
    train = tuple(files[at] for at in kept if at not in development)
    if not train or not development:
        raise CorpusError(f"{repository.root}: nothing is left to learn from beside the held-out files and their likes")
    return Split(
        train=train,
        development=tuple(files[at] for at in sorted(development)),
        held_out=tuple(files[at] for at in held_out),
        alike=len(files) - len(held_out) - len(kept),
    )


def _alike(signatures: NDArray[np.uint32], at: int, others: list[int], threshold: float) -> bool:
    return bool(others) and bool(((signatures[others] == signatures[at]).mean(axis=1) >= threshold).any())
