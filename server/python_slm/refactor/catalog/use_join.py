"""Use join: a loop that adds to an empty string becomes ``"".join(…)``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.gather import gathering_of
from python_slm.refactor.rewrite import Become, rewritten

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    (
        "def f(a):\n    x = ''\n    ⟦⟧for y in a:\n        x += y.z  # why\n    return x\n",
        "def f(a):\n    x = ''.join(y.z for y in a)  # why\n    return x\n",
    ),
    (
        'def f(a):\n\tx = ""\n\t⟦⟧for y in a:\n\t\tif y:\n\t\t\tx += "é" + y\n\treturn x\n',
        'def f(a):\n\tx = "".join("é" + y for y in a if y)\n\treturn x\n',
    ),
    (
        "def f(a):\n    x: str = ''\n    ⟦⟧for y in a: x += y if y else 'b'\n    return x\n",
        "def f(a):\n    x: str = ''.join(y if y else 'b' for y in a)\n    return x\n",
    ),
    (
        (
            "def f(a):\n    x = ''\n    ⟦⟧for y in a:\n        for z in y:\n            "
            "x += g(z,\n                   1)\n    return x\n"
        ),
        "def f(a):\n    x = ''.join(g(z,\n                   1) for y in a for z in y)\n    return x\n",
    ),
    (
        "def f(a):\n    b()\n    x = ''\n    # all\n    ⟦⟧for _, y in a:\n        x += y\n    return x + 'z'\n",
        "def f(a):\n    b()\n    # all\n    x = ''.join(y for _, y in a)\n    return x + 'z'\n",
    ),
)
REFUSED = (
    ("def f(a):\n    x = 0\n    ⟦⟧for y in a:\n        x += y\n    return x\n", "empty string"),
    ("def f(a):\n    x = ''\n    ⟦⟧for y in a:\n        x = y + x\n    return x\n", "more than filling"),
    ("def f(a):\n    x = ''\n    ⟦⟧for y in a:\n        x += y\n    return x + y\n", "elsewhere"),
    ("def f(a):\n    x = ''\n    ⟦⟧for y in a:\n        x += y\n        g(x)\n    return x\n", "more"),
    (
        "def f(a):\n    x = ''\n    ⟦⟧for y in a:\n        x += y\n        if g():\n            break\n    return x\n",
        "more",
    ),
)


class UseJoin:
    """Linear where the loop may be quadratic. What is not a string is a TypeError in both."""

    name = "use-join"
    kind = "refactor.rewrite.loop.join"
    title = "Replace string concatenation with join"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        found = gathering_of(code)
        start, node = found.start, found.innermost
        empty = start.value
        if not isinstance(empty, ast.Constant) or empty.value != "" or not isinstance(empty.value, str):
            raise RefusedError("it does not begin with an empty string")
        adds = isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add) and isinstance(node.target, ast.Name)
        if not isinstance(node, ast.AugAssign) or not adds or node.target.id != found.name:  # type: ignore[union-attr]
            raise RefusedError("it adds nothing to the string above")
        joined = ast.Attribute(empty, "join", ast.Load())
        value = ast.Call(joined, [ast.GeneratorExp(node.value, found.generators)], [])
        new: ast.stmt = (
            ast.AnnAssign(start.target, start.annotation, value, start.simple)
            if isinstance(start, ast.AnnAssign)
            else ast.Assign(start.targets, value)
        )
        return rewritten(code, Become([start, found.loop], [new]))


REFACTORING = UseJoin()
