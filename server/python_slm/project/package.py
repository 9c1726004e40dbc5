"""The dotted name that a file is imported by, told by the packages around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def module_of(path: Path) -> str:
    """``pkg.sub.mod``, or ``pkg.sub.__init__`` for a package's own file; its name alone where it is in no package."""
    path = path.absolute()
    parts = [path.stem]
    folder = path.parent
    while (folder / "__init__.py").is_file() and folder.name.isidentifier():
        parts.append(folder.name)
        folder = folder.parent
    return ".".join(reversed(parts))
