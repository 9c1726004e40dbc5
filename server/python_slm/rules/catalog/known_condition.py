"""A condition whose outcome is known from further up.

## What it does
Finds conditions `x is None`, `x is not None` and `isinstance(x, A)` about a local variable that the same function has
decided before: it is within the branch of such a condition, or the other way was left by `return`, `raise` or the like,
and `x` was not bound anew since. Those that are only asked in vain, with no code that never runs, are left alone.

## Why is this bad
One of the two branches is never taken. Often the second condition was meant to ask about something else.

## Example
```python
def area(width, height):
    if width is None:
        return 0
    if width is None:
        return 0
    return width * height
```

## Use instead
```python
    if height is None:
        return 0
```
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.findings import Finding, Related
from python_slm.rules.ends import LOOPS, never_passes
from python_slm.rules.facts import functions
from python_slm.syntax.located import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from python_slm.findings import Severity
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located
    from python_slm.syntax.occurrences import Scope

VALID = (
    "def f(x):\n    if x is None:\n        return 1\n    if x is not None:\n        return 2\n",
    "def f(x, y):\n    if x is None or (x is not None and y):\n        return 1\n",
    "def f(x):\n    if x is None:\n        x = g()\n    if x is None:\n        return\n",
    "def f(x):\n    if x is None:\n        print(1)\n    if x is None:\n        print(2)\n",
    "def f(x, y):\n    if x is None:\n        return\n    for x in y:\n        if x is None:\n            return\n",
    (
        "def f(x, y):\n    while y():\n        if x is None:\n            continue\n        x = y()\n"
        "        if x is None:\n            y()\n"
    ),
    (
        "def f(x):\n    def g():\n        nonlocal x\n        x = None\n    if x is None:\n        return\n"
        "    g()\n    if x is None:\n        g()\n"
    ),
    "def f(x):\n    if x is None and x.y:\n        return\n    if x is None:\n        return\n",
    "def f(x):\n    assert x is None\n    x()\n    if x is not None:\n        return\n",
    "def f(self):\n    if self.x is None:\n        return\n    self.g()\n    if self.x is None:\n        return\n",
    (
        "def f(x):\n    try:\n        if x is None:\n            raise KeyError\n    except KeyError:\n"
        "        pass\n    if x is None:\n        print(1)\n"
    ),
)
INVALID = (
    (
        "def f(x):\n    if x is None:\n        return 1\n    y = x + 1\n    if ⟦x is None⟧:\n        return y\n"
        "    return 2\n"
    ),
    "def f(x):\n    if x is not None:\n        return 1 if ⟦x is None⟧ else x\n    return 2\n",
    (
        "def f(x):\n    if isinstance(x, int):\n        return 1\n    elif ⟦not isinstance(x, int)⟧:\n"
        "        return 2\n    else:\n        return 3\n"
    ),
    (
        "def f(x):\n    if x is None:\n        raise ValueError\n    while True:\n        if ⟦x is None⟧ and x.y:\n"
        "            break\n"
    ),
    "def f(x):\n    if x is None or not x:\n        return 1\n    return 2 if ⟦x is None⟧ else 3\n",
)

Known = dict[str, tuple[bool, ast.expr]]
"""Test as it is asked without ``not`` → whether it holds, and where that was decided."""


@dataclass(frozen=True)
class KnownCondition:
    """See the file's docstring."""

    code = "known-condition"
    severity: Severity = "warning"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        del file
        for function in functions(code):
            walk = _Walk(code, code.scopes.of_node[function])
            walk.run(function.body, {})
            for test, holds, first in walk.found:
                yield Finding(
                    "rules",
                    self.code,
                    f"This is always {'true' if holds else 'false'} here: it was decided further up",
                    *code.span(test),
                    self.severity,
                    related=(Related(*code.span(first), "decided here"),),
                    reasoning="Whoever gets here has passed the condition above, and the variable was not bound anew "
                    "since.",
                )


