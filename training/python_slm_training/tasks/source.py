"""A file of the corpus as the tasks see it: parsed once, with its functions."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from python_slm_training import jsonlines
from python_slm_training.collect.edits import parsed
from python_slm_training.collect.record import PYTHON
from python_slm_training.tasks.functions import Function, functions

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class SourceFile:
    """One Python file. ``metadata`` is that of its corpus record."""

    text: str
    id: str
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where it lies in its project; may be empty."""
        return str(self.metadata.get("path") or "")

    @cached_property
    def tree(self) -> ast.Module | None:
        """None if it does not parse."""
        return parsed(self.text)

    @cached_property
    def functions(self) -> list[Function]:
        """Functions and methods of ordinary size."""
        return [] if self.tree is None else list(functions(self.text, self.tree))


def read_sources(path: Path) -> Iterator[SourceFile]:
    """Python files of one corpus file; documentation and other prose is passed over."""
    for item in jsonlines.read(path):
        about = item.get("metadata") or {}
        if about.get("content", PYTHON) == PYTHON and isinstance(item.get("text"), str):
            yield SourceFile(item["text"], str(item.get("id") or ""), about)
