"""A coroutine that is made and never run.

## What it does
Finds statements that call an `async def` of the same file and do nothing with what it returns.

## Why is this bad
Calling an `async def` only makes a coroutine; nothing of it runs until somebody awaits it. Python says so when the
coroutine is thrown away, at run time and easily overlooked.

## Example
```python
async def save(row): ...

async def handle(row):
    save(row)
```

## Use instead
```python
async def handle(row):
    await save(row)
```

## Fix safety
The fix puts `await` in front, where that is allowed. It is not safe: what never ran, runs then.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.findings import Finding, Fix
from python_slm.rules.callees import PLAIN_METHOD, callee
from python_slm.rules.purity import expects_error
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.findings import Severity
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

VALID = (
    "async def f():\n    pass\n\nasync def g():\n    await f()\n    x = f()\n    return f()\n",
    "@task\nasync def f():\n    pass\n\nasync def g():\n    f()\n",
    "async def f():\n    yield 1\n\nasync def g():\n    f()\n",
    "async def f():\n    pass\n\ndef f():\n    pass\n\nf()\n",
)
INVALID = (
    "async def f():\n    pass\n\nasync def g():\n    ⟦f()⟧\n",
    "class A:\n    async def f(self):\n        pass\n\n    def g(self):\n        ⟦self.f()⟧\n",
    "async def f(x):\n    pass\n\n\n⟦f(\n    1)⟧\n",
)


@dataclass(frozen=True)
class UnawaitedCoroutine:
    """See the file's docstring."""

    code = "unawaited-coroutine"
    severity: Severity = "error"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        for statement in code.every(ast.Expr):
            call = statement.value
            found = callee(call.func, code, file) if isinstance(call, ast.Call) else None
            if not found or found.facts.kind != "coroutine" or not PLAIN_METHOD.issuperset(found.facts.decorators):
                continue
            if expects_error(statement, code):
                continue
            start, end = code.span(statement)
            allowed = isinstance(code.function(statement), ast.AsyncFunctionDef)
            yield Finding(
                "rules",
                self.code,
                f"'{found.spoken}' is a coroutine function: called without await, nothing of it runs",
                start,
                end,
                self.severity,
                (Fix("Await it", (Edit(start, start, "await "),), safe=False),) if allowed else (),
                related=found.related,
                reasoning=f"`{found.spoken}` is an `async def`. Its call makes a coroutine, which this statement "
                "throws away before anything of it has run.",
            )


RULE = UnawaitedCoroutine()
