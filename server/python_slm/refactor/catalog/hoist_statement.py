"""Hoist statement: what both branches of an ``if`` end with goes below it; what both begin with, above."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import same
from python_slm.refactor.meaning import certain_type, is_settled, leaves, opposite
from python_slm.refactor.order import CHANGES, effect
from python_slm.refactor.rewrite import Become, rewritten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    (
        "if ⟦⟧a:\n    b()  # one\n    c(1)\nelse:\n    d()\n    c(1)  # two\n",
        "# two\nif a:\n    b()  # one\nelse:\n    d()\nc(1)\n",
    ),
    (
        "def f(a):\n\tif ⟦⟧a:\n\t\tb()\n\t\treturn é\n\telse:\n\t\treturn é\n",
        "def f(a):\n\tif a:\n\t\tb()\n\treturn é\n",
    ),
    (
        "if ⟦⟧a is None:\n    c('''\n''')\nelse:\n    d()\n    c('''\n''')\n",
        "if a is not None:\n    d()\nc('''\n''')\n",
    ),
    (
        "def f(a: int):\n    if ⟦⟧a:\n        b()\n        c(\n            1)\n    else:\n        b()\n        d()\n",
        "def f(a: int):\n    b()\n    if a:\n        c(\n            1)\n    else:\n        d()\n",
    ),
    ("def f(a):\n    if ⟦⟧a: b = 1\n    else: b = 1\n", "def f(a):\n    b = 1\n"),
)
REFUSED = (
    ("if ⟦⟧a:\n    b()\nelse:\n    c()\n", "neither"),
    ("if ⟦⟧a:\n    b()\n", "else"),
    ("def f(a):\n    if ⟦⟧a:\n        a.pop()\n        b()\n    else:\n        a.pop()\n        c()\n", "condition"),
    ("def f(a):\n    if ⟦⟧a:\n        a = 1\n        b()\n    else:\n        a = 1\n        c()\n", "condition"),
    ("if ⟦⟧a:\n    b()\nelif c:\n    b()\n", "elif"),
    ("if ⟦⟧a():\n    b()\nelse:\n    b()\n", "same"),
)


class HoistStatement:
    """Upwards only what can change nothing that the condition asks for."""

    name = "hoist-statement"
    kind = "refactor.rewrite.if.hoist"
    title = "Move statement out of both branches"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.headed(ast.If)
        if node is None:
            raise RefusedError("select an if, or its condition")
        if not node.orelse:
            raise RefusedError("it has no else")
        if code.source(node).startswith("elif") or code.source(node.orelse[0]).startswith("elif"):
            raise RefusedError("it has an elif, or is one")
        if same(node.body[-1], node.orelse[-1]):
            rest = _if(node, node.body[:-1], node.orelse[:-1])
            return rewritten(code, Become([node], [*rest, node.body[-1]]))
        if same(node.body[0], node.orelse[0]):
            _require_apart(code, node.body[0], node.test)
            return rewritten(code, Become([node], [node.body[0], *_if(node, node.body[1:], node.orelse[1:])]))
        raise RefusedError("its branches neither begin nor end with the same statement")


def _if(node: ast.If, body: Sequence[ast.stmt], orelse: Sequence[ast.stmt]) -> Sequence[ast.stmt]:
    if body:
        return [ast.If(node.test, list(body), list(orelse))]
    if orelse:
        return [ast.If(opposite(node.test), list(orelse), [])]
    if not is_settled(node.test):
        raise RefusedError("both branches are the same, but asking its condition may do something")
    return []


def _require_apart(code: Code, statement: ast.stmt, test: ast.expr) -> None:
    """Whether the statement may as well run before the condition is asked."""
    if hasattr(statement, "body") or leaves([statement]) or not is_settled(test):
        raise RefusedError("what both begin with may change what the condition asks for")
    read = [one for one in ast.walk(test) if isinstance(one, ast.Name)]
    names = {one.id for one in read}
    if any(
        isinstance(one, ast.Name) and one.id in names and not isinstance(one.ctx, ast.Load)
        for one in ast.walk(statement)
    ):
        raise RefusedError("what both begin with may change what the condition asks for")
    plain = isinstance(statement, ast.Assign) and all(isinstance(one, ast.Name) for one in statement.targets)
    if isinstance(statement, ast.Assign) and plain and effect(statement.value) != CHANGES:
        return
    for one in read:
        at = code.scopes.at(one)
        shared = at.home.kind != "function" or any(two.scope is not at.home for two in code.scopes.of(at.name, at.home))
        if shared or not certain_type(code, one):
            raise RefusedError("what both begin with may change what the condition asks for")


REFACTORING = HoistStatement()
