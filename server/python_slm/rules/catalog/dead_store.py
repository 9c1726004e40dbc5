"""A value that is replaced before anybody reads it.

## What it does
Finds assignments to a local variable that the very next statement binds anew without reading it.

## Why is this bad
The first value is never used. Mostly one of the two was meant for another name, or the second should have built on the
first.

## Example
```python
def area(shape):
    width = shape.width()
    width = shape.height()
    return width * height
```

## Use instead
```python
    width = shape.width()
    height = shape.height()
```

Values that are written out are left alone: `None` lets go of what the name held before, and others are a default put
there to be seen. So are two calls of the same function: mostly it is called for what it does.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from python_slm.findings import Finding, Related
from python_slm.syntax.flow import swallows
from python_slm.syntax.located import same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.findings import Severity
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

VALID = (
    "def f(x):\n    y = x\n    y = y + 1\n    return y\n",
    "def f(x):\n    y = x()\n    print(y)\n    y = x()\n    return y\n",
    "def f(x):\n    y = None\n    y = x()\n    return y\n",
    "def f(x):\n    try:\n        y = 1\n        y = x()\n    except ValueError:\n        pass\n    return y\n",
    "def f(x):\n    def g():\n        return y\n    y = 1\n    y = g()\n    return y\n",
    "def f(x):\n    _ = x()\n    _ = y()\n    r = x(1)\n    r = x(2)\n    return r\n",
    "def f(x):\n    y = 1\n    y: int = x()\n    y = [y for y in y]\n    return y\n",
)
INVALID = (
    "def f(x):\n    ⟦y = x.a()⟧\n    y = x.b()\n    return y\n",
    "def f(x):\n    if x:\n        ⟦y = 1 +x⟧\n        y = 2\n        return y\n",
)


@dataclass(frozen=True)
class DeadStore:
    """See the file's docstring."""

    code = "dead-store"
    severity: Severity = "warning"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        del file
        for suite in code.suites():
            yield from self._in_suite(suite, code)

    def _in_suite(self, suite: list[ast.stmt], code: Located) -> Iterator[Finding]:
        for first, second in pairwise(suite):
            name = _name_bound(first)
            if not name or name != _name_bound(second) or name.startswith("_"):
                continue
            if (
                _is_literal(first)
                or _is_repeated(first, second)
                or _reads(second, name)
                or not _is_private(first, code)
                or _is_guarded(first, code)
            ):
                continue
            yield Finding(
                "rules",
                self.code,
                f"This value of '{name}' is never used: the next statement replaces it",
                *code.span(first),
                self.severity,
                related=(Related(*code.span(second), "replaced here"),),
                reasoning=f"Nothing reads `{name}` between the two assignments, and no function inside does either.",
            )


def _name_bound(node: ast.stmt) -> str:
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return ""


def _is_literal(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and not any(
        isinstance(one, ast.Name | ast.Call | ast.Await) for one in ast.walk(node.value)
    )


def _is_repeated(first: ast.stmt, second: ast.stmt) -> bool:
    """Whether both call the same function, as tests do for what it does."""
    calls = [
        one.value.func for one in (first, second) if isinstance(one, ast.Assign) and isinstance(one.value, ast.Call)
    ]
    return len(calls) == len((first, second)) and same(*calls)


def _reads(node: ast.stmt, name: str) -> bool:
    assert isinstance(node, ast.Assign)  # what binds one name
    return any(isinstance(one, ast.Name) and one.id == name for one in ast.walk(node.value))


def _is_private(node: ast.stmt, code: Located) -> bool:
    """Whether the variable is the function's own, and of no function inside."""
    assert isinstance(node, ast.Assign)
    occurrence = code.scopes.at(node.targets[0])
    home = occurrence.home
    if home is not occurrence.scope or home.kind != "function":
        return False
    return all(one.scope is home for one in code.scopes.of(occurrence.name, home))


def _is_guarded(node: ast.stmt, code: Located) -> bool:
    """Whether an exception in the second assignment could leave the first one's value to somebody."""
    return any(isinstance(one, ast.Try | ast.TryStar) or swallows(one) for one in code.around(node))


RULE = DeadStore()
