"""Merge comparisons: ``a < b and b < c`` becomes ``a < b < c``, and ``x == 1 or x == 2`` becomes ``x in (1, 2)``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import same
from python_slm.refactor.meaning import is_path
from python_slm.refactor.order import NOTHING, effect
from python_slm.refactor.rewrite import replaced

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    ("x = a < b ⟦and⟧ b < c  # why\n", "x = a < b < c  # why\n"),
    ("if x == 1 ⟦or⟧ x == 2 or x == 'é':\n\ty()\n", "if x in (1, 2, 'é'):\n\ty()\n"),
    ("x = (f(1,\n   2) <= a.b ⟦and⟧ a.b != 3)\n", "x = (f(1,\n   2) <= a.b != 3)\n"),
    ("while y and a < b ⟦⟧and c > b and z:\n    w()\n", "while y and a < b < c and z:\n    w()\n"),
    ("assert x != None ⟦and⟧ x != 2\n", "assert x not in (None, 2)\n"),
    ("x = (a < b  # one\n     ⟦⟧and b < c)\n", "# one\nx = (a < b < c)\n"),
    ("y = z or x == 1 or ⟦⟧x == 2\n", "y = z or x in (1, 2)\n"),
)
REFUSED = (
    ("x = a < f() ⟦and⟧ f() < c\n", "share"),
    ("x = a == b ⟦or⟧ c == d\n", "share"),
    ("x = f() == 1 ⟦or⟧ f() == 2\n", "share"),
    ("x = a ⟦and⟧ b\n", "share"),
    ("x = a == b ⟦or⟧ a == c\n", "share"),
    ("x = ⟦a⟧\n", "select"),
)
_MIRROR: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE, ast.Eq: ast.Eq, ast.NotEq: ast.NotEq,
}  # fmt: skip


class MergeComparisons:
    """What is compared twice must be a variable or attribute; only constants are searched: NaN is in ``(NaN,)``."""

    name = "merge-comparisons"
    kind = "refactor.rewrite.condition.merge"
    title = "Merge comparisons"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.nearest(ast.BoolOp)
        if node is None:
            raise RefusedError("select an and, or an or, between comparisons")
        values: list[ast.expr] = []
        for one in node.values:
            merged = _merged(node.op, values[-1], one) if values else None
            if merged is not None:
                values[-1] = merged
            else:
                values.append(one)
        if len(values) == len(node.values):
            raise RefusedError("no two comparisons beside each other share what can be compared at once")
        return replaced(code, node, values[0] if len(values) == 1 else ast.BoolOp(node.op, values))


def _merged(operator: ast.boolop, left: ast.expr, right: ast.expr) -> ast.expr | None:
    if not isinstance(left, ast.Compare) or not isinstance(right, ast.Compare):
        return None
    shared = left.comparators[-1]
    if isinstance(operator, ast.And) and is_path(shared) and not isinstance(shared, ast.Constant):
        for turned in (right, _flipped(right)):
            if turned is not None and same(shared, turned.left):
                operators, others = [*left.ops, *turned.ops], [*left.comparators, *turned.comparators]
                return ast.Compare(left.left, operators, others)
    return _membership(operator, left, right)


def _flipped(node: ast.Compare) -> ast.Compare | None:
    if len(node.ops) != 1 or type(node.ops[0]) not in _MIRROR:
        return None
    if effect(node.comparators[0]) != NOTHING and effect(node.left) != NOTHING:
        return None
    return ast.Compare(node.comparators[0], [_MIRROR[type(node.ops[0])]()], [node.left])


def _membership(operator: ast.boolop, left: ast.Compare, right: ast.Compare) -> ast.expr | None:
    single, joint = (ast.Eq, ast.In) if isinstance(operator, ast.Or) else (ast.NotEq, ast.NotIn)
    if len(left.ops) != 1 or len(right.ops) != 1 or not isinstance(right.ops[0], single):
        return None
    if not is_path(left.left) or not same(left.left, right.left) or not isinstance(right.comparators[0], ast.Constant):
        return None
    known = left.comparators[0]
    made_here = isinstance(left.ops[0], joint) and not hasattr(known, "lineno")
    if isinstance(known, ast.Tuple) and made_here:
        return ast.Compare(left.left, left.ops, [ast.Tuple([*known.elts, *right.comparators], ast.Load())])
    if not isinstance(left.ops[0], single) or not isinstance(known, ast.Constant):
        return None
    return ast.Compare(left.left, [joint()], [ast.Tuple([known, *right.comparators], ast.Load())])


REFACTORING = MergeComparisons()
