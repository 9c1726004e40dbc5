"""One example of a task, and its form on disk: ``TASKS/{train,valid,test}/{task}.jsonl.zst``, one JSON object a line.

==========  ===========================================  ==========================================
task        source                                       target
==========  ===========================================  ==========================================
infill      – (``prefix`` and ``suffix`` instead)        what stands between them
docstring   a function without its docstring             the docstring's text, without quotes
bug         a function, half of them with a bug          ``none``, or ``kind: the line that is wrong``
fix         a function with a bug                        the function without it
refactor    ``# refactor: kind``, then code              the code, refactored
explain     code                                         a sentence or paragraph that explains it
classify    code without its imports                     ``domain: …; libraries: …; patterns: …``
instruction an instruction and its input                 the answer
edit        ``# edit: commit message``, then code        the code after the commit
==========  ===========================================  ==========================================

Every object has also ``path``, ``id``, ``kind`` (a task's own sorts, for balance and figures) and ``metadata`` (that of
the corpus record, or of the commit).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from python_slm.errors import CorpusError
from python_slm_training import jsonlines
from python_slm_training.collect.record import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

TASKS = ("infill", "docstring", "bug", "fix", "refactor", "explain", "classify", "instruction", "edit")
SPLITS = ("train", "valid", "test")
NO_BUG = "none"


@dataclass(frozen=True, slots=True)
class Example:
    """``source`` is empty for infill, which has ``prefix`` and ``suffix``; the other tasks have neither."""

    task: str
    kind: str
    target: str
    id: str
    source: str = ""
    prefix: str = ""
    suffix: str = ""
    path: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """All that a model reads and writes."""
        return self.source + self.prefix + self.suffix + self.target

    def to_json(self) -> dict[str, Any]:
        """The object on disk."""
        given = {"prefix": self.prefix, "suffix": self.suffix} if self.task == "infill" else {"source": self.source}
        rest = {"path": self.path, "id": self.id, "kind": self.kind, "metadata": dict(self.metadata)}
        return {"task": self.task, **given, "target": self.target, **rest}

    @classmethod
    def from_json(cls, item: Mapping[str, Any]) -> Example:
        """Inverse of ``to_json``. Raises CorpusError if ``item`` is none of ours."""
        try:
            return cls(**item)
        except TypeError as error:
            raise CorpusError(f"not a task example ({error}); make the data again with 'slm train tasks'") from error


def task_path(folder: Path, split: str, task: str) -> Path:
    """The file of a task."""
    return folder / split / f"{task}{SUFFIX}"


def read(path: Path) -> Iterator[Example]:
    """Examples of one file, streamed. Raises CorpusError at a line that is none."""
    return (Example.from_json(item) for item in jsonlines.read(path))
