"""Join ifs: one that holds nothing but another becomes one with ``and``, two that do the same one with ``or``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import same
from python_slm.refactor.meaning import leaves
from python_slm.refactor.rewrite import Become, rewritten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    ("if ⟦⟧a:\n    if b:\n        c()  # one\n        # two\n", "if a and b:\n    c()  # one\n    # two\n"),
    ("if ⟦⟧a or b:  # why\n\tif not c:\n\t\td()\n", "# why\nif (a or b) and not c:\n\td()\n"),
    (
        "if x:\n    y()\nelif ⟦⟧a and b:\n    if c(\n            1):\n        d()\n",
        "if x:\n    y()\nelif a and b and c(\n            1):\n    d()\n",
    ),
    (
        "def f(a):\n    if ⟦⟧a:\n        return 1\n    if b:\n        return 1\n    return 2\n",
        "def f(a):\n    if a or b:\n        return 1\n    return 2\n",
    ),
    (
        "for é in x:\n    if ⟦⟧é:\n        continue\n    # two\n    if b and c:\n        continue\n    d()\n",
        "for é in x:\n    # two\n    if é or b and c:\n        continue\n    d()\n",
    ),
)
REFUSED = (
    ("if ⟦⟧a:\n    if b:\n        c()\n    else:\n        d()\n", "else"),
    ("if ⟦⟧a:\n    if b:\n        c()\nelse:\n    d()\n", "else"),
    ("if ⟦⟧a:\n    if b:\n        c()\n    d()\n", "do the same"),
    ("def f(a):\n    if ⟦⟧a:\n        b()\n    if c:\n        b()\n", "leave"),
    ("while ⟦⟧a:\n    b()\n", "select an if"),
)


class JoinIfs:
    """With the one inside, or with the next one where both leave by the same way."""

    name = "join-ifs"
    kind = "refactor.rewrite.if.join"
    title = "Join ifs"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.headed(ast.If)
        if node is None:
            raise RefusedError("select an if, or its condition")
        inner = node.body[0]
        if node.orelse or (isinstance(inner, ast.If) and len(node.body) == 1 and inner.orelse):
            raise RefusedError("one of them has an else")
        if len(node.body) == 1 and isinstance(inner, ast.If):
            return rewritten(
                code, Become([node], [ast.If(_joined(ast.And(), [node.test, inner.test]), inner.body, [])])
            )
        suite = code.suite(node)
        place = suite.index(node)
        below = suite[place + 1] if place + 1 < len(suite) else None
        if not isinstance(below, ast.If) or not same(ast.Module(node.body, []), ast.Module(below.body, [])):
            raise RefusedError("neither is there just an if in it, nor does the next one below do the same")
        if not leaves(node.body):
            raise RefusedError("both would run, unless they leave")
        test = _joined(ast.Or(), [node.test, below.test])
        return rewritten(code, Become([node, below], [ast.If(test, node.body, below.orelse)]))


def _joined(operator: ast.boolop, tests: Sequence[ast.expr]) -> ast.BoolOp:
    values: list[ast.expr] = []
    for one in tests:
        flat = isinstance(one, ast.BoolOp) and type(one.op) is type(operator)
        values += one.values if flat else [one]  # type: ignore[attr-defined]
    return ast.BoolOp(operator, values)


REFACTORING = JoinIfs()
