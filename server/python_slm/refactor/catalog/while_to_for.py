"""While to for: a loop that counts becomes ``for … in range(…)``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.meaning import certain_type, function_of, jumps, outside, require_builtin, require_own
from python_slm.refactor.rewrite import Become, rewritten

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.plan import Plan

EXAMPLES = (
    (
        "def f():\n    i = 0  # from\n    ⟦⟧while i < 10:\n        # one\n        g(i)  # two\n        i += 1\n",
        "def f():\n    # from\n    for i in range(10):\n        # one\n        g(i)  # two\n",
    ),
    (
        "def f(n: int):\n\ti = 1\n\twhile ⟦⟧i <= n:\n\t\tif i:\n\t\t\tbreak\n\t\ti += 2\n\telse:\n\t\tg()\n",
        "def f(n: int):\n\tfor i in range(1, n + 1, 2):\n\t\tif i:\n\t\t\tbreak\n\telse:\n\t\tg()\n",
    ),
    (
        "def f(a):\n    i = 0\n    ⟦⟧while i < len(a):\n        g('''\n  ''', a[i])\n        i = i + 1\n    return a\n",
        "def f(a):\n    for i in range(len(a)):\n        g('''\n  ''', a[i])\n    return a\n",
    ),
    (
        "def f(a):\n    n = len(a)\n    i = n\n    ⟦⟧while i > 0:\n        g(é=i)\n        i -= 1\n",
        "def f(a):\n    n = len(a)\n    for i in range(n, 0, -1):\n        g(é=i)\n",
    ),
    (
        "def f(a):\n    i = 0\n    n = len(a)\n    while ⟦⟧i < n:\n        g(a[i])\n        i += 1\n",
        "def f(a):\n    n = len(a)\n    for i in range(n):\n        g(a[i])\n",
    ),
    (
        "def f():\n    for a in b:\n        i = 0\n        ⟦⟧while i < 3:\n            g(i)\n            i += 1\n",
        "def f():\n    for a in b:\n        for i in range(3):\n            g(i)\n",
    ),
)
REFUSED = (
    ("def f():\n    i = 0\n    ⟦⟧while i < 3:\n        i += 1\n        g(i)\n", "last"),
    ("def f():\n    i = 0\n    ⟦⟧while i < 3:\n        g(i)\n        i += 1\n    return i\n", "afterwards"),
    ("def f(n):\n    i = 0\n    ⟦⟧while i < n:\n        g(i)\n        i += 1\n", "whole number"),
    ("def f(a):\n    i = 0\n    ⟦⟧while i < len(a):\n        a.pop()\n        i += 1\n", "may change"),
    ("def f():\n    i = 0\n    ⟦⟧while i < 3:\n        if g(i):\n            continue\n        i += 1\n", "continue"),
    ("i = 0\n⟦⟧while i < 3:\n    g(i)\n    i += 1\n", "function"),
    ("x = ⟦⟧1\n", "select"),
)


class WhileToFor:
    """Whole numbers, and a counter that nobody reads afterwards. What the loop calls must leave lengths alone."""

    name = "while-to-for"
    kind = "refactor.rewrite.while.toFor"
    title = "Replace while with for and range"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        loop = code.headed(ast.While)
        if loop is None:
            raise RefusedError("select a while loop, or its condition")
        function = function_of(code, loop)
        test = loop.test
        if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.left, ast.Name):
            raise RefusedError("its condition does not compare a counter with a limit")
        name, limit = test.left.id, test.comparators[0]
        start = _start(code, loop, name)
        step = _step(loop.body[-1], name)
        if step == 0 or len(loop.body) == 1:
            raise RefusedError("the last statement of its body does not count by a constant")
        if jumps(loop.body, ast.Continue):
            raise RefusedError("a continue leaves the counting out")
        require_own(code, name, function)
        _require_only_read(code, name, loop, function)
        if outside(code, name, function, [start, loop]):
            raise RefusedError("the counter is used afterwards, or before")
        for one in (start.value, limit):
            if certain_type(code, one) != "int":
                raise RefusedError("it is not certain that it counts whole numbers up to a whole number")
        _require_fixed(code, limit, loop)
        require_builtin(code, "range")
        iterable = _range(start.value, limit, test.ops[0], step)
        new = ast.For(ast.Name(name, ast.Store()), iterable, loop.body[:-1], loop.orelse)
        if code.suite(loop)[code.suite(loop).index(loop) - 1] is start:
            return rewritten(code, Become([start, loop], [new]))
        return rewritten(code, Become([start], []), Become([loop], [new]))


def _start(code: Code, loop: ast.While, name: str) -> ast.Assign:
    """What sets the counter: the statement above, or a constant further up that nobody touches in between."""
    suite = code.suite(loop)
    above = suite[: suite.index(loop)]
    for place, one in enumerate(reversed(above)):
        if isinstance(one, ast.Assign) and _sets(one, name):
            if place and not isinstance(one.value, ast.Constant):
                break
            return one
        if any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(one)):
            break
    raise RefusedError("no statement right above sets the counter, nor one further up to a constant")


def _sets(node: ast.Assign, name: str) -> bool:
    target = node.targets[0]
    return len(node.targets) == 1 and isinstance(target, ast.Name) and target.id == name


def _step(node: ast.stmt, name: str) -> int:
    """What the counter grows by; 0 where that is not certain."""
    value, operator = None, None
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
        value, operator = node.value, node.op
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp):
        left = node.value.left
        if _sets(node, name) and isinstance(left, ast.Name) and left.id == name:
            value, operator = node.value.right, node.value.op
    if not isinstance(value, ast.Constant) or type(value.value) is not int or value.value < 1:
        return 0
    return value.value if isinstance(operator, ast.Add) else -value.value if isinstance(operator, ast.Sub) else 0


def _require_only_read(code: Code, name: str, loop: ast.While, function: ast.AST) -> None:
    last = set(ast.walk(loop.body[-1]))
    changed = [
        one
        for one in code.scopes.of(name, code.scopes.of_node[function])
        if one.how != "load" and one.node not in last and loop in code.around(one.node)
    ]
    if changed:
        raise RefusedError("the counter changes elsewhere in the loop")


def _require_fixed(code: Code, limit: ast.expr, loop: ast.While) -> None:
    """The limit is asked for once instead of in every round."""
    for one in ast.walk(limit):
        if not isinstance(one, ast.Name) or not isinstance(one.ctx, ast.Load) or one.id == "len":
            continue
        at = code.scopes.at(one)
        for two in code.scopes.of(at.name, at.home):
            parent = code.parents.get(two.node)
            read = isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Load) and parent.value is two.node
            plain = two.how == "load" and (read or limit in (two.node, *code.around(two.node)) or not _is_len(limit))
            if at.home.kind != "function" or two.scope is not at.home or (loop in code.around(two.node) and not plain):
                raise RefusedError("the limit may change in the loop")


def _is_len(node: ast.expr) -> bool:
    return any(isinstance(one, ast.Call) for one in ast.walk(node))


def _range(start: ast.expr, limit: ast.expr, operator: ast.cmpop, step: int) -> ast.expr:
    kinds = (ast.Lt, ast.LtE) if step > 0 else (ast.Gt, ast.GtE)
    if not isinstance(operator, kinds):
        raise RefusedError("its condition does not end what its counter counts to")
    stop = limit
    if isinstance(operator, ast.LtE | ast.GtE):
        sign = ast.Add() if step > 0 else ast.Sub()
        stop = ast.BinOp(limit, sign, ast.Constant(1))
        if isinstance(limit, ast.Constant) and isinstance(limit.value, int) and step > 0:
            stop = ast.Constant(limit.value + 1)
    zero = isinstance(start, ast.Constant) and start.value == 0
    steps: list[ast.expr] = [] if step == 1 else [_number(step)]
    return ast.Call(ast.Name("range", ast.Load()), [*([] if zero and not steps else [start]), stop, *steps], [])


def _number(value: int) -> ast.expr:
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))


REFACTORING = WhileToFor()
