"""Split assignment: ``a, b = x, y`` becomes two statements."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.apart import require_one_by_one
from python_slm.refactor.rewrite import Become, rewritten

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    ("def f(x, y):\n    ⟦⟧a, b = x, y  # why\n", "def f(x, y):\n    a = x\n    b = y  # why\n"),
    ("def f(x):\n\tself.a, ⟦⟧self.b = f(x,\n\t\t1), None\n", "def f(x):\n\tself.a = f(x,\n\t\t1)\n\tself.b = None\n"),
    ("⟦⟧(a, é) = (1, 'é')\n", "a = 1\né = 'é'\n"),
    (
        "def f(x):\n    ⟦⟧a, b, c = (  # one\n        x + 1, lambda: 2, [3])\n",
        "def f(x):\n    # one\n    a = x + 1\n    b = lambda: 2\n    c = [3]\n",
    ),
    (
        "def f(x):\n    if x:\n        ⟦⟧[a, b] = 1, (2, 3)\n    return a",
        "def f(x):\n    if x:\n        a = 1\n        b = (2, 3)\n    return a",
    ),
)
REFUSED = (
    ("def f(a, b):\n    ⟦⟧a, b = b, a\n", "earlier"),
    ("def f(a):\n    ⟦⟧b, c = a\n", "as many"),
    ("def f(a):\n    ⟦⟧b, *c = a, 1\n", "as many"),
    ("def f(a):\n    ⟦⟧self.b, c = a, g()\n", "earlier"),
    ("⟦⟧a, b = 1, g()\n", "earlier"),
    ("x = ⟦⟧1\n", "as many"),
)


class SplitAssignment:
    """Where no value has to do with what is assigned before it."""

    name = "split-assignment"
    kind = "refactor.rewrite.assignment.split"
    title = "Split assignment"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.headed(ast.Assign)
        targets = node.targets[0] if node and len(node.targets) == 1 else None
        values = node.value if node else None
        tuples = isinstance(targets, ast.Tuple | ast.List) and isinstance(values, ast.Tuple)
        if (
            node is None
            or not isinstance(targets, ast.Tuple | ast.List)
            or not isinstance(values, ast.Tuple)
            or not tuples
        ):
            raise RefusedError("select an assignment of as many values to as many variables")
        parts = list(zip(targets.elts, values.elts, strict=False))
        if len(targets.elts) != len(values.elts) or any(isinstance(one, ast.Starred) for part in parts for one in part):
            raise RefusedError("it does not assign as many values as there are variables")
        require_one_by_one(code, node, parts)
        return rewritten(code, Become([node], [ast.Assign([target], value) for target, value in parts]))


REFACTORING = SplitAssignment()
