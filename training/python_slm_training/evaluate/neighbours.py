"""What the language server would know around a file that is replayed: its project, as committed but for the file.

Which modules are installed is not known: a replayed project comes without its environment.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from python_slm.project.importers import importers
from python_slm.project.imports import imports_of
from python_slm.project.memory import ProjectMemory
from python_slm.project.names import imports_text, names_used
from python_slm.project.related import related
from python_slm.project.resolve import Resolver
from python_slm.project.surroundings import NOTHING_KNOWN, Surroundings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.project.surroundings import Chunk, Definition
    from python_slm.tokenizer import Tokenizer
    from python_slm_training.evaluate.sources import Project, SourceFile


class Neighbours:
    """The other files of each project, read when first asked for. A file of no project has none."""

    def __init__(self, projects: Sequence[Project], tokenizer: Tokenizer) -> None:
        self._projects = {project.name: project for project in projects}
        self._tokenizer = tokenizer
        self._known: dict[str, _Known] = {}

    def of(self, file: SourceFile, text: str, offset: int) -> Surroundings:
        """What is known beyond ``file`` when its buffer is ``text`` and the cursor is at ``offset``."""
        if file.project not in self._projects:
            return NOTHING_KNOWN
        if file.project not in self._known:
            self._known[file.project] = _Known(self._projects[file.project], self._tokenizer)
        known = self._known[file.project]
        return Surroundings(
            definitions=known.definitions(file, text, offset),
            chunks=known.chunks(file, text),
            memory=known.memory.memory(without=file.path),
            imports=known.imports(file),
        )


class _Known:
    """One project: its n-grams, a copy of its files for jedi, and what was asked about them."""

    def __init__(self, project: Project, tokenizer: Tokenizer) -> None:
        self._files = {file.path: file.text for file in project.files}
        self._definitions: dict[tuple[str, str], dict[str, Definition | None]] = {}
        self._chunks: dict[str, tuple[Chunk, ...]] = {}
        self._imports: dict[str, dict[str, str]] = {}
        self.memory = ProjectMemory(tokenizer)
        for path, text in self._files.items():
            self.memory.update(path, text)

    def definitions(self, file: SourceFile, text: str, offset: int) -> dict[str, Definition]:
        """What names stand for, each looked up once as long as the imports are the same: the server asks as rarely."""
        known = self._definitions.setdefault((file.path, imports_text(text)), {})
        used = names_used(text, offset)
        if new := frozenset(used) - known.keys():
            found = self._resolver.resolve(text, offset, file.path, names=new)
            known.update({name: found.get(name) for name in new})
        return {name: one for name, one in known.items() if one is not None}

    def chunks(self, file: SourceFile, text: str) -> tuple[Chunk, ...]:
        """Who uses the file, and what it has most to do with, by the text that it was first asked for with."""
        if file.path not in self._chunks:
            self._chunks[file.path] = (*importers(file.path, self._files), *related(file.path, text, self._files))
        return self._chunks[file.path]

    def imports(self, file: SourceFile) -> dict[str, str]:
        """How the other files import names."""
        if file.path not in self._imports:
            others = {path: text for path, text in self._files.items() if path != file.path}
            self._imports[file.path] = imports_of(others)
        return self._imports[file.path]

    @cached_property
    def _resolver(self) -> Resolver:
        root = Path(tempfile.mkdtemp(prefix="slm-replay-"))
        weakref.finalize(self, shutil.rmtree, root, ignore_errors=True)
        for name, text in self._files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return Resolver(root, "", {})
