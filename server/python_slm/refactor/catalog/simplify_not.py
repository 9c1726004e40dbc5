"""Simplify not: ``not a == b`` becomes ``a != b``, ``not a in b`` ``a not in b``, and ``not not a`` ``a``."""

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
    ("if ⟦⟧not a == b:  # why\n    c()\n", "if a != b:  # why\n    c()\n"),
    ("x = ⟦not a in b⟧\n", "x = a not in b\n"),
    ("if ⟦not⟧ not a:\n\tc()\n", "if a:\n\tc()\n"),
    ("x = ⟦not⟧(a is not\n       None)\n", "x = a is None\n"),
    ("x = [é for é in a if ⟦⟧not é != 'é']\n", "x = [é for é in a if é == 'é']\n"),
    ("return_ = y and ⟦⟧not (a\n  in b)\n", "return_ = y and a not in b\n"),
)
REFUSED = (
    ("x = ⟦⟧not a == b\n", "something else than True"),
    ("if ⟦⟧not a < b:\n    c()\n", "NaN"),
    ("x = ⟦⟧not not a\n", "something else than True"),
    ("x = ⟦⟧not a\n", "nothing to simplify"),
    ("x = ⟦⟧a\n", "select a not"),
)


class SimplifyNot:
    """Orders stay: ``not a < b`` is not ``a >= b`` for sets and NaN."""

    name = "simplify-not"
    kind = "refactor.rewrite.condition.not"
    title = "Simplify not"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.nearest(ast.UnaryOp)
        if node is None or not isinstance(node.op, ast.Not):
            raise RefusedError("select a not")
        inner = node.operand
        if isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.Not):
            new = inner.operand
        elif isinstance(inner, ast.Compare) and len(inner.ops) == 1:
            if isinstance(inner.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE):
                raise RefusedError("the opposite of an order is another one only where there is no NaN, and no set")
            new = opposite(inner)
        else:
            raise RefusedError("there is nothing to simplify")
        if not only_truth_counts(code, node) and not is_boolean(new):
            raise RefusedError("its value may be something else than True or False")
        return replaced(code, node, new)


REFACTORING = SimplifyNot()
