"""A loop that decides everything on its first round.

## What it does
Finds loops whose body always ends in `return`, `raise` or `break`, one way or the other, with no `continue`.

## Why is this bad
Only the first item is ever looked at. Mostly the last `return` should stand behind the loop.

## Example
```python
def has_even(numbers):
    for number in numbers:
        if number % 2 == 0:
            return True
        return False
```

## Use instead
```python
def has_even(numbers):
    for number in numbers:
        if number % 2 == 0:
            return True
    return False
```

A body without conditions is left alone: `for item in items: return item` is a way to get the first one.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.findings import Finding, Related
from python_slm.rules.ends import continues, never_passes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.findings import Severity
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

VALID = (
    "def f(x):\n    for y in x:\n        return y\n",
    "def f(x):\n    for y in x:\n        if y:\n            return y\n    return None\n",
    "def f(x):\n    for y in x:\n        if y:\n            continue\n        return y\n",
    "def f(x):\n    for y in x:\n        if y:\n            x()\n        return y\n",
    "def f(x):\n    while x:\n        if x.y:\n            return 1\n        break\n",
    "def f(x):\n    for y in x:\n        if y:\n            return 1\n        yield 2\n",
)
INVALID = (
    "def f(x):\n    ⟦for y in x:⟧\n        if y:\n            return True\n        return False\n",
    "def f(x):\n    ⟦for y in x:⟧\n        if y:\n            return 1\n        else:\n            raise ValueError\n",
)


@dataclass(frozen=True)
class LoopRunsOnce:
    """See the file's docstring."""

    code = "loop-runs-once"
    severity: Severity = "warning"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        del file
        for kind in (ast.For, ast.AsyncFor):
            for loop in code.every(kind):
                body: Sequence[ast.stmt] = loop.body  # type: ignore[attr-defined]
                if not _decides(body) or continues(loop):  # type: ignore[arg-type]
                    continue
                start, header = code.span(loop)[0], code.span(loop.iter)[1]  # type: ignore[attr-defined]
                yield Finding(
                    "rules",
                    self.code,
                    "This loop never gets to a second round",
                    start,
                    code.text.index(":", header) + 1,
                    self.severity,
                    related=(Related(*code.span(body[-1]), "nobody gets past this"),),
                    reasoning="Every way through the body ends in a `return` or `raise`, and there is no `continue`: "
                    "only the first item is ever looked at.",
                )


def _decides(body: Sequence[ast.stmt]) -> bool:
    """Whether a body returns under a condition, and otherwise too."""
    last = body[-1]
    if isinstance(last, ast.If):
        return bool(last.orelse) and never_passes([last]) and not _only_raises(last.body) and not _breaks(last)
    if not isinstance(last, ast.Return) or any(isinstance(one, ast.Match | ast.With | ast.Try) for one in body):
        return False
    before = body[-2] if len(body) > 1 else None
    return isinstance(before, ast.If) and not before.orelse and isinstance(before.body[-1], ast.Return)


def _only_raises(body: Sequence[ast.stmt]) -> bool:
    return isinstance(body[-1], ast.Raise)


def _breaks(node: ast.If) -> bool:
    return any(isinstance(one, ast.Break) for one in ast.walk(node))


RULE = LoopRunsOnce()
