"""Split comparison: ``a < b < c`` becomes ``a < b and b < c``, and ``x in (1, 2)`` becomes ``x == 1 or x == 2``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.meaning import is_path
from python_slm.refactor.rewrite import replaced

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    ("def f(a, b, c):\n    return a < ⟦⟧b < c  # why\n", "def f(a, b, c):\n    return a < b and b < c  # why\n"),
    ("if not f() ⟦<⟧ len.b <= 3 != c:\n\ty()\n", "if not (f() < len.b and len.b <= 3 and 3 != c):\n\ty()\n"),
    ("z = 1; x = y or z ⟦in⟧ (1, 'é')\n", "z = 1; x = y or z == 1 or z == 'é'\n"),
    ("b = 1\nx = (a <\n     b ⟦<⟧ c(\n         1))\n", "b = 1\nx = (a < b and b < c(\n         1))\n"),
    ("x = y and len ⟦not in⟧ [None, 2]\n", "x = y and len != None and len != 2\n"),
    ("x = a < len  ⟦<⟧ c if d else e\n", "x = a < len and len < c if d else e\n"),
)
REFUSED = (
    ("x = a ⟦<⟧ f() < b\n", "twice"),
    ("x = a ⟦<⟧ b\n", "two comparisons"),
    ("x = f() ⟦in⟧ (1, 2)\n", "twice"),
    ("x = a ⟦in⟧ (b, 2)\n", "constants"),
    ("x = a ⟦in⟧ {1, 2}\n", "two comparisons"),
    ("x = ⟦a⟧\n", "select"),
)
_MOST = 5


class SplitComparison:
    """What would be read twice must be a variable, an attribute or a constant."""

    name = "split-comparison"
    kind = "refactor.rewrite.condition.split"
    title = "Split comparison"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.nearest(ast.Compare)
        if node is None:
            raise RefusedError("select a comparison")
        middle = node.comparators[:-1]
        if not middle:
            return _spread(code, node)
        if not all(map(is_path, middle)):
            raise RefusedError("what is between would be evaluated twice")
        sides = zip([node.left, *middle], node.ops, node.comparators, strict=True)
        return _joined(
            code, node, ast.And(), [ast.Compare(left, [operator], [right]) for left, operator, right in sides]
        )


def _spread(code: Code, node: ast.Compare) -> Plan:
    choices, operator = node.comparators[0], node.ops[0]
    searched = isinstance(operator, ast.In | ast.NotIn)
    if not isinstance(choices, ast.Tuple | ast.List) or not searched or not 1 < len(choices.elts) <= _MOST:
        raise RefusedError(f"it is not two comparisons in one, nor a search among two to {_MOST}")
    if not all(isinstance(one, ast.Constant) for one in choices.elts):
        raise RefusedError("it searches among more than constants")
    if not is_path(node.left):
        raise RefusedError("what is compared would be evaluated twice")
    single = ast.Eq() if isinstance(operator, ast.In) else ast.NotEq()
    joint = ast.Or() if isinstance(operator, ast.In) else ast.And()
    return _joined(code, node, joint, [ast.Compare(node.left, [single], [one]) for one in choices.elts])


def _joined(code: Code, node: ast.Compare, operator: ast.boolop, parts: list[ast.expr]) -> Plan:
    """The parts in place of ``node``, within the ``and`` or ``or`` around it if it is of the same kind."""
    around = code.parents[node]
    if isinstance(around, ast.BoolOp) and type(around.op) is type(operator):
        place = around.values.index(node)
        values = [*around.values[:place], *parts, *around.values[place + 1 :]]
        return replaced(code, around, ast.BoolOp(operator, values))
    return replaced(code, node, ast.BoolOp(operator, parts))


REFACTORING = SplitComparison()
