"""Ternary to if: ``x = a if c else b`` becomes an ``if`` statement, and so does what is returned or called."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.order import CHANGES, effect
from python_slm.refactor.rewrite import Become, rewritten

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    ("x = ⟦a if c else b⟧  # why\n", "if c:\n    x = a\nelse:\n    x = b  # why\n"),
    ("def f(c):\n\treturn a ⟦if⟧ c else b\n", "def f(c):\n\tif c:\n\t\treturn a\n\treturn b\n"),
    ("if y: pass\nf() ⟦⟧if c() else g(\n    1)\n", "if y: pass\nif c():\n    f()\nelse:\n    g(\n    1)\n"),
    ("x: int = (é ⟦if⟧ é else\n          2)\n", "x: int\nif é:\n    x = é\nelse:\n    x = 2\n"),
    ("n += 1 ⟦if⟧ a and b else 2\n", "if a and b:\n    n += 1\nelse:\n    n += 2\n"),
    ("x = (a if c  # one\n     ⟦⟧else (b, 1))\n", "# one\nif c:\n    x = a\nelse:\n    x = (b, 1)\n"),
    ("x = 1 if a else ⟦⟧2 if b else 3\n", "if a:\n    x = 1\nelse:\n    x = 2 if b else 3\n"),
)
REFUSED = (
    ("x = f(a ⟦if⟧ c else b)\n", "part of"),
    ("x = lambda: a ⟦if⟧ c else b\n", "part of"),
    ("n += 1 ⟦if⟧ f() else 2\n", "changes"),
    ("y(); x = a ⟦if⟧ c else b\n", "line"),
    ("x = ⟦a⟧\n", "select"),
)


class TernaryToIf:
    """Only where the ternary is all that its statement evaluates."""

    name = "ternary-to-if"
    kind = "refactor.rewrite.ternary.toIf"
    title = "Replace ternary with if statement"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        found = code.nearest(ast.IfExp)
        if found is None:
            raise RefusedError("select a ternary: a if b else c")
        node: ast.IfExp = found
        while isinstance(outer := code.parents[node], ast.IfExp):
            node = outer
        old = code.parents[node]
        if isinstance(old, ast.Return):
            return rewritten(
                code, Become([old], [ast.If(node.test, [ast.Return(node.body)], []), ast.Return(node.orelse)])
            )
        made = [_with_value(old, value) for value in (node.body, node.orelse)]
        if None in made or getattr(old, "value", None) is not node:
            raise RefusedError("it is part of something larger: extract it first")
        if isinstance(old, ast.AugAssign) and (effect(node.test) == CHANGES or not isinstance(old.target, ast.Name)):
            raise RefusedError("the condition changes what is read before it")
        then, other = (one for one in made if one)
        assert isinstance(old, ast.stmt)
        new: list[ast.stmt] = [ast.If(node.test, [then], [other])]
        if isinstance(old, ast.AnnAssign):
            new.insert(0, ast.AnnAssign(old.target, old.annotation, None, old.simple))
        return rewritten(code, Become([old], new))


def _with_value(old: ast.AST, value: ast.expr) -> ast.stmt | None:
    """A statement like ``old``, with another value."""
    if isinstance(old, ast.Assign):
        return ast.Assign(old.targets, value)
    if isinstance(old, ast.AnnAssign):
        return ast.Assign([old.target], value)
    if isinstance(old, ast.AugAssign):
        return ast.AugAssign(old.target, old.op, value)
    return ast.Expr(value) if isinstance(old, ast.Expr) else None


REFACTORING = TernaryToIf()
