"""Loop to comprehension: a loop that does nothing but fill an empty list, set or dict becomes one expression."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.gather import Gathering, gathering_of
from python_slm.refactor.meaning import require_builtin
from python_slm.refactor.order import CHANGES, NOTHING, effect
from python_slm.refactor.rewrite import Become, rewritten

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    (
        (
            "def f(a):\n    x = []  # why\n    for ⟦⟧y in a:\n        if y:\n            # one\n"
            "            x.append(y + 1)\n    return x\n"
        ),
        "def f(a):\n    # why\n    # one\n    x = [y + 1 for y in a if y]\n    return x\n",
    ),
    (
        "def f(a):\n\tx = {}\n\t⟦⟧for y, z in a.items():\n\t\tx[y] = (z,\n\t\t\t1)\n\treturn x\n",
        "def f(a):\n\tx = {y: (z,\n\t\t\t1) for y, z in a.items()}\n\treturn x\n",
    ),
    (
        (
            "def f(a):\n    x: set[int] = set()\n    ⟦⟧for y in a:\n        for z in y:\n            "
            "x.add(z.é)\n    return x\n"
        ),
        "def f(a):\n    x: set[int] = {z.é for y in a for z in y}\n    return x\n",
    ),
    (
        (
            "def f(a):\n    x = []\n    ⟦⟧for y in a:\n        if y or a:\n            "
            "if y > 1:\n                x.append((y, 1))\n    return x\n"
        ),
        "def f(a):\n    x = [(y, 1) for y in a if y or a if y > 1]\n    return x\n",
    ),
    (
        "async def f(a):\n    x = []\n    ⟦⟧async for y in a: x.append(await y)\n    return x\n",
        "async def f(a):\n    x = [await y async for y in a]\n    return x\n",
    ),
)
REFUSED = (
    ("def f(a):\n    x = []\n    ⟦⟧for y in a:\n        x.append(y)\n        g()\n    return x\n", "more in the loop"),
    ("def f(a):\n    x = []\n    ⟦⟧for y in a:\n        x.append(y)\n    return x, y\n", "elsewhere"),
    ("def f(a):\n    x = []\n    ⟦⟧for y in a:\n        x.append(len(x))\n    return x\n", "more than filling"),
    ("def f(a):\n    x = g()\n    ⟦⟧for y in a:\n        x.append(y)\n    return x\n", "empty"),
    ("class A:\n    x = []\n    ⟦⟧for y in a:\n        x.append(y)\n", "function"),
    (
        (
            "def f(a):\n    x = 1\n    try:\n        x = []\n        ⟦⟧for y in a:\n            "
            "x.append(g(y))\n    finally:\n        h(x)\n"
        ),
        "halfway",
    ),
    ("def f(a):\n    x = {}\n    ⟦⟧for y in a:\n        x[g(y)] = h(y)\n    return x\n", "order"),
)


class LoopToComprehension:
    """Loops, conditions and one thing filled, whose variables nobody else reads."""

    name = "loop-to-comprehension"
    kind = "refactor.rewrite.loop.toComprehension"
    title = "Replace loop with comprehension"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        found = gathering_of(code)
        start = found.start
        value = _comprehension(code, found)
        new: ast.stmt = (
            ast.AnnAssign(start.target, start.annotation, value, start.simple)
            if isinstance(start, ast.AnnAssign)
            else ast.Assign(start.targets, value)
        )
        return rewritten(code, Become([start, found.loop], [new]))


def _comprehension(code: Code, found: Gathering) -> ast.expr:
    empty, node = found.start.value, found.innermost
    call = node.value if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None
    if call and isinstance(call.func, ast.Attribute) and len(call.args) == 1 and not call.keywords:
        if isinstance(call.args[0], ast.Starred):
            raise RefusedError("it fills with more than one thing at once")
        filled = isinstance(call.func.value, ast.Name) and call.func.value.id == found.name
        if filled and isinstance(empty, ast.List) and not empty.elts and call.func.attr == "append":
            return ast.ListComp(call.args[0], found.generators)
        if filled and _is_empty_set(empty) and call.func.attr == "add":
            require_builtin(code, "set")
            return ast.SetComp(call.args[0], found.generators)
    target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
    if (
        isinstance(node, ast.Assign)
        and isinstance(target, ast.Subscript)
        and isinstance(empty, ast.Dict)
        and not empty.keys
    ):
        if (
            not isinstance(target.value, ast.Name)
            or target.value.id != found.name
            or isinstance(target.slice, ast.Slice)
        ):
            raise RefusedError("it fills something else than the variable above")
        effects = sorted((effect(target.slice), effect(node.value)))
        if effects[1] == CHANGES and effects[0] != NOTHING:
            raise RefusedError("the order in which key and value are evaluated would change")
        return ast.DictComp(target.slice, node.value, found.generators)
    raise RefusedError("it does not fill an empty list, set or dict")


def _is_empty_set(node: ast.expr | None) -> bool:
    made = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "set"
    return made and isinstance(node, ast.Call) and not node.args and not node.keywords


REFACTORING = LoopToComprehension()
