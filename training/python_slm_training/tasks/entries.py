"""What selection needs to know of the examples of a file, beside it on disk: made once, with the examples."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from python_slm_training.curate.nearduplicates import PERMUTATIONS, signature
from python_slm_training.curate.split import project_of
from python_slm_training.curate.words import word_hashes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from python_slm_training.tasks.example import Example

SHORT_TASKS = frozenset({"infill", "classify"})
"""Tasks whose compared text has few words: only equal ones count as repeated."""
_BY_TARGET = frozenset({"docstring", "explain", "instruction"})
_CONTEXT = 120  # characters before a hidden span that make it another example


@dataclass(frozen=True)
class Entries:
    """One row an example: task, kind and project (str), priority and digest (uint64), signature (PERMUTATIONS,) uint32.

    ``priority`` is a hash: its order is a shuffle that never changes. ``digest`` is equal for equal examples.
    """

    task: NDArray[np.str_]
    kind: NDArray[np.str_]
    project: NDArray[np.str_]
    priority: NDArray[np.uint64]
    digest: NDArray[np.uint64]
    signature: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.task)

    @classmethod
    def of(cls, examples: Sequence[Example], seed: int) -> Entries:
        """Entries of ``examples``, in order."""
        texts = [compared_text(each) for each in examples]
        signatures = np.zeros((len(examples), PERMUTATIONS), np.uint32)
        for row, (each, text) in enumerate(zip(examples, texts, strict=True)):
            if each.task not in SHORT_TASKS:
                signatures[row] = signature(word_hashes(text))
        return cls(
            task=np.array([each.task for each in examples], np.str_),
            kind=np.array([each.kind for each in examples], np.str_),
            project=np.array([project_name(each) for each in examples], np.str_),
            priority=_hashes([f"{seed}:{each.task}:{each.id}:{each.kind}" for each in examples]),
            digest=_hashes(texts),
            signature=signatures,
        )

    @classmethod
    def joined(cls, parts: Sequence[Entries]) -> Entries:
        """All rows of ``parts``, one after the other."""
        names = cls.__dataclass_fields__
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})

    def rows(self, which: NDArray[np.intp]) -> Entries:
        """Some of the rows."""
        return Entries(**{name: getattr(self, name)[which] for name in self.__dataclass_fields__})

    def save(self, path: Path) -> None:
        """Write ``path`` whole or not at all."""
        partial = path.with_name(path.name + ".tmp")
        with partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **{name: getattr(self, name) for name in self.__dataclass_fields__})
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> Entries:
        """Inverse of ``save``."""
        with np.load(path) as arrays:
            return cls(**{name: arrays[name] for name in cls.__dataclass_fields__})


def compared_text(example: Example) -> str:
    """What must not repeat: the target where it is prose, the place around it for infilling, else what is read."""
    if example.task == "infill":
        return example.prefix[-_CONTEXT:] + "\0" + example.target
    return example.target if example.task in _BY_TARGET else example.source


def project_name(example: Example) -> str:
    """The project of an example, one name under any owner."""
    return project_of(str(example.metadata.get("repo") or ""))


def _hashes(texts: Sequence[str]) -> NDArray[np.uint64]:
    digests = b"".join(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest() for text in texts)
    return np.frombuffer(digests, np.uint64)
