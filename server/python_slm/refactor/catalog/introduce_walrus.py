"""Introduce walrus: a variable assigned for the condition right below is assigned within it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import same
from python_slm.refactor.meaning import jumps
from python_slm.refactor.rewrite import Become, rewritten

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    (
        "def f(a):\n    ⟦⟧x = g(a)  # why\n    if x:\n        h(x)\n",
        "def f(a):\n    # why\n    if x := g(a):\n        h(x)\n",
    ),
    (
        "if a:\n\tx = b\n\tif ⟦⟧x is not None and x > 1:\n\t\tc(x)\n",
        "if a:\n\tif (x := b) is not None and x > 1:\n\t\tc(x)\n",
    ),
    (
        (
            "def f(a):\n    ⟦⟧x = a.read(\n        1)\n    while x != 'é':\n        g(x)\n        "
            "x = a.read(1)\n    # end\n"
        ),
        "def f(a):\n    while (x := a.read(\n        1)) != 'é':\n        g(x)\n    # end\n",
    ),
    ("class A:\n    ⟦⟧x = b, 1\n    if not x: pass\n", "class A:\n    if not (x := (b, 1)): pass\n"),
    ("def f(a):\n    x = yield\n    if (⟦⟧x.a): return x\n", "def f(a):\n    if ((x := (yield)).a): return x\n"),
)
REFUSED = (
    ("def f(a):\n    ⟦⟧x = g(a)\n    h()\n    if x:\n        pass\n", "no condition"),
    ("def f(a):\n    ⟦⟧x = g(a)\n    if a and x:\n        pass\n", "first"),
    ("def f(a):\n    ⟦⟧x = g(a)\n    while x:\n        h(x)\n", "again"),
    ("def f(a):\n    ⟦⟧x = a\n    while x:\n        if x.y:\n            continue\n        x = a\n", "continue"),
    ("def f(a):\n    ⟦⟧x.y = a\n    if x.y:\n        pass\n", "no condition"),
    ("x = ⟦⟧1\n", "no condition"),
)


class IntroduceWalrus:
    """Where the variable is the first thing that the condition evaluates."""

    name = "introduce-walrus"
    kind = "refactor.rewrite.walrus.introduce"
    title = "Assign in the condition"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        assignment, statement = _pair(code)
        target = assignment.targets[0]
        assert isinstance(target, ast.Name)
        use = _leftmost(statement.test)
        if not isinstance(use, ast.Name) or use.id != target.id:
            raise RefusedError("it is not the first thing that the condition below reads")
        new: dict[ast.expr, ast.expr] = {use: ast.NamedExpr(target, assignment.value)}
        goes = [Become([assignment], [])]
        if isinstance(statement, ast.While):
            if len(statement.body) == 1 or not same(statement.body[-1], assignment):
                raise RefusedError("the loop does not end by assigning the same again")
            if jumps(statement.body, ast.Continue):
                raise RefusedError("a continue leaves out what would then be assigned")
            goes.append(Become([statement.body[-1]], []))
        return rewritten(code, *goes, expressions=new)


def _pair(code: Code) -> tuple[ast.Assign, ast.If | ast.While]:
    one = code.headed(ast.Assign, ast.If, ast.While)
    suite = code.suite(one) if one else []
    place = suite.index(one) if one else 0
    pair = suite[place : place + 2] if isinstance(one, ast.Assign) else suite[max(0, place - 1) : place + 1]
    if len(pair) == len(("assignment", "condition")):
        first, second = pair
        named = isinstance(first, ast.Assign) and len(first.targets) == 1 and isinstance(first.targets[0], ast.Name)
        if isinstance(first, ast.Assign) and named and isinstance(second, ast.If | ast.While):
            return first, second
    raise RefusedError("there is no condition right below an assignment to a variable")


def _leftmost(node: ast.expr) -> ast.expr:
    """What an expression evaluates first."""
    while True:
        if isinstance(node, ast.Compare | ast.BinOp):
            node = node.left
        elif isinstance(node, ast.BoolOp):
            node = node.values[0]
        elif isinstance(node, ast.UnaryOp):
            node = node.operand
        elif isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return node


REFACTORING = IntroduceWalrus()
