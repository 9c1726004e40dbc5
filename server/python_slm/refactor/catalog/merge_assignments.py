"""Merge assignments: two that stand one below the other become ``a, b = x, y``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.apart import require_one_by_one
from python_slm.refactor.rewrite import Become, rewritten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    ("def f(x, y):\n    ⟦⟧a = x\n    b = y  # why\n", "def f(x, y):\n    a, b = x, y  # why\n"),
    ("def f(x):\n\t⟦self.a = f(x,\n\t\t1)\n\tself.b = None⟧\n", "def f(x):\n\tself.a, self.b = f(x,\n\t\t1), None\n"),
    ("⟦a = 1\né = 'é'⟧\n", "a, é = 1, 'é'\n"),
    (
        "def f(x):\n    ⟦a = x  # one\n    b = (1, 2)\n    c = lambda: 3⟧\n",
        "def f(x):\n    # one\n    a, b, c = x, (1, 2), lambda: 3\n",
    ),
    (
        "if a:\n    ⟦⟧b = 1 if a else 2\n    # two\n    c = not a\n",
        "if a:\n    # two\n    b, c = 1 if a else 2, not a\n",
    ),
)
REFUSED = (
    ("def f(x):\n    ⟦⟧a = x\n    b = a\n", "earlier"),
    ("def f(x):\n    ⟦⟧a = x\n    b()\n", "assignment right below"),
    ("def f(x):\n    ⟦⟧a = b = x\n    c = 1\n", "assignment right below"),
    ("def f(x):\n    ⟦⟧a, b = x\n    c = 1\n", "assignment right below"),
    (
        "def f(x):\n    ⟦⟧a = x\n    b = g()\n    c = 1\n".replace("b = g", "self.b = x\n    b = g")
        .replace("a = x", "self.a = x", 1)
        .replace("self.b = x", "b = self.a"),
        "earlier",
    ),
)


class MergeAssignments:
    """Where no value has to do with what is assigned before it: the statement and the next, or all that is selected."""

    name = "merge-assignments"
    kind = "refactor.rewrite.assignment.merge"
    title = "Merge assignments"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        chosen = _chosen(code)
        parts = [(one.targets[0], one.value) for one in chosen if isinstance(one, ast.Assign) and len(one.targets) == 1]
        plain = all(isinstance(target, ast.Name | ast.Attribute) for target, _ in parts)
        if len(parts) != len(chosen) or len(parts) < 2 or not plain:  # noqa: PLR2004 - two make a pair
            raise RefusedError("select an assignment with another assignment right below it, each to one variable")
        require_one_by_one(code, chosen[0], parts)
        targets = ast.Tuple([target for target, _ in parts], ast.Store())
        return rewritten(
            code, Become(chosen, [ast.Assign([targets], ast.Tuple([value for _, value in parts], ast.Load()))])
        )


def _chosen(code: Code) -> Sequence[ast.stmt]:
    first = code.headed(ast.Assign)
    if first is None:
        return code.statements() if code.start < code.end else []
    suite = code.suite(first)
    place = suite.index(first)
    return suite[place : place + 2]


REFACTORING = MergeAssignments()
