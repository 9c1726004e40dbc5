"""A project for those who can wait: what the language server gathers in the background, gathered at once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from python_slm.project.files import source_files
from python_slm.project.importers import importers
from python_slm.project.imports import imports_of
from python_slm.project.memory import ProjectMemory
from python_slm.project.related import related
from python_slm.project.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from python_slm.settings import Settings
    from python_slm.tokenizer import Tokenizer


class Workspace:
    """The project in the folder ``root``. The first question takes a second for a megabyte of source, later ones less.

    ``variables`` are the environment's, which may name a Python environment; see ``project.environment``.
    """

    def __init__(
        self, root: Path, tokenizer: Tokenizer, settings: Settings, variables: Mapping[str, str] | None = None
    ) -> None:
        from python_slm.project.resolve import Resolver  # noqa: PLC0415 - jedi takes 100 ms, and not all have a project

        self._root = root
        self._settings = settings
        self._memory = ProjectMemory(tokenizer)
        self._resolver = Resolver(root, settings.project.python, os.environ if variables is None else variables)

    def surroundings(self, text: str, offset: int, path: str) -> Surroundings:
        """What is known beyond ``text``, the file at ``path`` (relative to the root) with a cursor at ``offset``."""
        completion = self._settings.completion
        files = source_files(self._root, most_bytes=completion.memory_mb * 1_000_000)
        if completion.memory:
            self._memory.refresh(files, lambda: False)
        wanted = self._settings.context
        texts = {file.name: said for file in files if (said := file.text())}
        chunks = importers(path, texts) if wanted.importers else ()
        chunks += related(path, text, texts) if wanted.related else ()
        return Surroundings(
            self._resolver.resolve(text, offset, path),
            chunks,
            self._memory.memory(without=path) if completion.memory else None,
            self._resolver.installed(path),
            imports_of(texts),
        )
