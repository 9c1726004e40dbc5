"""Branches after a return in another form than the profile's.

## What it does
Looks at ``if`` statements in functions whose body ends in ``return``: what follows stands in an ``else``, or below.

## Why is this bad
Both read well; a code base that mixes them reads as two. (ruff's RET505 knows the early return alone.)

## Example
```python
def sign(x):
    if x < 0:
        return -1
    else:
        return 1
```

## Use instead
```python
def sign(x):
    if x < 0:
        return -1
    return 1
```
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, ClassVar

from python_slm.style.base import StyleRule
from python_slm.style.conventions import Choice, Sight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.style.reading import Reading

PROFILE = {"returns.branches": "early"}
VALID = (
    "def f(x):\n    if x:\n        return 1\n    return 2\n",
    "def f(x):\n    if x:\n        a = 1\n    else:\n        a = 2\n    return a\n",
)
INVALID = ("def f(x):\n    ⟦if⟧ x:\n        return 1\n    else:\n        return 2\n",)


class ReturnStyle(StyleRule):
    """Chains of ``elif`` are neither."""

    code = "return-style"
    conventions: ClassVar = (
        Choice(
            "returns.branches",
            "branches that end in a return with more code after them",
            {"early": "code after a return without else", "else": "code after a return in an else"},
        ),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        for node in block.of(ast.If):
            start = block.code.span(node)[0]
            if not isinstance(node.body[-1], ast.Return) or not block.code.text.startswith("if", start):
                continue
            if node.orelse:
                chained = len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If)
                if not chained:
                    yield Sight("returns.branches", "else", start, start + 2)
            elif block.code.suite(node)[-1] is not node:
                yield Sight("returns.branches", "early", start, start + 2)


RULE = ReturnStyle()
