"""Nest below guard: the inverse of a guard clause. What follows an early way out goes below an ``if``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import FUNCTIONS
from python_slm.refactor.meaning import opposite
from python_slm.refactor.rewrite import Become, rewritten

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    (
        "def f(a):\n    if ⟦⟧not a:\n        return\n    # one\n    c(a)  # two\n    d()\n    # three\n",
        "def f(a):\n    if a:\n        # one\n        c(a)  # two\n        d()\n        # three\n",
    ),
    (
        "for x in y:\n\tif ⟦⟧x == 1:\n\t\tcontinue\n\tf('''\n\tg''')\nz()\n",
        "for x in y:\n\tif x != 1:\n\t\tf('''\n\tg''')\nz()\n",
    ),
    (
        "def f(a):\n    b()\n\n    if ⟦⟧a < 1:  # why\n        return\n\n    return c(\n        1)\n",
        "def f(a):\n    b()\n\n    # why\n    if not a < 1:\n        return c(\n            1)\n",
    ),
    (
        "def f(a, b):\n    if ⟦⟧a or b: return\n    if c:\n        d()\n    else:\n        e()\n",
        "def f(a, b):\n    if not (a or b):\n        if c:\n            d()\n        else:\n            e()\n",
    ),
    ("while a():\n    if ⟦⟧é: continue\n    b()", "while a():\n    if not é:\n        b()"),
)
REFUSED = (
    ("def f(a):\n    if ⟦⟧a:\n        return 1\n    c()\n", "return or continue"),
    ("def f(a):\n    if ⟦⟧a:\n        return\n", "follows"),
    ("for x in y:\n    if ⟦⟧x:\n        break\n    c()\n", "return or continue"),
    ("def f(a):\n    if ⟦⟧a:\n        return\n    else:\n        b()\n    c()\n", "else"),
    ("def f(a):\n    with a:\n        if ⟦⟧a:\n            return\n        b()\n    c()\n", "function"),
)


class NestGuard:
    """Only a bare ``return`` or ``continue``: what it returns would have to be said again."""

    name = "nest-guard"
    kind = "refactor.rewrite.if.nest"
    title = "Replace guard clause with nested if"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.headed(ast.If)
        if node is None:
            raise RefusedError("select an if, or its condition")
        if node.orelse or code.source(node).startswith("elif"):
            raise RefusedError("it has an else, or is one")
        parent, suite, way_out = code.parents[node], code.suite(node), node.body[0]
        in_function = isinstance(parent, FUNCTIONS) and isinstance(way_out, ast.Return) and way_out.value is None
        in_loop = isinstance(parent, ast.For | ast.AsyncFor | ast.While) and isinstance(way_out, ast.Continue)
        if len(node.body) != 1 or not isinstance(way_out, ast.Return | ast.Continue):
            raise RefusedError("it holds more, or something else, than a bare return or continue")
        if not in_function and not (in_loop and suite is parent.body):  # type: ignore[attr-defined]
            bare = isinstance(way_out, ast.Continue) or way_out.value is None
            raise RefusedError(
                "it is not in a function's or loop's own body" if bare else "select a bare return or continue"
            )
        rest = suite[suite.index(node) + 1 :]
        if not rest:
            raise RefusedError("nothing follows it")
        return rewritten(code, Become([node, *rest], [ast.If(opposite(node.test), rest, [])]))


REFACTORING = NestGuard()
