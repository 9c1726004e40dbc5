"""A function asked whether it is true, instead of called.

## What it does
Finds conditions that are a function or method of the same file itself, and comparisons of one with a constant.

## Why is this bad
A function is always true and equals no constant. The parentheses of the call were forgotten, so that one branch is
never taken.

## Example
```python
class Job:
    def is_ready(self):
        return self.left == 0

    def start(self):
        if self.is_ready:
            self.run()
```

## Use instead
```python
        if self.is_ready():
            self.run()
```

## Fix safety
The fix adds the parentheses, where the function needs no arguments. It is not safe: the code does something else then.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.findings import Finding, Fix
from python_slm.rules.callees import PLAIN_METHOD, callee
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.findings import Severity
    from python_slm.rules.callees import Callee
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

VALID = (
    "def ready():\n    return 1\n\nif ready():\n    pass\n",
    "try:\n    from x import ready\nexcept ImportError:\n    ready = None\nif ready:\n    pass\n",
    "def ready():\n    return 1\n\ndef g(ready):\n    if ready:\n        pass\n",
    "class A:\n    @property\n    def ok(self):\n        pass\n\n    def g(self):\n        assert self.ok\n",
    "class A:\n    def f(self):\n        pass\n\n    def g(self):\n        self.f = 1\n        assert self.f\n",
    "class A:\n    def f(self):\n        pass\n\n    def g(self, other):\n        return self.f == other.f\n",
)
INVALID = (
    "def ready():\n    return 1\n\nif ⟦ready⟧:\n    pass\n",
    "class A:\n    def ok(self):\n        pass\n\n    def g(self):\n        assert not ⟦self.ok⟧ and 1\n",
    "def count(n):\n    return n\n\ndef g():\n    return 1 if ⟦count⟧ > 3 else [x for x in y if ⟦count⟧]\n",
    "def g():\n    def h():\n        return 1\n    assert ⟦h⟧\n",
)


@dataclass(frozen=True)
class FunctionAsCondition:
    """See the file's docstring."""

    code = "function-as-condition"
    severity: Severity = "warning"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        for node in _conditions(code):
            found = callee(node, code, file)
            if found and PLAIN_METHOD.issuperset(found.facts.decorators):
                yield self._finding(node, found, code)

    def _finding(self, node: ast.expr, found: Callee, code: Located) -> Finding:
        start, end = code.span(node)
        needed = [one for one in found.facts.parameters if one.required][int(found.method) :]
        fixes = (Fix("Call it", (Edit(end, end, "()"),), safe=False),) if not needed else ()
        return Finding(
            "rules",
            self.code,
            f"'{found.spoken}' is a function, which is always true: it is not called here",
            start,
            end,
            self.severity,
            fixes,
            related=found.related,
            reasoning=f"`{found.spoken}` is defined in this file and never bound to anything else. A function is "
            "always true and equals no constant, so the outcome does not depend on what it would return.",
        )


def _conditions(code: Located) -> Iterator[ast.expr]:
    for kind in (ast.If, ast.While, ast.IfExp, ast.Assert):
        for node in code.every(kind):
            yield from _parts(node.test)  # type: ignore[attr-defined]
    for one in code.every(ast.comprehension):
        for test in one.ifs:
            yield from _parts(test)
    for compared in code.every(ast.Compare):
        several = [compared.left, *compared.comparators]
        if any(isinstance(each, ast.Constant) for each in several):
            yield from several


def _parts(test: ast.expr) -> Iterator[ast.expr]:
    if isinstance(test, ast.BoolOp):
        for one in test.values:
            yield from _parts(one)
    elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _parts(test.operand)
    else:
        yield test


RULE = FunctionAsCondition()
