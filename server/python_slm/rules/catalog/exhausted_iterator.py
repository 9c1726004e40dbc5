"""An iterator read again after it has run dry.

## What it does
Finds local variables that hold a generator expression, or the result of `map`, `filter`, `zip`, `enumerate` or
`reversed`, and are read to the end twice, or to the end within a loop that they were made outside of.

## Why is this bad
An iterator can be read once. The second time it has nothing left and says nothing about it: the loop does not run,
the sum is 0.

## Example
```python
def mean(texts):
    numbers = map(float, texts)
    return sum(numbers) / len(list(numbers))
```

## Use instead
```python
def mean(texts):
    numbers = [float(text) for text in texts]
    return sum(numbers) / len(numbers)
```
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.findings import Finding, Related
from python_slm.rules.ends import LOOPS, breaks
from python_slm.rules.kinds import builtin, kind_of, only_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.findings import Severity
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

VALID = (
    "def f(x):\n    y = [z for z in x]\n    return sum(y) / len(list(y))\n",
    "def f(x):\n    y = (z for z in x)\n    return sum(y)\n",
    "def f(x):\n    y = map(int, x)\n    if x:\n        return list(y)\n    else:\n        return tuple(y)\n",
    "def f(x):\n    y = zip(x, x)\n    for a in y:\n        if a:\n            break\n    return list(y)\n",
    "def f(x):\n    for z in x:\n        y = zip(z, z)\n        for a in y:\n            print(a)\n",
    "def f(x):\n    y = zip(x, x)\n    for a in y:\n        print(list(y))\n        return a\n",
    "def f(x):\n    y = range(3)\n    return list(y), list(y)\n",
)
INVALID = (
    "def f(x):\n    y = map(float, x)\n    a = sum(y)\n    return a / len(list(⟦y⟧))\n",
    (
        "def f(x):\n    y = (z for z in x)\n    for z in y:\n        print(z)\n    if x:\n        for z in ⟦y⟧:\n"
        "            print(z)\n"
    ),
    "def f(x, w):\n    y = zip(x, x)\n    for a in w:\n        for b in ⟦y⟧:\n            print(a, b)\n",
)
_ITERATORS = {"generator", "map", "filter", "zip", "enumerate", "reversed"}
_READS_ALL = {"list", "tuple", "set", "frozenset", "sorted", "sum", "max", "min", "dict"}


@dataclass(frozen=True)
class ExhaustedIterator:
    """See the file's docstring."""

    code = "exhausted-iterator"
    severity: Severity = "warning"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        by_variable: dict[tuple[str, int], list[ast.Name]] = {}
        for node in code.every(ast.Name):
            if _reads_all(node, code, file):
                by_variable.setdefault((node.id, id(code.scopes.at(node).home)), []).append(node)
        for readers in by_variable.values():
            value = only_value(readers[0], code)
            if value is not None and kind_of(value, code, file, 1) in _ITERATORS and _all_own(readers, code):
                yield from self._again(sorted(readers, key=code.span), value, code)

    def _again(self, readers: list[ast.Name], value: ast.expr, code: Located) -> Iterator[Finding]:
        made = code.statement(value)
        for place, reader in enumerate(readers):
            first = next((one for one in readers[:place] if _always_before(one, reader, made, code)), None)
            if first is None and not _in_inner_loop(reader, made, code):
                continue
            yield Finding(
                "rules",
                self.code,
                f"'{reader.id}' is an iterator that was read to the end before: it has nothing left"
                if first
                else f"'{reader.id}' is an iterator made outside of this loop: it has nothing left in the second round",
                *code.span(reader),
                self.severity,
                related=(
                    Related(*code.span(value), "made here"),
                    *([Related(*code.span(first), "read to the end here")] if first else []),
                ),
                reasoning="Iterators are read once, from the beginning to the end; a list can be read again.",
            )


def _reads_all(node: ast.Name, code: Located, file: File) -> bool:
    parent = code.parents[node]
    if isinstance(parent, ast.For) and parent.iter is node:
        return not breaks(parent) and not any(isinstance(one, ast.Return) for one in ast.walk(parent))
    if isinstance(parent, ast.Call) and parent.args == [node]:
        name = parent.func.id if isinstance(parent.func, ast.Name) else ""
        return name in _READS_ALL and builtin(parent.func, code, file) == name
    return False


def _all_own(readers: list[ast.Name], code: Located) -> bool:
    """Whether nobody else has a hand in the variable: no function inside, and no reader that takes a part."""
    home = code.scopes.at(readers[0]).home
    return all(one.scope is home for one in code.scopes.of(readers[0].id, home))


def _always_before(first: ast.Name, second: ast.Name, made: ast.stmt, code: Located) -> bool:
    """Whether ``first`` is read whenever ``second`` is, and before it: its statement stands beside the making."""
    reading, suite = code.statement(first), code.suite(made)
    later = next((one for one in (code.statement(second), *code.around(second)) if one in suite), None)
    if reading not in suite or later is None or not _certain(first, reading, code):
        return False
    if reading is later:
        return isinstance(reading, ast.For) is False and _certain(second, reading, code)
    return suite.index(reading) < suite.index(later)


def _certain(node: ast.expr, statement: ast.stmt, code: Located) -> bool:
    """Whether the statement reads ``node`` whenever it runs."""
    for one in code.around(node):
        if one is statement:
            return True
        if isinstance(one, ast.IfExp | ast.BoolOp | ast.Lambda | ast.ListComp | ast.GeneratorExp | ast.DictComp):
            return False
    return False


def _in_inner_loop(reader: ast.Name, made: ast.stmt, code: Located) -> bool:
    """Whether a loop that the iterator was made outside of reads it to the end in each round."""
    inner: ast.AST = reader
    for outer in code.around(reader):
        if isinstance(outer, LOOPS) and inner in outer.body:
            ended = any(isinstance(one, ast.Break | ast.Return | ast.Raise) for one in ast.walk(outer))
            return not ended and made not in list(ast.walk(outer))
        inner = outer
    return False


RULE = ExhaustedIterator()
