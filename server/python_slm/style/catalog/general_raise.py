"""Exceptions raised that say nothing of what went wrong, where the project has its own.

## What it does
Looks for ``raise Exception``, ``BaseException`` and ``RuntimeError``.

## Why is this bad
Nobody can catch them without catching everything. (ruff's TRY002 knows the first two alone, and no project that raises
them on purpose.)

## Example
```python
raise RuntimeError("no such user")
```

## Use instead
```python
raise UserMissingError("no such user")
```
"""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING, ClassVar

from python_slm.style.base import StyleRule
from python_slm.style.conventions import Choice, Sight
from python_slm.style.reading import last_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.style.reading import Reading

PROFILE = {"exceptions.raised": "own"}
VALID = ("raise UserMissingError('no')\n", "raise ValueError('no')\n", "try:\n    f()\nexcept E:\n    raise\n")
INVALID = ("raise ⟦RuntimeError⟧('no')\n", "def f():\n    raise ⟦Exception⟧\n")
_GENERAL = frozenset({"Exception", "BaseException", "RuntimeError"})


class GeneralRaise(StyleRule):
    """Python's specific exceptions (``ValueError``) count for neither side."""

    code = "general-raise"
    conventions: ClassVar = (
        Choice(
            "exceptions.raised",
            "exceptions raised that are the project's own or general",
            {"own": "exceptions of the project's own", "general": "a general exception"},
            only="own",
        ),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        for node in block.of(ast.Raise):
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            name = last_name(raised)
            if (
                raised is None
                or block.test
                or not name[:1].isupper()
                or (hasattr(builtins, name) and name not in _GENERAL)
            ):
                continue
            yield Sight("exceptions.raised", "general" if name in _GENERAL else "own", *block.code.span(raised))


RULE = GeneralRaise()
