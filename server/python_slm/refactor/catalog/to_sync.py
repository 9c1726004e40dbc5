"""Convert to sync: a coroutine that waits for nothing becomes a function, and its calls wait for it no more."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import same
from python_slm.refactor.plan import Plan
from python_slm.refactor.tree import Replaced
from python_slm.refactor.uses import in_whole, module_uses, own_nodes, own_uses, require_private
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.refactor.code import Code

EXAMPLES = (
    (
        "async def ⟦⟧_f(x):\n    return x\n\nasync def g():\n    return await _f(1)\n",
        "def _f(x):\n    return x\n\nasync def g():\n    return _f(1)\n",
    ),
    (
        "async def g():\n    return (await _f(await _f('é'))).x\nasync  def ⟦⟧_f(x):\n    return x\n",
        "async def g():\n    return (_f(_f('é'))).x\ndef _f(x):\n    return x\n",
    ),
    (
        (
            "class A:\n    async def ⟦_f⟧(self): return 1  # why\n    async def g(self):\n"
            "        return await self._f() + 1\n"
        ),
        ("class A:\n    def _f(self): return 1  # why\n    async def g(self):\n        return self._f() + 1\n"),
    ),
    ("async def ⟦⟧_f():\n    return 1\n", "def _f():\n    return 1\n"),
    (
        "async def ⟦⟧_f():\n    async def g():\n        await x\n    return g\n",
        "def _f():\n    async def g():\n        await x\n    return g\n",
    ),
)
REFUSED = (
    ("async def ⟦⟧f():\n    return 1\n", "other files"),
    ("async def ⟦⟧_f():\n    await g()\n", "waits"),
    ("async def ⟦⟧_f():\n    async with x:\n        pass\n", "waits"),
    ("async def ⟦⟧_f():\n    return [x async for x in y]\n", "waits"),
    ("async def ⟦⟧_f():\n    return 1\n\nasync def g():\n    return asyncio.gather(_f())\n", "not awaited at once"),
    ("async def ⟦⟧_f():\n    yield 1\n", "generator"),
    ("@d\nasync def ⟦⟧_f():\n    return 1\n", "decorator"),
    ("def ⟦⟧_f():\n    return 1\n", "not async"),
)


class ToSync:
    """Only a private function, every use of which is a call that is awaited at once."""

    name = "to-sync"
    kind = "refactor.rewrite.sync"
    title = "Convert to a function that is not async"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        whole, function = in_whole(code, ast.FunctionDef, ast.AsyncFunctionDef, private=True)
        if not isinstance(function, ast.AsyncFunctionDef):
            raise RefusedError("it is not async")
        _require_idle(function)
        home = whole.parents[function]
        if isinstance(home, ast.ClassDef):
            uses: Sequence[ast.AST] = own_uses(whole, home, function)
        else:
            require_private(whole, function.name)
            uses = [one.node for one in module_uses(whole, function)]
        start = whole.offset(function.lineno, function.col_offset)
        word = re.compile(r"async\s+(?=def\b)").match(whole.text, start)
        assert word is not None  # an async def begins so
        edits = [Edit(start, word.end(), "")]
        changes: dict[ast.AST, ast.AST] = {}
        for one in uses:
            call = whole.parents[one]
            waiting = whole.parents[call]
            if not (isinstance(call, ast.Call) and call.func is one and isinstance(waiting, ast.Await)):
                raise RefusedError("it is not awaited at once wherever it is used")
            if any(isinstance(outer, ast.JoinedStr) for outer in whole.around(call)):
                raise RefusedError("it is called in an f-string")
            at = whole.span(waiting)[0]
            found = re.compile(r"await[ \t]*").match(whole.text, at)
            assert found is not None  # an await begins so
            edits.append(Edit(at, found.end(), ""))
            changes[waiting] = call
        if not same(_Sync(changes, function).of(whole.tree), whole.becomes(*edits)):
            raise RefusedError("its text cannot be changed so that nothing else does")
        return Plan(tuple(edits))


def _require_idle(function: ast.AsyncFunctionDef) -> None:
    for one in own_nodes(function):
        generated = isinstance(one, ast.comprehension) and one.is_async
        if generated or isinstance(one, ast.Await | ast.AsyncFor | ast.AsyncWith):
            raise RefusedError("it waits for something")
        if isinstance(one, ast.Yield | ast.YieldFrom):
            raise RefusedError("it is a generator, which would be walked in another way")
    if function.decorator_list:
        raise RefusedError("a decorator would be given a function")


class _Sync(Replaced):
    """A copy with the function no more async, and calls in place of what awaited them."""

    def __init__(self, awaits: dict[ast.AST, ast.AST], function: ast.AsyncFunctionDef) -> None:
        super().__init__({})
        self._awaits, self._function = awaits, function

    def visit(self, node: ast.AST) -> ast.AST | Sequence[ast.AST] | None:
        """See Replaced."""
        copy = super().visit(self._awaits.get(node, node))
        if node is not self._function:
            return copy
        assert isinstance(copy, ast.AST)
        return ast.FunctionDef(**dict(ast.iter_fields(copy)))


REFACTORING = ToSync()
