"""Convert to async: a function becomes a coroutine, and all of its calls wait for it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import same
from python_slm.refactor.plan import Plan
from python_slm.refactor.tree import Replaced
from python_slm.refactor.uses import Function, in_whole, module_uses, own_nodes, own_uses, require_private
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.refactor.code import Code

EXAMPLES = (
    (
        "def ⟦⟧_f(x):\n    return x\n\nasync def g():\n    return _f(1)\n",
        "async def _f(x):\n    return x\n\nasync def g():\n    return await _f(1)\n",
    ),
    (
        "async def g():\n    return _f(_f(1)).é\ndef ⟦⟧_f(x):\n    return x\n",
        "async def g():\n    return (await _f(await _f(1))).é\nasync def _f(x):\n    return x\n",
    ),
    (
        (
            "class A:\n    def ⟦_f⟧(self): return 1  # why\n    async def g(self):\n"
            "        return self._f() + 1, -self._f()\n"
        ),
        (
            "class A:\n    async def _f(self): return 1  # why\n    async def g(self):\n"
            "        return await self._f() + 1, -await self._f()\n"
        ),
    ),
    (
        "async def g():\n    for x in _f():\n        print(_f() ** 2)\n\n\ndef ⟦⟧_f():\n    return [1]\n",
        (
            "async def g():\n    for x in await _f():\n        print(await _f() ** 2)\n\n\nasync def _f():\n"
            "    return [1]\n"
        ),
    ),
    ("def ⟦⟧_f():\n    return 1\n", "async def _f():\n    return 1\n"),
)
REFUSED = (
    ("def ⟦⟧f():\n    return 1\n", "other files"),
    ("def ⟦⟧_f():\n    return 1\n\ndef g():\n    return _f()\n", "not async"),
    ("def ⟦⟧_f():\n    return 1\n\nasync def g():\n    return map(_f, [])\n", "without a call"),
    ("async def ⟦⟧_f():\n    return 1\n", "async already"),
    ("def ⟦⟧_f():\n    yield 1\n", "generator"),
    ("@d\ndef ⟦⟧_f():\n    return 1\n", "decorator"),
    ("def ⟦⟧_f():\n    return 1\n\nasync def g():\n    return lambda: _f()\n", "not async"),
    ("def ⟦⟧_f():\n    return 1\n\nasync def g():\n    return (x for x in y if _f())\n", "not async"),
)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class ToAsync:
    """Only a private function, called from async ones alone, in whose bodies the calls stand themselves."""

    name = "to-async"
    kind = "refactor.rewrite.async"
    title = "Convert to async"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        whole, function = in_whole(code, ast.FunctionDef, ast.AsyncFunctionDef, private=True)
        if not isinstance(function, ast.FunctionDef):
            raise RefusedError("it is async already")
        if any(isinstance(one, ast.Yield | ast.YieldFrom) for one in own_nodes(function)):
            raise RefusedError("it is a generator, which would be walked in another way")
        if function.decorator_list:
            raise RefusedError("a decorator would be given a coroutine")
        start = whole.span(function)[0]
        edits = [Edit(start, start, "async ")]
        calls = calls_of(whole, function)
        for call in calls:
            _require_async(whole, call)
            edits += _awaited(whole, call)
        if not same(_Async(set(calls), function).of(whole.tree), whole.becomes(*edits)):
            raise RefusedError("its text cannot be changed so that nothing else does")
        return Plan(tuple(edits))


def calls_of(whole: Code, function: Function) -> list[ast.Call]:
    """All uses of a private function or method, each of them a call; raises RefusedError where one is not."""
    home = whole.parents[function]
    if isinstance(home, ast.ClassDef):
        uses: Sequence[ast.AST] = own_uses(whole, home, function)
    else:
        require_private(whole, function.name)
        uses = [one.node for one in module_uses(whole, function)]
    found = []
    for one in uses:
        call = whole.parents[one]
        if not isinstance(call, ast.Call) or call.func is not one:
            raise RefusedError("it is used without a call")
        if any(isinstance(outer, ast.JoinedStr) for outer in whole.around(call)):
            raise RefusedError("it is called in an f-string")
        found.append(call)
    return found


def _require_async(whole: Code, call: ast.Call) -> None:
    inner: ast.AST = call
    for outer in whole.around(call):
        if isinstance(outer, ast.AsyncFunctionDef) and inner in outer.body:
            return
        if isinstance(outer, (*_COMPREHENSIONS, ast.Lambda, ast.FunctionDef, ast.ClassDef)):
            break
        inner = outer
    raise RefusedError("it is called where nothing can be awaited: what is around it is not async")


def _awaited(whole: Code, call: ast.Call) -> list[Edit]:
    """``await`` before a call, in brackets where it is a part of what binds more tightly."""
    start, end = whole.span(call)
    outer = whole.parents[call]
    tight = isinstance(outer, ast.Attribute | ast.Subscript | ast.Await) and getattr(outer, "value", None) is call
    if tight or (isinstance(outer, ast.Call) and outer.func is call):
        return [Edit(start, start, "(await "), Edit(end, end, ")")]
    return [Edit(start, start, "await ")]


class _Async(Replaced):
    """A copy with the calls awaited and the function async."""

    def __init__(self, calls: set[ast.Call], function: ast.FunctionDef) -> None:
        super().__init__({})
        self._calls, self._function = calls, function

    def visit(self, node: ast.AST) -> ast.AST:
        """See Replaced."""
        copy = super().visit(node)
        assert isinstance(copy, ast.AST)
        if node is self._function:
            return ast.AsyncFunctionDef(**dict(ast.iter_fields(copy)))
        return ast.Await(copy) if isinstance(copy, ast.Call) and node in self._calls else copy


REFACTORING = ToAsync()
