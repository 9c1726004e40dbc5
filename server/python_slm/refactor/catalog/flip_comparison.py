"""Flip comparison: ``a < b`` becomes ``b > a``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.order import CHANGES, NOTHING, effect
from python_slm.refactor.rewrite import replaced

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    ("if a ⟦<⟧ b:  # why\n    c()\n", "if b > a:  # why\n    c()\n"),
    ("x = f(1,\n   2) ⟦==⟧ 3\n", "x = 3 == f(1,\n   2)\n"),
    ("x = not 'é' ⟦!=⟧ (a or b)\n", "x = not (a or b) != 'é'\n"),
    ("x = (a.b  # one\n    ⟦>=⟧ c)\n", "# one\nx = (c <= a.b)\n"),
    ("x = a ⟦is not⟧ None\n", "x = None is not a\n"),
    ("x = [y for y in z if y + 1 ⟦<=⟧ y * 2]\n", "x = [y for y in z if y * 2 >= y + 1]\n"),
)
REFUSED = (
    ("x = f() ⟦<⟧ g()\n", "order"),
    ("x = a.b ⟦<⟧ g()\n", "order"),
    ("x = a ⟦in⟧ b\n", "turned round"),
    ("x = a ⟦<⟧ b < c\n", "more than two"),
    ("x = ⟦a⟧\n", "select"),
)
_MIRROR: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE,
    ast.Eq: ast.Eq, ast.NotEq: ast.NotEq, ast.Is: ast.Is, ast.IsNot: ast.IsNot,
}  # fmt: skip


class FlipComparison:
    """Only where it makes no difference which side is evaluated first."""

    name = "flip-comparison"
    kind = "refactor.rewrite.condition.flip"
    title = "Flip comparison"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.nearest(ast.Compare)
        if node is None:
            raise RefusedError("select a comparison")
        if len(node.ops) != 1:
            raise RefusedError("it compares more than two things")
        left, right, operator = node.left, node.comparators[0], _MIRROR.get(type(node.ops[0]))
        if operator is None:
            raise RefusedError("in and not in cannot be turned round")
        effects = sorted((effect(left), effect(right)))
        if effects[1] == CHANGES and effects[0] != NOTHING:
            raise RefusedError("the order of evaluation would change, and may matter")
        return replaced(code, node, ast.Compare(right, [operator()], [left]))


REFACTORING = FlipComparison()
