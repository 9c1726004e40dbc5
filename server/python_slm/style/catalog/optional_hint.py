"""Hints for what may be None in another form than the profile's.

## What it does
Looks at ``X | None``, ``Optional[X]`` and ``Union[X, None]``.

## Why is this bad
It is the same type in three spellings. (ruff's UP007 and UP045 know the first alone, not teams that keep the second.)

## Example
```python
def find(name: Optional[str]): ...
```

## Use instead
```python
def find(name: str | None): ...
```
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, ClassVar

from python_slm.style.base import StyleRule
from python_slm.style.conventions import Choice, Sight
from python_slm.style.reading import last_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.style.reading import Reading

PROFILE = {"hints.optional": "union"}
VALID = (
    "def f(a: int | None):\n    pass\n",
    "def f(a: Union[int, str]):\n    pass\n",
    "def f(a: Union[int, str, None]):\n    pass\n",
)
INVALID = ("def f(a: ⟦Optional[int]⟧):\n    pass\n", "a: dict[str, ⟦typing.Union[int, None]⟧] = {}\n")
_BOTH = 2


class OptionalHint(StyleRule):
    """``A | B | None`` counts once; ``Union[A, B, None]`` does not, as the other forms have nothing as short."""

    code = "optional-hint"
    conventions: ClassVar = (
        Choice(
            "hints.optional",
            "hints that allow None",
            {"union": "X | None", "optional": "Optional[X]", "typing-union": "Union[X, None]"},
        ),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        for node in block.of(ast.Subscript):
            name = last_name(node.value)
            if name == "Optional":
                yield Sight("hints.optional", "optional", *block.code.span(node))
            elif name == "Union" and isinstance(node.slice, ast.Tuple) and _is_optional(node.slice):
                yield Sight("hints.optional", "typing-union", *block.code.span(node))
        for union in block.of(ast.BinOp):
            if isinstance(union.op, ast.BitOr) and (_none(union.right) or _none(union.left)):
                yield Sight("hints.optional", "union", *block.code.span(union))


def _is_optional(types: ast.Tuple) -> bool:
    return len(types.elts) == _BOTH and any(map(_none, types.elts))


def _none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


RULE = OptionalHint()
