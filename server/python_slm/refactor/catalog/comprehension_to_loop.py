"""Comprehension to loop: a list, set or dict that a comprehension makes is filled by ``for`` statements instead."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.gather import bound_in, require_nobodys
from python_slm.refactor.meaning import function_of, require_builtin, require_not_tried, require_own
from python_slm.refactor.order import CHANGES, NOTHING, effect
from python_slm.refactor.rewrite import Become, rewritten

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    (
        "def f(a):\n    x = [y + 1 ⟦for⟧ y in a if y]  # why\n    return x\n",
        "def f(a):\n    x = []\n    for y in a:\n        if y:\n            x.append(y + 1)  # why\n    return x\n",
    ),
    (
        "def f(a):\n\treturn {y: (z,\n\t\t1) ⟦for⟧ y, z in a.items()}\n",
        "def f(a):\n\tresult = {}\n\tfor y, z in a.items():\n\t\tresult[y] = (z,\n\t\t1)\n\treturn result\n",
    ),
    (
        "def f(a):\n    x: set[int] = {z.é for y in a ⟦for⟧ z in y}\n    return x\n",
        (
            "def f(a):\n    x: set[int] = set()\n    for y in a:\n        for z in y:\n            "
            "x.add(z.é)\n    return x\n"
        ),
    ),
    (
        "async def f(a):\n    return [await y async ⟦for⟧ y in a if y if await y()]\n",
        (
            "async def f(a):\n    result = []\n    async for y in a:\n        if y:\n            if await y():\n"
            "                result.append(await y)\n    return result\n"
        ),
    ),
    (
        "def f(a):\n    x = [\n        (y, 1)  # one\n        ⟦for⟧ y in a\n    ]\n    return x\n",
        "def f(a):\n    # one\n    x = []\n    for y in a:\n        x.append((y, 1))\n    return x\n",
    ),
)
REFUSED = (
    ("def f(a):\n    x = [x ⟦for⟧ x in a]\n    return x\n", "name of another"),
    ("def f(a):\n    x = [y ⟦for⟧ y in a]\n    return x, y\n", "name of another"),
    ("def f(a, x):\n    x = [x + y ⟦for⟧ y in a]\n    return x\n", "reads the variable"),
    ("x = [y ⟦for⟧ y in a]\n", "function"),
    ("def f(a):\n    g([y ⟦for⟧ y in a])\n", "assigned or returned"),
    ("def f(a):\n    return [lambda: y ⟦for⟧ y in a]\n", "later"),
    ("def f(a):\n    return {g(y): h(y) ⟦for⟧ y in a}\n", "order"),
    ("def f(a):\n    return (y ⟦for⟧ y in a)\n", "select"),
)


class ComprehensionToLoop:
    """Only where it is all that is assigned or returned, and the function knows none of its variables."""

    name = "comprehension-to-loop"
    kind = "refactor.rewrite.comprehension.toLoop"
    title = "Replace comprehension with loop"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.nearest(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
        if not isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp):
            raise RefusedError("select the comprehension of a list, set or dict")
        statement = code.parents[node]
        function = function_of(code, node)
        require_nobodys(code, [one for each in node.generators for one in bound_in(each.target)], node, function)
        if isinstance(statement, ast.Return):
            name = code.free("result", node)
            made: ast.stmt = ast.Assign([ast.Name(name, ast.Store())], _empty(code, node))
            behind: list[ast.stmt] = [ast.Return(ast.Name(name, ast.Load()))]
        else:
            name, behind = _name(code, statement, node, function), []
            made = (
                ast.AnnAssign(statement.target, statement.annotation, _empty(code, node), statement.simple)
                if isinstance(statement, ast.AnnAssign)
                else ast.Assign([ast.Name(name, ast.Store())], _empty(code, node))
            )
        assert isinstance(statement, ast.stmt)
        return rewritten(code, Become([statement], [made, _loop(node, name), *behind]))


def _name(code: Code, statement: ast.AST, node: ast.expr, function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    target: ast.expr | None = statement.target if isinstance(statement, ast.AnnAssign) else None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
    if not isinstance(target, ast.Name) or not isinstance(statement, ast.stmt):
        raise RefusedError("it is not all that is assigned or returned: extract it first")
    require_own(code, target.id, function)
    require_not_tried(code, statement, target.id, function)
    if any(isinstance(one, ast.Name) and one.id == target.id for one in ast.walk(node)):
        raise RefusedError("it reads the variable that it is assigned to")
    return target.id


def _empty(code: Code, node: ast.ListComp | ast.SetComp | ast.DictComp) -> ast.expr:
    if isinstance(node, ast.ListComp):
        return ast.List([], ast.Load())
    if isinstance(node, ast.DictComp):
        return ast.Dict([], [])
    require_builtin(code, "set")
    return ast.Call(ast.Name("set", ast.Load()), [], [])


def _loop(node: ast.ListComp | ast.SetComp | ast.DictComp, name: str) -> ast.stmt:
    filled = ast.Name(name, ast.Load())
    if isinstance(node, ast.DictComp):
        effects = sorted((effect(node.key), effect(node.value)))
        if effects[1] == CHANGES and effects[0] != NOTHING:
            raise RefusedError("the order in which key and value are evaluated would change")
        body: ast.stmt = ast.Assign([ast.Subscript(filled, node.key, ast.Store())], node.value)
    else:
        method = "append" if isinstance(node, ast.ListComp) else "add"
        body = ast.Expr(ast.Call(ast.Attribute(filled, method, ast.Load()), [node.elt], []))
    for one in reversed(node.generators):
        for test in reversed(one.ifs):
            body = ast.If(test, [body], [])
        kind = ast.AsyncFor if one.is_async else ast.For
        body = kind(one.target, one.iter, [body], [])
    return body


REFACTORING = ComprehensionToLoop()
