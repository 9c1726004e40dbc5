"""A generator that is made and never run.

## What it does
Finds statements that call a generator function of the same file and do nothing with what it returns.

## Why is this bad
A function with `yield` runs when somebody iterates over what its call returns. The call alone does nothing at all,
not even its first line.

## Example
```python
def walk(tree):
    print(tree.name)
    for child in tree.children:
        yield child
        walk(child)
```

## Use instead
```python
        yield from walk(child)
```
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.findings import Finding
from python_slm.rules.callees import PLAIN_METHOD, callee
from python_slm.rules.purity import expects_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.findings import Severity
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

VALID = (
    "def f():\n    yield 1\n\nlist(f())\nfor x in f():\n    pass\n",
    "@contextmanager\ndef f():\n    yield 1\n\nf()\n",
    "def f():\n    return (yield)\n\ndef f():\n    pass\n\nf()\n",
    "def f():\n    return lambda: (yield)\n\nf()\n",
)
INVALID = (
    "def f(x):\n    yield x\n    ⟦f(x)⟧\n",
    "class A:\n    def f(self):\n        yield from self\n\n    def g(self):\n        ⟦self.f()⟧\n",
)


@dataclass(frozen=True)
class UnusedGenerator:
    """See the file's docstring."""

    code = "unused-generator"
    severity: Severity = "error"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        for statement in code.every(ast.Expr):
            call = statement.value
            found = callee(call.func, code, file) if isinstance(call, ast.Call) else None
            if not found or "generator" not in found.facts.kind or found.facts.stub:
                continue
            if not PLAIN_METHOD.issuperset(found.facts.decorators) or expects_error(statement, code):
                continue
            yield Finding(
                "rules",
                self.code,
                f"'{found.spoken}' is a generator function: unless its result is iterated over, nothing of it runs",
                *code.span(statement),
                self.severity,
                related=found.related,
                reasoning=f"`{found.spoken}` has a `yield`. Its call makes a generator, which this statement throws "
                "away before anything of it has run.",
            )


RULE = UnusedGenerator()
