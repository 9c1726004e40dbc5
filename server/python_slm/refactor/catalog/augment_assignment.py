"""Augment assignment: ``x = x + 1`` becomes ``x += 1``."""

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
    ("def f(a: float):\n    x = 0\n    ⟦⟧x = x + a  # why\n", "def f(a: float):\n    x = 0\n    x += a  # why\n"),
    (
        "def f(x: str):\n\t⟦⟧x = x + ('é'\n\t\t'b')\n",
        "def f(x: str):\n\tx += 'é'\n\t\t'b'\n".replace("'é'\n\t\t'b'", "('é'\n\t\t'b')"),
    ),
    ("def f(x):\n    ⟦⟧x = x + f'{x}'; g(x)\n", "def f(x):\n    x += f'{x}'; g(x)\n"),
    (
        "def f(a: int):\n    for i in range(3):\n        ⟦⟧i = i * (a - 1)\n",
        "def f(a: int):\n    for i in range(3):\n        i *= a - 1\n",
    ),
    (
        "def f(a):\n    n = len(a)\n    ⟦⟧n = n // 2\n    return n",
        "def f(a):\n    n = len(a)\n    n //= 2\n    return n",
    ),
)
REFUSED = (
    ("def f(x, y):\n    ⟦⟧x = x + y\n", "number or string"),
    ("def f(x):\n    x = []\n    ⟦⟧x = x + [1]\n", "number or string"),
    ("def f(x):\n    ⟦⟧x = 1 + x\n", "select"),
    ("def f(x):\n    ⟦⟧x.y = x.y + 1\n", "select"),
    ("⟦⟧x = x + 1\n", "number or string"),
)


class AugmentAssignment:
    """A list would be changed for all who hold it: only numbers and strings, where that is certain."""

    name = "augment-assignment"
    kind = "refactor.rewrite.assignment.augment"
    title = "Use augmented assignment"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.headed(ast.Assign)
        target = node.targets[0] if node and len(node.targets) == 1 else None
        value = node.value if node else None
        if node is None or not isinstance(target, ast.Name) or not isinstance(value, ast.BinOp):
            raise RefusedError("select an assignment like x = x + 1")
        if not isinstance(value.left, ast.Name) or value.left.id != target.id:
            raise RefusedError("select an assignment like x = x + 1")
        text = isinstance(value.op, ast.Add) and certain_type(code, value.right) == "str"
        if not text and not certain_type(code, value.left):
            raise RefusedError("it is not certain that the variable is a number or string")
        return rewritten(code, Become([node], [ast.AugAssign(target, value.op, value.right)]))


REFACTORING = AugmentAssignment()
