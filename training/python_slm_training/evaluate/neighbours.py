"""What the language server would know around a file that is replayed: its project, as committed but for the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_slm.project.memory import ProjectMemory
from python_slm.project.surroundings import NOTHING_KNOWN, Surroundings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.tokenizer import Tokenizer
    from python_slm_training.evaluate.sources import Project, SourceFile


class Neighbours:
    """The other files of each project, read when first asked for. A file of no project has none."""

    def __init__(self, projects: Sequence[Project], tokenizer: Tokenizer) -> None:
        self._projects = {project.name: project for project in projects}
        self._tokenizer = tokenizer
        self._memories: dict[str, ProjectMemory] = {}

    def of(self, file: SourceFile) -> Surroundings:
        """What is known beyond ``file``."""
        if file.project not in self._projects:
            return NOTHING_KNOWN
        return Surroundings(memory=self._memory(file.project).memory(without=file.path))

    def _memory(self, name: str) -> ProjectMemory:
        if name not in self._memories:
            memory = self._memories[name] = ProjectMemory(self._tokenizer)
            for file in self._projects[name].files:
                memory.update(file.path, file.text)
        return self._memories[name]
