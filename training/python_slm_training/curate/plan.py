"""What one curation does, saved in its work folder, so that a task on any machine of a cluster finds it there."""

from __future__ import annotations

import hashlib
import json
import pickle
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from python_slm.errors import CorpusError
from python_slm_training.collect.record import KINDS, SUFFIX
from python_slm_training.curate.balance import Balance
from python_slm_training.curate.clean import Cleaned, Rules, is_clean
from python_slm_training.curate.split import project_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE = "plan.pickle"


@dataclass(frozen=True)
class Plan:
    """Raw files in, a corpus out. ``earlier`` is the split of projects that must not move."""

    raw: Path
    corpus: Path
    rules: Rules = field(default_factory=Rules)
    earlier: Mapping[str, str] = field(default_factory=dict)
    balance: Balance = field(default_factory=Balance)

    @property
    def work(self) -> Path:
        """Results of the stages; may be deleted once the corpus is whole."""
        return self.corpus / ".work"

    @cached_property
    def files(self) -> list[Path]:
        """Raw files in the order in which duplicates are decided. Raises CorpusError if there is none, or another's."""
        found = list(self.raw.glob(f"*{SUFFIX}"))
        if not found:
            raise CorpusError(f"{self.raw}: no *{SUFFIX}; run 'slm data collect --out {self.raw}' first")
        for path in found:
            if path.name.split("-")[0] not in KINDS:
                raise CorpusError(
                    f"{path}: not a raw file, whose name begins with {', '.join(KINDS)}; move it elsewhere"
                )
        return sorted(found, key=lambda path: (KINDS.index(path.name.split("-")[0]), path.name))

    @cached_property
    def largest_first(self) -> list[int]:
        """Places in ``files``: the order of the tasks, so that no giant is left for the end."""
        return sorted(range(len(self.files)), key=lambda at: (-self.files[at].stat().st_size, at))

    @cached_property
    def notes(self) -> list[dict[str, Any]]:
        """What collection noted about each of ``files``. Raises CorpusError if a note is missing."""
        paths = [path.with_name(path.name.removesuffix(SUFFIX) + ".json") for path in self.files]
        for path in paths:
            if not path.exists():
                raise CorpusError(
                    f"{path}: missing, though 'slm data collect' writes it with the raw file: collect it again"
                )
        return [json.loads(path.read_text("utf-8")) for path in paths]

    @cached_property
    def projects(self) -> list[str]:
        """The project of each of ``files``."""
        return [project_of(note["repo"]) for note in self.notes]

    @cached_property
    def cleaned(self) -> list[Cleaned]:
        """Where the first stage leaves each of ``files``."""
        return [Cleaned.at(path, self.work) for path in self.files]

    @cached_property
    def pending(self) -> list[int]:
        """Those of ``largest_first`` that the first stage has still to do."""
        done = (is_clean(self.files[at], self.work, self.rules) for at in self.largest_first)
        return [at for at, is_done in zip(self.largest_first, done, strict=True) if not is_done]

    def save(self) -> Saved:
        """Write the plan with the files it found into its work folder, so that every task sees the same ones."""
        self.work.mkdir(parents=True, exist_ok=True)
        assert len(self.files) == len(self.projects) >= len(self.pending)  # what is cached is pickled
        data = pickle.dumps(self)
        partial = self.work / f"{_FILE}.tmp"
        partial.write_bytes(data)
        partial.replace(self.work / _FILE)
        return Saved(str(self.work / _FILE), hashlib.sha256(data).hexdigest())


@dataclass(frozen=True)
class Saved:
    """A plan on disk: some hundred bytes to hand to every task."""

    path: str
    sha256: str

    def load(self) -> Plan:
        """The plan, read once a process."""
        return _load(self.path, self.sha256)


@cache
def _load(path: str, sha256: str) -> Plan:
    data = Path(path).read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise CorpusError(f"{path}: another 'slm data curate' works in this folder; wait for it or give another --out")
    plan = pickle.loads(data)  # noqa: S301  # our own file, and its checksum is right
    assert isinstance(plan, Plan)
    return plan
