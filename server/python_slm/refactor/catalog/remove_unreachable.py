"""Remove unreachable: statements behind a ``return``, ``raise``, ``break`` or ``continue``, which never run, go."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.meaning import jumps, leaves, own
from python_slm.refactor.rewrite import Become, rewritten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    (
        "def f(a):\n    return a  # why\n    ⟦⟧g()  # gone\n    h()\n\n\nx = 1\n",
        "def f(a):\n    return a  # why\n\n\nx = 1\n",
    ),
    ("while a:\n\tif b:\n\t\tbreak\n\t\t⟦⟧c('''\n''')\n\td()\n", "while a:\n\tif b:\n\t\tbreak\n\td()\n"),
    (
        "def f(a):\n    if a:\n        ⟦⟧raise é\n        # gone\n        b()\n    else:\n        c()\n",
        "def f(a):\n    if a:\n        raise é\n        # gone\n    else:\n        c()\n",
    ),
    (
        "def f(a):\n    if a:\n        return 1\n    else:\n        return 2\n    if ⟦⟧b:\n        c()\n    return 3\n",
        "def f(a):\n    if a:\n        return 1\n    else:\n        return 2\n",
    ),
    (
        "def f(a):\n    while True:\n        a()\n    ⟦⟧for x in a:\n        b()",
        "def f(a):\n    while True:\n        a()\n",
    ),
)
REFUSED = (
    ("def f(a):\n    g()\n    ⟦⟧h()\n", "may be reached"),
    ("def f(a):\n    return a\n    ⟦⟧yield\n", "generator"),
    ("def f(a):\n    g(x)\n    return a\n    ⟦⟧x = 1\n", "variable"),
    ("def f(a):\n    while True:\n        if a:\n            break\n    ⟦⟧h()\n", "may be reached"),
    ("def f(a):\n    return 1\n    ⟦⟧global x\n", "global"),
)


class RemoveUnreachable:
    """Not what makes its function a generator, or a name its own variable, by being there."""

    name = "remove-unreachable"
    kind = "refactor.rewrite.unreachable"
    title = "Remove unreachable statements"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        gone = _unreachable(code)
        function = code.function(gone[0])
        inside = {one for statement in gone for one in ast.walk(statement)}
        if function and any(isinstance(one, ast.Yield | ast.YieldFrom) for one in own(*gone)):
            raise RefusedError("a yield in it makes its function a generator")
        if any(isinstance(one, ast.Global | ast.Nonlocal) for one in own(*gone)):
            raise RefusedError("a global or nonlocal in it holds for all of its function")
        for one in code.scopes.occurrences:
            if one.node not in inside or one.how == "load" or one.home.node in inside:
                continue
            rest = [two for two in code.scopes.of(one.name, one.home) if two.node not in inside]
            if rest and all(two.how == "load" for two in rest):
                raise RefusedError("it makes a name a variable that is read elsewhere")
        return rewritten(code, Become(gone, []), comments_go=True)


def _unreachable(code: Code) -> Sequence[ast.stmt]:
    """The statements at the selection that never run, and those behind them."""
    for node in code.path:
        if not isinstance(node, ast.stmt):
            continue
        suite = code.suite(node)
        place = suite.index(node)
        for end in range(place + 1):
            if suite[end + 1 :] and _never_ends(suite[end]):
                return suite[end + 1 :]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            break
    raise RefusedError("it may be reached")


def _never_ends(node: ast.stmt) -> bool:
    forever = isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and bool(node.test.value)
    if isinstance(node, ast.While) and forever:
        return not jumps(node.body, ast.Break)
    return leaves([node])


REFACTORING = RemoveUnreachable()
