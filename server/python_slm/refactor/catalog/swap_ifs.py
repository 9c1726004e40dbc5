"""Swap nested ifs: the inner condition is asked first, where asking neither can make a difference."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.meaning import is_settled
from python_slm.refactor.rewrite import Become, rewritten

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    ("if ⟦⟧a:\n    if b:\n        c()  # one\n", "if b:\n    if a:\n        c()  # one\n"),
    ("if ⟦⟧a is None:  # why\n\tif not b:\n\t\tc()\n", "# why\nif not b:\n\tif a is None:\n\t\tc()\n"),
    ("if ⟦⟧a or b:\n    if c == 'é':\n        d(\n  1)\n", "if c == 'é':\n    if a or b:\n        d(\n  1)\n"),
    (
        "if x:\n    y()\nelif ⟦⟧a:\n    if b:\n        c()\n        # end\n",
        "if x:\n    y()\nelif b:\n    if a:\n        c()\n        # end\n",
    ),
    ("if ⟦(a\n    and b)⟧:\n    if c:\n        d()", "if c:\n    if (a\n    and b):\n        d()"),
)
REFUSED = (
    ("if ⟦⟧a:\n    if a.b:\n        c()\n", "only where"),
    ("if ⟦⟧a():\n    if b:\n        c()\n", "only where"),
    ("if ⟦⟧a:\n    if b:\n        c()\n    else:\n        d()\n", "else"),
    ("if ⟦⟧a:\n    b()\n    if c:\n        d()\n", "nothing but"),
)


class SwapIfs:
    """Variables and their comparison only: an attribute may be there only where the outer condition holds."""

    name = "swap-ifs"
    kind = "refactor.rewrite.if.swap"
    title = "Swap nested ifs"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.headed(ast.If)
        if node is None:
            raise RefusedError("select an if, or its condition")
        inner = node.body[0]
        if len(node.body) != 1 or not isinstance(inner, ast.If):
            raise RefusedError("it holds nothing but an if only where the two can be swapped")
        if node.orelse or inner.orelse:
            raise RefusedError("one of them has an else")
        if not is_settled(node.test) or not is_settled(inner.test):
            raise RefusedError("the inner condition may be asked only where the outer one holds")
        return rewritten(code, Become([node], [ast.If(inner.test, [ast.If(node.test, inner.body, [])], [])]))


REFACTORING = SwapIfs()
