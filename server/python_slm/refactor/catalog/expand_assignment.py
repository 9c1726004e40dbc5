"""Expand assignment: ``x += 1`` becomes ``x = x + 1``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.meaning import certain_type
from python_slm.refactor.rewrite import Become, rewritten

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    ("def f(a: float):\n    x = 0\n    ⟦⟧x += a  # why\n", "def f(a: float):\n    x = 0\n    x = x + a  # why\n"),
    ("def f(x: str):\n\t⟦⟧x += ('é'\n\t\t'b')\n", "def f(x: str):\n\tx = (x + 'é'\n\t\t'b')\n"),
    ("def f(x: int):\n    ⟦⟧x -= 1; g(x)\n", "def f(x: int):\n    x = x - 1; g(x)\n"),
    (
        "def f(a: int):\n    for i in range(3):\n        ⟦⟧i *= a - 1\n",
        "def f(a: int):\n    for i in range(3):\n        i = i * (a - 1)\n",
    ),
    (
        "def f(a):\n    n = len(a)\n    ⟦⟧n //= 2 if a else 1\n    return n",
        "def f(a):\n    n = len(a)\n    n = n // (2 if a else 1)\n    return n",
    ),
)
REFUSED = (
    ("def f(x, y):\n    ⟦⟧x += y\n", "number or string"),
    ("def f(x):\n    x = []\n    ⟦⟧x += [1]\n", "number or string"),
    ("def f(x):\n    ⟦⟧x.y += 1\n", "select"),
    ("⟦⟧x += 1\n", "number or string"),
)


class ExpandAssignment:
    """What changes in place, as a list does, would become another object: only numbers and strings."""

    name = "expand-assignment"
    kind = "refactor.rewrite.assignment.expand"
    title = "Expand augmented assignment"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.headed(ast.AugAssign)
        if node is None or not isinstance(node.target, ast.Name):
            raise RefusedError("select an augmented assignment to a variable")
        if not certain_type(code, node.target):
            raise RefusedError("it is not certain that the variable is a number or string")
        value = ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, node.value)
        return rewritten(code, Become([node], [ast.Assign([node.target], value)]))


REFACTORING = ExpandAssignment()
