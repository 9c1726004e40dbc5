"""De Morgan: ``not (a and b)`` becomes ``not a or not b``, and the other way round."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.meaning import is_boolean, only_truth_counts, opposite
from python_slm.refactor.rewrite import replaced

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    ("if not (a ⟦and⟧ b):  # why\n    c()\n", "if not a or not b:  # why\n    c()\n"),
    ("x = not a ⟦or⟧ not b\n", "x = not (a and b)\n"),
    ("while a == 1 ⟦⟧and not b(\n        2):\n    c()\n", "while not (a != 1 or b(\n        2)):\n    c()\n"),
    ("x = ⟦not⟧ (a == 1 or b is None)\n", "x = not a == 1 and b is not None\n"),
    ("if (not (a  # one\n        ⟦⟧or b)):\n    c()\n", "# one\nif (not a and not b):\n    c()\n"),
    ("assert ⟦a or b⟧, 'é'\n", "assert not (not a and not b), 'é'\n"),
    ("if x and not (a ⟦or⟧ b or c):\n\tpass\n", "if x and (not a and not b and not c):\n\tpass\n"),
)
REFUSED = (
    ("x = a ⟦and⟧ b\n", "value"),
    ("x = ⟦a⟧\n", "select"),
    ("x = f'{not (a ⟦and⟧ b)}'\n", "select"),
    ("x = (a ⟦or⟧ not b)\n", "value"),
)


class DeMorgan:
    """Values stay what they are: without a ``not`` around, only where nothing but truth counts."""

    name = "de-morgan"
    kind = "refactor.rewrite.condition.deMorgan"
    title = "Apply De Morgan's law"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.nearest(ast.BoolOp, ast.UnaryOp)
        around = code.parents[node] if node else None
        if isinstance(node, ast.BoolOp) and isinstance(around, ast.UnaryOp) and isinstance(around.op, ast.Not):
            node = around
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) and isinstance(node.operand, ast.BoolOp):
            exact = not only_truth_counts(code, node)
            return replaced(code, node, _turned(node.operand, exact=exact))
        if isinstance(node, ast.UnaryOp) and isinstance(code.parents[node], ast.BoolOp):
            node = code.parents[node]  # type: ignore[assignment]
        if not isinstance(node, ast.BoolOp):
            raise RefusedError("select an and, an or, or the not before their brackets")
        if only_truth_counts(code, node):
            return replaced(code, node, ast.UnaryOp(ast.Not(), _turned(node, exact=False)))
        if not all(map(is_boolean, node.values)):
            raise RefusedError("its value may be something else than True or False")
        return replaced(code, node, ast.UnaryOp(ast.Not(), _turned(node, exact=False)))


def _turned(node: ast.BoolOp, *, exact: bool) -> ast.BoolOp:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    values: list[ast.expr] = []
    for one in node.values:
        turned = opposite(one, exact=exact)
        same_kind = isinstance(turned, ast.BoolOp) and type(turned.op) is type(other)
        values += turned.values if same_kind else [turned]  # type: ignore[attr-defined]
    return ast.BoolOp(other, values)


REFACTORING = DeMorgan()
