"""Remove walrus: what a condition assigns is assigned on a line of its own above it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.order import require_first
from python_slm.refactor.rewrite import Become, rewritten

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    (
        "def f(a):\n    if ⟦x⟧ := g(a):  # why\n        h(x)\n",
        "def f(a):\n    x = g(a)\n    if x:  # why\n        h(x)\n",
    ),
    (
        "if a:\n\tif (x ⟦:=⟧ b) is not None and x > 1:\n\t\tc(x)\n",
        "if a:\n\tx = b\n\tif x is not None and x > 1:\n\t\tc(x)\n",
    ),
    ("y = g((⟦x⟧ := a.é(\n    1)), x)\n", "x = a.é(\n    1)\ny = g(x, x)\n"),
    ("# one\nreturn_ = [(⟦x⟧ := (a, 1))]\n", "# one\nx = (a, 1)\nreturn_ = [x]\n"),
    ("raise (⟦x⟧ :=\n        a\n        + 1) from x\n", "x = (a\n        + 1)\nraise x from x\n"),
)
REFUSED = (
    ("while ⟦x⟧ := g():\n    pass\n", "loop"),
    ("if a:\n    pass\nelif ⟦x⟧ := g():\n    pass\n", "conditions above"),
    ("if a and (⟦x⟧ := g()):\n    pass\n", "condition"),
    ("x = 1\ny = [x, (⟦x⟧ := 2)]\n", "reads"),
    ("y = [z for z in a if (⟦x⟧ := z)]\n", "many"),
    ("assert (⟦x⟧ := g())\n", "not be run"),
    ("x = ⟦⟧1\n", "select"),
)


class RemoveWalrus:
    """Where it is evaluated in any case, and before anything that it may have to do with."""

    name = "remove-walrus"
    kind = "refactor.rewrite.walrus.remove"
    title = "Assign above"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.nearest(ast.NamedExpr)
        if node is None:
            raise RefusedError("select an assignment within an expression")
        statement = require_first(code, node, node)
        if isinstance(statement, ast.Assert):
            raise RefusedError("an assertion may not be run at all, and what is above it is")
        name = node.target.id
        start = code.span(node)[0]
        for one in ast.walk(statement):
            if isinstance(one, ast.Name) and one.id == name and code.span(one)[0] < start:
                raise RefusedError("the statement reads the variable before it is assigned")
        above = ast.Assign([node.target], node.value)
        return rewritten(code, Become([statement], [above], above=True), expressions={node: ast.Name(name, ast.Load())})


REFACTORING = RemoveWalrus()
