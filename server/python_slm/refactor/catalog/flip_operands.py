"""Flip operands: of ``and`` and ``or`` where either may be asked first, of sums and products with a number."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.meaning import is_boolean, is_settled, only_truth_counts
from python_slm.refactor.rewrite import replaced

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    ("if a ⟦and⟧ not b:  # why\n    c()\n", "if not b and a:  # why\n    c()\n"),
    ("x = a is None ⟦or⟧ b is None\n", "x = b is None or a is None\n"),
    ("x = 2 ⟦*⟧ f(1,\n    2)\n", "x = f(1,\n    2) * 2\n"),
    ("while a and b ⟦or⟧ c == 'é':\n\td()\n", "while c == 'é' or a and b:\n\td()\n"),
    ("if (a  # one\n        ⟦or⟧ b):\n    c()\n", "# one\nif (b or a):\n    c()\n"),
    ("x = (a - 1) ⟦+⟧ 1\n", "x = 1 + (a - 1)\n"),
    ("if a and ⟦⟧b and c:\n    d()\n", "if b and a and c:\n    d()\n"),
)
REFUSED = (
    ("x = a ⟦and⟧ b\n", "value"),
    ("if a ⟦and⟧ a.b:\n    c()\n", "only where"),
    ("x = a ⟦+⟧ b\n", "number"),
    ("x = a ⟦-⟧ 1\n", "cannot be"),
    ("x = 'a' ⟦+⟧ 'b'\n", "number"),
    ("x = ⟦a⟧\n", "select"),
)


class FlipOperands:
    """Conditions that only read variables; sums and products where one operand is a number, written out."""

    name = "flip-operands"
    kind = "refactor.rewrite.condition.flipOperands"
    title = "Flip operands"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.nearest(ast.BoolOp, ast.BinOp)
        if node is None:
            raise RefusedError("select an operator")
        if isinstance(node, ast.BinOp):
            return replaced(code, node, _calculated(node))
        assert isinstance(node, ast.BoolOp)
        ends = [code.span(one)[1] for one in node.values[:-1]]
        place = max([place for place, end in enumerate(ends) if end <= code.start], default=0)
        first, second = node.values[place : place + 2]
        if not is_settled(first) or not is_settled(second):
            raise RefusedError("the second may be asked only where the first allows it")
        if not only_truth_counts(code, node) and not all(map(is_boolean, node.values)):
            raise RefusedError("its value would be another one")
        values = [*node.values[:place], second, first, *node.values[place + 2 :]]
        return replaced(code, node, ast.BoolOp(node.op, values))


def _calculated(node: ast.BinOp) -> ast.BinOp:
    if not isinstance(node.op, ast.Add | ast.Mult):
        raise RefusedError("its operands cannot be exchanged")
    numbers = [isinstance(one, ast.Constant) and isinstance(one.value, int | float) for one in (node.left, node.right)]
    if not any(numbers):
        raise RefusedError("neither of them is a number, and text or lists cannot be exchanged")
    return ast.BinOp(node.right, node.op, node.left)


REFACTORING = FlipOperands()
