"""If to ternary: an ``if`` and ``else`` that give the same thing a value, or return one, become one statement."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import same
from python_slm.refactor.order import CHANGES, effect
from python_slm.refactor.rewrite import Become, rewritten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    ("if ⟦⟧c:\n    x = a  # one\nelse:\n    x = b\n", "# one\nx = a if c else b\n"),
    ("def f(c):\n\tif ⟦⟧c:\n\t\treturn a\n\treturn b # two\n", "def f(c):\n\treturn a if c else b # two\n"),
    (
        "def f(c):\n    if ⟦⟧c == 'é':\n        return (1,\n            2)\n    else:\n        return b, 1\n",
        "def f(c):\n    return (1,\n            2) if c == 'é' else (b, 1)\n",
    ),
    ("if ⟦⟧a or b: x.y[1] = 1\nelse: x.y[1] = z if y else 2\nw()\n", "x.y[1] = 1 if a or b else z if y else 2\nw()\n"),
    ("if ⟦⟧a:\n    n += 1\nelse:\n    n += (\n        2 + b)\n", "n += 1 if a else 2 + b\n"),
    (
        "def f(a):\n    if ⟦⟧a: x = (yield)\n    else: x = lambda: 1",
        "def f(a):\n    x = (yield) if a else lambda: 1",
    ),
)
REFUSED = (
    ("if ⟦⟧c:\n    x = a\nelse:\n    y = b\n", "same"),
    ("if ⟦⟧c:\n    x = a\n", "else"),
    ("if ⟦⟧c:\n    x = a\nelif d:\n    x = b\nelse:\n    x = e\n", "elif"),
    ("if ⟦⟧c:\n    x = a\n    y()\nelse:\n    x = b\n", "one statement"),
    ("if ⟦⟧c():\n    n += 1\nelse:\n    n += 2\n", "changes"),
    ("if ⟦⟧c:\n    x = a\n# why\nelse:\n    x = b\n", "above else"),
)


class IfToTernary:
    """Assignments to the same, plain or augmented, and returns."""

    name = "if-to-ternary"
    kind = "refactor.rewrite.if.toTernary"
    title = "Replace if with ternary"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.headed(ast.If)
        if node is None:
            raise RefusedError("select an if, or its condition")
        old, other = _branches(code, node)
        if len(node.body) != 1 or len(other) != 1:
            raise RefusedError("each branch must be one statement")
        if isinstance(other[0], ast.If) or code.source(node).startswith("elif"):
            raise RefusedError("it has an elif, or is one")
        then, orelse = node.body[0], other[0]
        values = [one for one in (getattr(each, "value", None) for each in (then, orelse)) if isinstance(one, ast.expr)]
        if len(values) != len((then, orelse)):
            raise RefusedError("both branches must assign to the same, or return a value")
        if isinstance(then, ast.AugAssign) and (effect(node.test) == CHANGES or not isinstance(then.target, ast.Name)):
            raise RefusedError("the condition changes what would then be read before it")
        new, twin = (_with_value(one, ast.IfExp(node.test, values[0], values[1])) for one in (then, orelse))
        if new is None or twin is None or not same(new, twin):
            raise RefusedError("both branches must assign to the same, or return a value")
        return rewritten(code, Become(old, [new]))


def _branches(code: Code, node: ast.If) -> tuple[Sequence[ast.stmt], Sequence[ast.stmt]]:
    """What goes, and what stands for ``else``: for two returns, the statement below."""
    if node.orelse:
        return [node], node.orelse
    suite = code.suite(node)
    below = suite[suite.index(node) + 1 :][:1]
    if not below or not isinstance(node.body[0], ast.Return) or not isinstance(below[0], ast.Return):
        raise RefusedError("it has no else")
    return [node, *below], below


def _with_value(old: ast.stmt, value: ast.expr) -> ast.stmt | None:
    if isinstance(old, ast.Assign):
        return ast.Assign(old.targets, value)
    if isinstance(old, ast.AugAssign):
        return ast.AugAssign(old.target, old.op, value)
    return ast.Return(value) if isinstance(old, ast.Return) else None


REFACTORING = IfToTernary()
