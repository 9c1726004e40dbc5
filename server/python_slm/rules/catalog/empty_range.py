"""A range without numbers.

## What it does
Finds `range` of bounds in the wrong order: numbers, or `len(…)` down to 0 or -1, without a step of -1.

## Why is this bad
`range` counts upwards unless it is told otherwise. From a larger number to a smaller one there is nothing, and the loop
never runs.

## Example
```python
for place in range(len(items) - 1, -1):
    print(items[place])
```

## Use instead
```python
for place in range(len(items) - 1, -1, -1):
    print(items[place])
```

## Fix safety
The fix adds the step -1. It is not safe: a loop that never ran, runs then.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.findings import Finding, Fix
from python_slm.rules.kinds import builtin
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.findings import Severity
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

VALID = (
    "range(3)\nrange(1, 3)\nrange(3, 1, -1)\nrange(0, 0)\nrange(x, 0)\nrange(len(x) - 1, -1, -1)\nrange(len(x))\n",
    "def range(a, b):\n    return a\n\nrange(3, 1)\n",
    "range(len(x), 5)\nrange(3, 1, x)\n",
)
INVALID = (
    "for x in ⟦range(10, 0)⟧:\n    pass\n",
    "for x in ⟦range(len(y) - 1, -1)⟧:\n    pass\n",
    "x = [y for y in ⟦range( len(z), 0 )⟧]\n",
    "list(⟦range(0, 10, -1)⟧)\n",
)


@dataclass(frozen=True)
class EmptyRange:
    """See the file's docstring."""

    code = "empty-range"
    severity: Severity = "warning"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        for call in code.every(ast.Call):
            if len(call.args) not in (2, 3) or not isinstance(call.func, ast.Name) or call.func.id != "range":
                continue
            if not _is_empty(*call.args) or builtin(call.func, code, file) != "range":
                continue
            end = code.span(call.args[-1])[1]
            yield Finding(
                "rules",
                self.code,
                "This range is empty: it begins behind its end",
                *code.span(call),
                self.severity,
                (Fix("Count downwards", (Edit(end, end, ", -1"),), safe=False),) if len(call.args) == len("ab") else (),
                reasoning="Without a negative step `range` counts upwards, and ends before its second argument.",
            )


def _is_empty(start: ast.expr, stop: ast.expr, step: ast.expr | None = None) -> bool:
    by, last = _number(step) if step else 1, _number(stop)
    if not by or last is None:
        return False
    first = _number(start)
    if first is not None:
        return last < first if by > 0 else last > first
    if by < 0:
        return False
    if isinstance(start, ast.BinOp) and isinstance(start.op, ast.Sub) and _number(start.right) == 1:
        return _is_length(start.left) and last == -1
    return _is_length(start) and last in (0, -1)


def _number(node: ast.expr) -> int | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _number(node.operand)
        return -inner if inner is not None else None
    return node.value if isinstance(node, ast.Constant) and type(node.value) is int else None


def _is_length(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len"


RULE = EmptyRange()
