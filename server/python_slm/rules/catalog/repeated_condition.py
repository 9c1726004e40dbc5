"""The same condition twice.

## What it does
Finds an `elif` whose condition was asked before in the same chain, and an operand that an `and` or `or` has twice.

## Why is this bad
The second is never decisive. Mostly one of the two was copied and should have been changed.

## Example
```python
if unit == "m":
    factor = 1
elif unit == "m":
    factor = 1000
```

## Use instead
```python
if unit == "m":
    factor = 1
elif unit == "km":
    factor = 1000
```

Only conditions are compared that have no effect and give the same twice in a row.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.findings import Finding, Related
from python_slm.rules.purity import is_pure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from python_slm.findings import Severity
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

VALID = (
    "if a == 1:\n    x()\nelif a == 2:\n    y()\nelse:\n    if a == 3:\n        z()\n",
    "if f():\n    x()\nelif f():\n    y()\n",
    "if a:\n    x()\nif a:\n    y()\n",
    "if a or b and a:\n    x()\n",
    "if a == 1:\n    x()\nelif f():\n    y()\nelif a == 1:\n    z()\n",
)
INVALID = (
    "if a == 1:\n    x()\nelif a == 2:\n    y()\nelif ⟦a == 1⟧:\n    z()\n",
    "x = a.b and c and ⟦a.b⟧\n",
    "if isinstance(a, int):\n    x()\nelif ⟦isinstance( a, int )⟧:\n    y()\n",
)


@dataclass(frozen=True)
class RepeatedCondition:
    """See the file's docstring."""

    code = "repeated-condition"
    severity: Severity = "warning"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        del file
        for node in code.every(ast.If):
            parent = code.parents[node]
            if not (isinstance(parent, ast.If) and parent.orelse == [node] and _is_elif(node, code)):
                yield from self._repeated(_chain(node, code), code, "this branch is never taken")
        for operation in code.every(ast.BoolOp):
            yield from self._repeated(operation.values, code, "it changes nothing here")

    def _repeated(self, tests: Iterable[ast.expr], code: Located, so: str) -> Iterator[Finding]:
        before: dict[str, ast.expr] = {}
        for test in tests:
            if not is_pure(test):
                before.clear()
            if not is_pure(test) or isinstance(test, ast.Constant):
                continue
            first = before.setdefault(ast.dump(test), test)
            if first is not test:
                yield Finding(
                    "rules",
                    self.code,
                    f"The same condition stands further up: {so}",
                    *code.span(test),
                    self.severity,
                    related=(Related(*code.span(first), "the same condition"),),
                    reasoning="Both conditions are the same, have no effect, and nothing happens between them: the "
                    "second can say nothing that the first has not said.",
                )


def _chain(node: ast.If, code: Located) -> Iterator[ast.expr]:
    yield node.test
    if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If) and _is_elif(node.orelse[0], code):
        yield from _chain(node.orelse[0], code)


def _is_elif(node: ast.If, code: Located) -> bool:
    return code.text.startswith("elif", code.span(node)[0])


RULE = RepeatedCondition()
