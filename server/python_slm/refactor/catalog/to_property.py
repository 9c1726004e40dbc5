"""Convert method to property: what takes nothing but the object is read without brackets."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.plan import Plan
from python_slm.refactor.uses import in_whole, is_stub, method_of, own_nodes, own_uses
from python_slm.text import Edit

if TYPE_CHECKING:
    from python_slm.refactor.code import Code

EXAMPLES = (
    (
        (
            "class A:\n    def ⟦⟧_size(self):\n        return 1\n\n    def f(self):\n"
            "        return self._size() + self._size()\n"
        ),
        (
            "class A:\n    @property\n    def _size(self):\n        return 1\n\n    def f(self):\n"
            "        return self._size + self._size\n"
        ),
    ),
    (
        (
            "class A:\n\tdef f(self):\n\t\treturn [self . _é ( ) for x in y]\n\tdef ⟦_é⟧(me) -> int:\n"
            "\t\t'''_é.'''\n\t\treturn 1\n"
        ),
        (
            "class A:\n\tdef f(self):\n\t\treturn [self . _é for x in y]\n\t@property\n\tdef _é(me) -> int:\n"
            "\t\t'''_é.'''\n\t\treturn 1\n"
        ),
    ),
    (
        "class A(object):\n    def ⟦⟧_f(self): return 1  # why\n",
        "class A(object):\n    @property\n    def _f(self): return 1  # why\n",
    ),
    (
        (
            "class A:\n    def ⟦⟧_f(self):\n        return 1\n    x = 1\n    def g(self):\n"
            "        self._f()()\n        self._f().x = 2\n"
        ),
        (
            "class A:\n    @property\n    def _f(self):\n        return 1\n    x = 1\n    def g(self):\n"
            "        self._f()\n        self._f.x = 2\n"
        ),
    ),
    (
        (
            "def g():\n    class A:\n        def ⟦⟧_f(self):\n            return self._g\n"
            "        def _g(self): ...\n    return A\n"
        ),
        (
            "def g():\n    class A:\n        @property\n        def _f(self):\n            return self._g\n"
            "        def _g(self): ...\n    return A\n"
        ),
    ),
)
REFUSED = (
    ("class A:\n    def ⟦⟧size(self):\n        return 1\n", "other files"),
    ("class A:\n    def ⟦⟧_f(self, x):\n        return x\n", "more than the object"),
    (
        ("class A:\n    def ⟦⟧_f(self):\n        return 1\n    def g(self):\n        return map(self._f, [])\n"),
        "without a call",
    ),
    ("class A:\n    def ⟦⟧_f(self):\n        return 1\ndef g(a):\n    return a._f()\n", "other objects"),
    ("class A(B):\n    def ⟦⟧_f(self):\n        return 1\n", "base class"),
    ("class A:\n    def ⟦⟧_f(self):\n        yield 1\n", "generator"),
    ("class A:\n    async def ⟦⟧_f(self):\n        return 1\n", "generator"),
    ("class A:\n    @d\n    def ⟦⟧_f(self):\n        return 1\n", "decorator"),
    ("def ⟦⟧_f(self):\n    return 1\n", "not a method"),
    ("class A:\n    def ⟦⟧_f(self):\n        return 1\nx = getattr(y, '_f')\n", "string"),
    ("class A:\n    def ⟦⟧_f(self):\n        return 1\nclass B(A): ...\n", "as a base"),
    ("class A:\n    def ⟦⟧_f(self):\n        self.x = 1\n", "returns nothing"),
)
CALLED = re.compile(r"[ \t]*\([ \t]*\)")


class ToProperty:
    """Only a private method, all of whose uses are calls on ``self`` in its class: of others nobody can tell."""

    name = "to-property"
    kind = "refactor.rewrite.property"
    title = "Convert method to property"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        whole, function = in_whole(code, ast.FunctionDef, ast.AsyncFunctionDef, method=True, private=True)
        home = method_of(whole, function)
        assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        nodes = own_nodes(function)
        if isinstance(function, ast.AsyncFunctionDef) or any(
            isinstance(one, ast.Yield | ast.YieldFrom) for one in nodes
        ):
            raise RefusedError("it is a generator or waits, and a property does neither")
        if function.decorator_list:
            raise RefusedError("it has a decorator already")
        if len(function.args.args) != 1 or len(ast.unparse(function.args).split(",")) != 1:
            raise RefusedError("it takes more than the object")
        if not is_stub(function) and not any(isinstance(one, ast.Return) and one.value for one in nodes):
            raise RefusedError("it returns nothing")
        edits = []
        for one in own_uses(whole, home, function):
            call = whole.parents[one]
            if not (isinstance(call, ast.Call) and call.func is one and not call.args and not call.keywords):
                raise RefusedError("it is used without a call")
            start, end = whole.span(one)[1], whole.span(call)[1]
            if not CALLED.fullmatch(whole.text, start, end):
                raise RefusedError("a call of it is written in another way than usual")
            if any(isinstance(outer, ast.JoinedStr) for outer in whole.around(one)):
                raise RefusedError("it is called in an f-string")
            edits.append(Edit(start, end, ""))
        start = whole.span(function)[0]
        decorator = f"@property{whole.newline}{whole.indent(function)}"
        return Plan((*edits, Edit(start, start, decorator)))


REFACTORING = ToProperty()
