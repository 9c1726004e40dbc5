"""The files of a project that have most to do with the open one: imported by it, importing it, or beside it.

What they say is likelier to be said again than what the rest of the project says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_slm.project.importers import imported_modules, importers, module_name
from python_slm.project.surroundings import Chunk

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_FILES = 4
_IMPORTED, _IMPORTING = 2, 1
_MOST_CHARACTERS = 60_000
"""Of one file; what stands behind that is left out."""


def related(path: str, text: str, files: Mapping[str, str]) -> tuple[Chunk, ...]:
    """The related ones of ``files``, text by path, as a chunk each, for the file ``path`` that says ``text``."""
    others = {other: said for other, said in files.items() if other != path}
    wanted = imported_files(path, text, others)[:_IMPORTED]
    wanted += [chunk.path for chunk in importers(path, others)[:_IMPORTING]]
    folder = path.rpartition("/")[0]
    beside = [other for other in others if other.rpartition("/")[0] == folder and not other.endswith("__init__.py")]
    wanted += sorted(beside, key=lambda other: -_common(other, path))
    chosen = list(dict.fromkeys(wanted))[:MOST_FILES]
    return tuple(Chunk("related", other, others[other][:_MOST_CHARACTERS]) for other in chosen)


def imported_files(path: str, text: str, files: Mapping[str, str]) -> list[str]:
    """Which of ``files`` the file ``path`` imports, in the order of its imports."""
    by_module: dict[str, str] = {}
    for other in files:
        parts = module_name(other).split(".")
        for count in range(len(parts)):  # the whole name goes before a shorter one of another file
            name = ".".join(parts[count:])
            if count == 0:
                by_module[name] = other
            elif "." in name:
                by_module.setdefault(name, other)
    found = (by_module[name] for name in imported_modules(path, text) if name in by_module)
    return list(dict.fromkeys(found))


def _common(one: str, other: str) -> int:
    """Characters that two paths have in common at their beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
