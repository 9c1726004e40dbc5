"""Imports from the own package in another form than the profile's.

## What it does
Looks at ``from .shapes import Circle`` and ``from acme.shapes import Circle`` within the package ``acme``.

## Why is this bad
One module under two spellings is found by half of the searches. (ruff's TID252 knows absolute ones alone.)

## Example
```python
from acme.shapes import Circle
```

## Use instead
```python
from .shapes import Circle
```

## Fix safety
Unsafe: a file that is run as a script has no package to be relative to.
"""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, ClassVar

from python_slm.findings import Fix
from python_slm.style.base import StyleRule
from python_slm.style.conventions import Choice, Sight
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.style.conventions import Value
    from python_slm.style.reading import Reading
    from python_slm.syntax.located import Located

PATH = "src/acme/geometry/area.py"
PROFILE = {"imports.package": "relative"}
VALID = ("from .shapes import Circle\n", "from json import loads\n", "import acme\n")
INVALID = ("from ⟦acme.geometry.shapes⟧ import Circle\n", "from ⟦acme⟧ import (\n    units,\n)\n")
MENDED = ("from .shapes import Circle\n", "from .. import (\n    units,\n)\n")
_FROM = re.compile(r"from\s+([.\w]+)\s+import\b")
_ROOTS = frozenset({"src", "lib", "python", "server", "training"})


class ImportPath(StyleRule):
    """The package is the one whose name is a folder of the file's path."""

    code = "import-path"
    conventions: ClassVar = (
        Choice(
            "imports.package",
            "imports from the own package",
            {"absolute": "absolute imports within the package", "relative": "relative imports within the package"},
        ),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        folders = block.path.parts[:-1]
        for node in block.of(ast.ImportFrom):
            absolute = not node.level and (node.module or "").split(".")[0] in folders
            found = _FROM.match(block.code.text, block.code.span(node)[0])
            if found and not block.test and (node.level or absolute):
                target = str(block.path)  # the package that a fix needs
                yield Sight("imports.package", "absolute" if absolute else "relative", *found.span(1), subject=target)

    def mend(self, code: Located, sight: Sight, wanted: Value) -> Fix | None:
        """See StyleRule."""
        written = code.text[sight.start : sight.end]
        folders = PurePosixPath(sight.subject).parts[:-1]
        new = _relative(written, folders) if wanted == "relative" else _absolute(written, folders)
        return Fix(f"Import from {new}", (Edit(sight.start, sight.end, new),), safe=False) if new else None


def _relative(module: str, folders: tuple[str, ...]) -> str:
    """``acme.a.b`` seen from a file in ``…/acme/a``: ``.b``."""
    parts = module.split(".")
    package = folders[folders.index(parts[0]) :]
    shared = 0
    while shared < min(len(parts), len(package)) and parts[shared] == package[shared]:
        shared += 1
    return "." * (len(package) - shared + 1) + ".".join(parts[shared:])


def _absolute(module: str, folders: tuple[str, ...]) -> str:
    """``.b`` seen from a file in ``src/acme/a``: ``acme.a.b``; empty where the path does not tell the package."""
    rest = module.lstrip(".")
    up = len(module) - len(rest) - 1
    package = [one for one in folders if one not in _ROOTS]
    if up >= len(package):
        return ""
    return ".".join([*package[: len(package) - up], *([rest] if rest else [])])


RULE = ImportPath()
