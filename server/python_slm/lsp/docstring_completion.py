"""The docstring that somebody begins by typing its quotes, as a completion and as ghost text; no model is asked."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pygls.uris import to_fs_path

from python_slm.docstrings.opening import begins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from python_slm.docstrings.style import Evidence
    from python_slm.lsp.session import Snapshot
    from python_slm.tasks.complete import Completion

QUOTES = ('"', "'")
"""Typing one asks for a docstring and nothing else."""
_READ_S = 0.1
"""For the files beside the one that is typed into: what they say is kept."""
_MOST_FILES = 20
_MOST_BYTES = 100_000
"""Of one file."""
_FRESH_S = 600.0


@dataclass
class DocstringCompletion:
    """Completes docstrings in the style of the file, or of the folder around it. For the worker's thread alone."""

    clock: Callable[[], float] = time.perf_counter
    _near: dict[Path, tuple[float, Evidence]] = field(default_factory=dict)
    """When a folder was read, and what it said."""

    def completion(self, snapshot: Snapshot, offset: int, root: str) -> Completion | None:
        """What follows the quotes at ``offset``; None where no docstring begins there. Files lie in ``root``."""
        from python_slm.docstrings.typed import typed_at  # noqa: PLC0415 - libcst is slow to import
        from python_slm.tasks.complete import Completion  # noqa: PLC0415 - brings ONNX Runtime

        document = snapshot.document
        if not begins(document.text, offset):
            return None
        project = self._around(document.uri, root)
        found = typed_at(snapshot.block_index(), offset, path=snapshot.path, project=project)
        if found is None:
            return None
        return Completion(found.text, offset, offset + found.replaces, 0.0, snippet=found.snippet)

    def _around(self, uri: str, root: str) -> Evidence | None:
        """What the files of the same folder say, and of the folders above it within the workspace."""
        from python_slm.docstrings.project import evidence_of  # noqa: PLC0415 - libcst is slow to import

        name = to_fs_path(uri) if uri.startswith("file:") else None
        if not name or not root:
            return None
        folder, now = Path(name).parent, self.clock()
        known = self._near.get(folder)
        if known is None or now - known[0] > _FRESH_S:
            texts = _texts(Path(name), Path(root))
            known = now, evidence_of(texts, cancelled=lambda: self.clock() - now > _READ_S)
            self._near[folder] = known
        return known[1]


def _texts(path: Path, root: Path) -> Iterator[str]:
    """Python files near ``path``, the nearest folder's first."""
    left = _MOST_FILES
    for folder in [path.parent, *path.parent.parents]:
        if not folder.is_relative_to(root):
            return
        for each in sorted(folder.glob("*.py")):
            if each == path:
                continue
            try:
                if each.stat().st_size <= _MOST_BYTES:
                    yield each.read_text("utf-8", "replace")
            except OSError:  # gone, or not to be read: others say enough
                continue
            left -= 1
            if not left:
                return
