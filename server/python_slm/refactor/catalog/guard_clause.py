"""Guard clause: what stops a function or a round of a loop comes first, and the rest is no longer nested.

An ``if`` at the end of a function or loop becomes its opposite with a ``return`` or ``continue``; one whose ``else``
leaves is turned round, whatever follows.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import FUNCTIONS
from python_slm.refactor.meaning import leaves, opposite
from python_slm.refactor.rewrite import Become, rewritten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    (
        "def f(a):\n    b()\n    if ⟦⟧a:\n        # one\n        c(a)  # two\n        d()\n        # three\n",
        "def f(a):\n    b()\n    if not a:\n        return\n    # one\n    c(a)  # two\n    d()\n    # three\n",
    ),
    (
        "for x in y:\n\tif ⟦x is None⟧:\n\t\tf('''\n\t\tg''',\n\t\t\tx)\nz()\n",
        "for x in y:\n\tif x is not None:\n\t\tcontinue\n\tf('''\n\t\tg''',\n\t\tx)\nz()\n",
    ),
    (
        "def f(a):\n    if ⟦⟧a:  # why\n        b()\n    else:\n        raise E\n    c()\n",
        "def f(a):\n    # why\n    if not a:\n        raise E\n    b()\n    c()\n",
    ),
    (
        "def f(a, b):\n    if (⟦⟧a\n            and b):\n        c()\n\n\nx = 1\n",
        "def f(a, b):\n    if not (a\n            and b):\n        return\n    c()\n\n\nx = 1\n",
    ),
    (
        "async def f(a):\n    while a:\n        if ⟦⟧not a.b: # é\n            await a",
        "async def f(a):\n    while a:\n        # é\n        if a.b:\n            continue\n        await a",
    ),
)
REFUSED = (
    ("def f(a):\n    if ⟦⟧a:\n        b()\n    c()\n", "last"),
    ("if ⟦⟧a:\n    b()\n", "function"),
    ("def f(a):\n    with a:\n        if ⟦⟧a:\n            b()\n", "function"),
    ("def f(a):\n    if ⟦⟧a:\n        b()\n    else:\n        c()\n", "else"),
    ("def f(a):\n    if a:\n        c()\n    elif ⟦⟧b:\n        b()\n", "elif"),
    ("def f(a):\n    if ⟦⟧a:  # type: ignore\n        b()\n", "tool"),
    ("x = ⟦⟧1\n", "select an if"),
)


class GuardClause:
    """Early ``return``, ``continue``, or what the ``else`` says."""

    name = "guard-clause"
    kind = "refactor.rewrite.if.guard"
    title = "Replace nested if with guard clause"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.headed(ast.If)
        if node is None:
            raise RefusedError("select an if, or its condition")
        if code.source(node).startswith("elif"):
            raise RefusedError("it is an elif")
        way_out = _way_out(code, node)
        return rewritten(code, Become([node], [ast.If(opposite(node.test), list(way_out), []), *node.body]))


def _way_out(code: Code, node: ast.If) -> Sequence[ast.stmt]:
    if node.orelse:
        if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If) and not leaves(node.orelse):
            raise RefusedError("it has an elif")
        if not leaves(node.orelse):
            raise RefusedError("its else goes on behind it")
        if code.source(node.orelse[0]).startswith("elif"):
            raise RefusedError("it has an elif")
        return node.orelse
    parent = code.parents[node]
    is_loop = isinstance(parent, ast.For | ast.AsyncFor | ast.While) and node in parent.body
    if not is_loop and not isinstance(parent, FUNCTIONS):
        raise RefusedError("it does not end a function or a loop")
    if code.suite(node)[-1] is not node:
        raise RefusedError("it is not the last of its function or loop")
    return [ast.Continue() if is_loop else ast.Return(None)]


REFACTORING = GuardClause()
