"""A number of names that is not that of the values.

## What it does
Finds assignments and loops that unpack a tuple into another number of names: one written there, the result of a
function of the same file that returns tuples of one length, of `str.partition` or `divmod`.

## Why is this bad
It raises `ValueError` whenever it is reached.

## Example
```python
def bounds(values):
    return min(values), max(values)

low, high, mean = bounds(values)
```

## Use instead
```python
low, high = bounds(values)
```
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.findings import Finding
from python_slm.rules.callees import PLAIN_METHOD, callee
from python_slm.rules.kinds import builtin, kind_of
from python_slm.rules.purity import expects_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.findings import Related, Severity
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

VALID = (
    "def f():\n    return 1, 2\n\na, b = f()\na, *b = f()\n*a, b, c = f()\n",
    "def f(x):\n    if x:\n        return 1, 2\n    return 1, 2, 3\n\na, b = f(1)\na, b, c = f(0)\n",
    "def f(x):\n    if x:\n        return 1, 2\n\na, b, c = f(1)\n",
    "def f():\n    return 1, *x\n\na, b, c = f()\n",
    "a, b = 1, 2\nfor a, b in ((1, 2), (3, 4)):\n    pass\na, b, c = 'x=y'.partition('=')\n",
    "def f():\n    yield 1\n    return 1, 2\n\na, b, c = f()\n",
)
INVALID = (
    "def f():\n    return 1, 2\n\n⟦a, b, c⟧ = f()\n",
    "class A:\n    def f(self):\n        return 1, 2\n\n    def g(self):\n        ⟦a, b, c, *d⟧ = self.f()\n",
    "async def f():\n    return 1, 2\n\nasync def g():\n    ⟦a, b, c⟧ = await f()\n",
    "for ⟦a, b⟧ in [(1, 2), (3, 4, 5)]:\n    pass\n",
    "⟦key, value⟧ = 'a=b'.partition('=')\n",
    "⟦a, b⟧ = 1, 2, 3\n⟦a, b, c⟧ = divmod(7, 3)\n",
)


@dataclass(frozen=True)
class UnpackMismatch:
    """See the file's docstring."""

    code = "unpack-mismatch"
    severity: Severity = "error"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        for target, value in _unpacked(code):
            lengths, related = _lengths(value, code, file)
            if not lengths or any(_fits(target, length) for length in lengths) or expects_error(target, code):
                continue
            some = " or ".join(map(str, sorted(lengths)))
            yield Finding(
                "rules",
                self.code,
                f"There are {some} values for {_counted(target)} names",
                *code.span(target),
                self.severity,
                related=related,
                reasoning=f"What is unpacked here always has {some} values.",
            )


def _unpacked(code: Located) -> Iterator[tuple[ast.Tuple | ast.List, ast.expr]]:
    for node in code.every(ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Tuple | ast.List):
                yield target, node.value
    for kind in (ast.For, ast.comprehension):
        for loop in code.every(kind):
            target, values = loop.target, loop.iter  # type: ignore[attr-defined]
            if isinstance(target, ast.Tuple | ast.List) and isinstance(values, ast.Tuple | ast.List):
                odd = (one for one in values.elts if isinstance(one, ast.Tuple) and not _fits(target, len(one.elts)))
                value = next((one for one in odd if not any(isinstance(each, ast.Starred) for each in one.elts)), None)
                if value is not None:
                    yield target, value


def _lengths(value: ast.expr, code: Located, file: File) -> tuple[frozenset[int], tuple[Related, ...]]:
    """How many values there can be; none where that is not known."""
    if isinstance(value, ast.Tuple | ast.List):
        starred = any(isinstance(one, ast.Starred) for one in value.elts)
        return frozenset() if starred else frozenset({len(value.elts)}), ()
    awaited, value = isinstance(value, ast.Await), value.value if isinstance(value, ast.Await) else value
    if not isinstance(value, ast.Call):
        return frozenset(), ()
    if (
        not awaited
        and isinstance(value.func, ast.Name)
        and value.func.id == "divmod"
        and builtin(value.func, code, file)
    ):
        return frozenset({2}), ()
    called = value.func
    if isinstance(called, ast.Attribute) and called.attr in ("partition", "rpartition") and not awaited:
        return (frozenset({3}) if kind_of(called.value, code, file) == "str" else frozenset()), ()
    found = callee(called, code, file)
    if not found or found.facts.kind != ("coroutine" if awaited else "plain"):
        return frozenset(), ()
    plain = PLAIN_METHOD.issuperset(found.facts.decorators)
    return (found.facts.lengths or frozenset()) if plain else frozenset(), found.related


def _fits(target: ast.Tuple | ast.List, length: int) -> bool:
    starred = any(isinstance(one, ast.Starred) for one in target.elts)
    return length >= len(target.elts) - 1 if starred else length == len(target.elts)


def _counted(target: ast.Tuple | ast.List) -> str:
    starred = any(isinstance(one, ast.Starred) for one in target.elts)
    return f"at least {len(target.elts) - 1}" if starred else str(len(target.elts))


RULE = UnpackMismatch()