class _Walk:
    """One function, statement by statement, with what is known of its variables."""

    def __init__(self, code: Located, home: Scope) -> None:
        self._code = code
        self.found: list[tuple[ast.expr, bool, ast.expr]] = []
        mine = [one for one in code.scopes.occurrences if one.home is home]
        shared = {one.name for one in mine if one.scope is not home and one.how != "load"}
        self._own = {one.name for one in mine if one.how == "store"} - shared
        self._stores = {one.node: one.name for one in mine if one.how != "load"}

    def run(self, statements: Sequence[ast.stmt], known: Known) -> Known | None:
        """What is known after ``statements``; None where nobody gets."""
        now: Known | None = known
        for statement in statements:
            if now is None:
                return None
            now = self._statement(statement, now)
        return now

    def _statement(self, node: ast.stmt, known: Known) -> Known | None:  # noqa: PLR0911 - one kind a line
        if isinstance(node, ast.If):
            return self._if(node, known)
        if isinstance(node, LOOPS):
            return self._loop(node, known)
        if isinstance(node, ast.Try | ast.TryStar):
            return self._try(node, known)
        if isinstance(node, ast.With | ast.AsyncWith):
            self.run(node.body, self._without_items(node, known))
            return None if never_passes([node]) else self._without(node, known)
        if isinstance(node, ast.Match):
            inside = self._without(node, known)
            for case in node.cases:
                self.run(case.body, inside)
            return inside
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            return self._without(node, known)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self._asked(child, known)
        return None if never_passes([node]) else self._without(node, known)

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, known: Known) -> Known:
        inside = true = self._without(node, known)
        if isinstance(node, ast.While):
            self._asked(node.test, inside)
            true = {**inside, **self._said(node.test, holds=True)}
        self.run(node.body, true)
        self.run(node.orelse, inside)
        return inside

    def _if(self, node: ast.If, known: Known) -> Known | None:
        self._asked(node.test, known)
        known = self._without(node.test, known)
        ways = [
            self.run(branch, {**known, **self._said(node.test, holds=holds)})
            for branch, holds in ((node.body, True), (node.orelse, False))
        ]
        reached = [way for way in ways if way is not None]
        return _shared(reached) if reached else None

    def _try(self, node: ast.Try | ast.TryStar, known: Known) -> Known | None:
        self.run(node.body, known)
        after = self._without(node, known)
        for handler in node.handlers:
            self.run(handler.body, after)
        self.run(node.orelse, after)
        self.run(node.finalbody, after)
        return None if never_passes([node]) else after

    def _asked(self, test: ast.expr, known: Known) -> None:
        """Looks for what is known in an expression, from the left; what it says itself counts to its right."""
        if isinstance(test, ast.BoolOp):
            now = dict(known)
            for one in test.values:
                self._asked(one, now)
                now.update(self._said(one, holds=isinstance(test.op, ast.And)))
            return
        if isinstance(test, ast.IfExp):
            self._asked(test.test, known)
            self._asked(test.body, {**known, **self._said(test.test, holds=True)})
            self._asked(test.orelse, {**known, **self._said(test.test, holds=False)})
            return
        key, positive = self._key(test)
        if key in known:
            outcome, first = known[key]
            if self._decides(test, holds=outcome == positive):
                self.found.append((test, outcome == positive, first))
            return
        if isinstance(test, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.NamedExpr):
            return
        for child in ast.iter_child_nodes(test):
            if isinstance(child, ast.expr):
                self._asked(child, known)
            elif isinstance(child, ast.keyword):
                self._asked(child.value, known)

    def _decides(self, test: ast.expr, *, holds: bool) -> bool:
        """Whether some code never runs because of the outcome; else the condition is only asked in vain."""
        parent = self._code.parents[test]
        if isinstance(parent, ast.BoolOp):
            return holds == isinstance(parent.op, ast.Or) and test is not parent.values[-1]
        if isinstance(parent, ast.If):
            return not holds or bool(parent.orelse)
        return isinstance(parent, ast.IfExp) or (isinstance(parent, ast.While) and not holds)

    def _said(self, test: ast.expr, *, holds: bool) -> Known:
        """What is known once ``test`` was found to hold, or not to."""
        if isinstance(test, ast.BoolOp):
            if isinstance(test.op, ast.And) != holds:
                return {}
            said: Known = {}
            for one in test.values:
                said.update(self._said(one, holds=holds))
            return said
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and not self._key(test)[0]:
            return self._said(test.operand, holds=not holds)
        key, positive = self._key(test)
        return {key: (holds == positive, test)} if key else {}

    def _key(self, test: ast.expr) -> tuple[str, bool]:
        """How ``known`` calls a test, and whether it asks for that or for the opposite; empty where it is no such."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            key, positive = self._key(test.operand)
            return key, not positive
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.left, ast.Name):
            right = test.comparators[0]
            is_none = isinstance(right, ast.Constant) and right.value is None
            if is_none and isinstance(test.ops[0], ast.Is | ast.IsNot) and test.left.id in self._own:
                return f"{test.left.id} is None", isinstance(test.ops[0], ast.Is)
        if (
            isinstance(test, ast.Call)
            and isinstance(test.func, ast.Name)
            and test.func.id == "isinstance"
            and len(test.args) == 2  # noqa: PLR2004 - the value and the class
            and isinstance(test.args[0], ast.Name)
            and test.args[0].id in self._own
            and isinstance(test.args[1], ast.Name | ast.Attribute)
        ):
            return f"{test.args[0].id} isinstance {ast.dump(test.args[1])}", True
        return "", True

    def _without(self, node: ast.AST, known: Known) -> Known:
        """What is left of it once ``node`` has run, whatever it bound."""
        bound = {self._stores[one] for one in ast.walk(node) if one in self._stores}
        return {key: said for key, said in known.items() if key.partition(" ")[0] not in bound} if bound else known

    def _without_items(self, node: ast.With | ast.AsyncWith, known: Known) -> Known:
        for item in node.items:
            known = self._without(item, known)
        return known


def _shared(ways: Sequence[Mapping[str, tuple[bool, ast.expr]]]) -> Known:
    first, *others = ways
    return {key: said for key, said in first.items() if all(key in way and way[key][0] == said[0] for way in others)}


RULE = KnownCondition()
