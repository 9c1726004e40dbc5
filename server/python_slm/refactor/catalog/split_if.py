"""Split if: ``if a and b`` becomes two ``if``, one in the other; ``if a or b`` an ``if`` and an ``elif``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.rewrite import Become, rewritten

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    ("if a ⟦and⟧ b:\n    c()  # one\n    # two\n", "if a:\n    if b:\n        c()  # one\n        # two\n"),
    ("if a or ⟦⟧b or c:\n\tprint('''\n''')\n", "if a:\n\tprint('''\n''')\nelif b or c:\n\tprint('''\n''')\n"),
    (
        "if x:\n    y()\nelif ⟦(a\n        and b)⟧:\n    c()\n",
        "if x:\n    y()\nelif a:\n    if b:\n        c()\n",
    ),
    (
        "if (a and b ⟦and⟧ c):  # why\n    d()\n",
        "# why\nif a and b:\n    if c:\n        d()\n",
    ),
    (
        "if (é or ⟦⟧b):\n    print(\n        1)\nelse:\n    # none\n    d()\n",
        "if é:\n    print(\n        1)\nelif b:\n    print(\n        1)\nelse:\n    # none\n    d()\n",
    ),
)
REFUSED = (
    ("if a ⟦and⟧ b:\n    c()\nelse:\n    d()\n", "else"),
    ("if ⟦⟧a:\n    c()\n", "and or or"),
    ("x = a ⟦and⟧ b\n", "select an if"),
    ("if a ⟦or⟧ b:\n    c()\n    d()\n    e()\n    f()\n", "too long"),
    ("if a ⟦or⟧ b:\n    def f(): pass\n", "too long"),
)
_MOST = 3


class SplitIf:
    """At the operator that is selected, else at the first. What would be said twice must be short."""

    name = "split-if"
    kind = "refactor.rewrite.if.split"
    title = "Split if at its and, or or"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.headed(ast.If)
        if node is None:
            raise RefusedError("select an if, or its condition")
        test = node.test
        if not isinstance(test, ast.BoolOp):
            raise RefusedError("its condition has no and or or to split at")
        first, second = _halves(code, test)
        if isinstance(test.op, ast.And):
            if node.orelse:
                raise RefusedError("its else would have to be said twice")
            return rewritten(code, Become([node], [ast.If(first, [ast.If(second, node.body, [])], [])]))
        if len(node.body) > _MOST or any(hasattr(one, "body") for one in node.body):
            raise RefusedError("its body is too long to be said twice")
        return rewritten(code, Become([node], [ast.If(first, node.body, [ast.If(second, node.body, node.orelse)])]))


def _halves(code: Code, test: ast.BoolOp) -> tuple[ast.expr, ast.expr]:
    ends = [code.span(one)[1] for one in test.values[:-1]]
    place = 1 + max([place for place, end in enumerate(ends) if end <= code.start], default=0)
    halves = test.values[:place], test.values[place:]
    first, second = (half[0] if len(half) == 1 else ast.BoolOp(test.op, half) for half in halves)
    return first, second


REFACTORING = SplitIf()
