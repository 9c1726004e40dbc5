"""Convert to static method: a method that never uses its object says so."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.plan import Plan
from python_slm.refactor.uses import attributes, in_whole, is_stub, method_of, parameters_of
from python_slm.text import Edit

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.uses import Function

EXAMPLES = (
    (
        "class A:\n    def ⟦⟧f(self, x):\n        return x\n",
        "class A:\n    @staticmethod\n    def f(x):\n        return x\n",
    ),
    (
        "class A:\n\tdef ⟦⟧f(self):\n\t\treturn 'é'\n\tx = 1\n",
        "class A:\n\t@staticmethod\n\tdef f():\n\t\treturn 'é'\n\tx = 1\n",
    ),
    (
        (
            "class A(B):\n    async def ⟦⟧f(self, *, x: int = 1) -> int:  # why\n        return x\n"
            "    def g(self):\n        return self.f()\n"
        ),
        (
            "class A(B):\n    @staticmethod\n    async def f(*, x: int = 1) -> int:  # why\n        return x\n"
            "    def g(self):\n        return self.f()\n"
        ),
    ),
    (
        (
            "class A:\n    def ⟦⟧f(\n        self,\n        x,\n    ):\n        def g(self):\n"
            "            return self\n        return x, g\n"
        ),
        (
            "class A:\n    @staticmethod\n    def f(\n        x,\n    ):\n        def g(self):\n"
            "            return self\n        return x, g\n"
        ),
    ),
    (
        "class A:\n    def ⟦⟧f(self, *args): return args\n",
        "class A:\n    @staticmethod\n    def f(*args): return args\n",
    ),
)
REFUSED = (
    ("class A:\n    def ⟦⟧f(self):\n        return self\n", "uses its object"),
    ("class A:\n    def ⟦⟧f(self):\n        return super().f()\n", "uses its object"),
    ("class A:\n    def ⟦⟧__str__(self):\n        return 'x'\n", "Python itself"),
    ("class A:\n    @d\n    def ⟦⟧f(self):\n        return 1\n", "decorator"),
    ("class A:\n    def ⟦⟧f(self):\n        raise NotImplementedError\n", "stub"),
    ("class A:\n    def ⟦⟧f(self):\n        return 1\nA.f(A())\n", "through the class"),
    ("class A:\n    def ⟦⟧f():\n        return 1\n", "no object"),
    ("def ⟦⟧f(self):\n    return 1\n", "not a method"),
    ("class A:\n    def ⟦⟧f(self):\n        return locals()\n", "uses its object"),
)
_HIDDEN = {"super", "__class__", "locals", "vars", "eval", "exec", "dir"}


class ToStaticmethod:
    """Calls on objects stay as they are. ``Class.method(object)`` would not: it is refused where the file has it."""

    name = "to-staticmethod"
    kind = "refactor.rewrite.staticmethod"
    title = "Convert to static method"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        whole, function = in_whole(code, ast.FunctionDef, ast.AsyncFunctionDef, method=True)
        assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        home = method_of(whole, function)
        _require_unused(whole, function)
        for one in attributes(whole, function.name):
            through_class = isinstance(one.value, ast.Name) and one.value.id in {home.name, "cls"}
            if through_class or (isinstance(one.value, ast.Call) and "type" in ast.dump(one.value.func)):
                raise RefusedError("it is used through the class, with an object as argument")
        mentioned = [one for one in whole.scopes.occurrences if one.home is whole.scopes.of_node[home]]
        if any(one.name == function.name and one.node is not function for one in mentioned):
            raise RefusedError("its class body uses it, or binds its name again")
        first = parameters_of(function)[0]
        start, end = whole.span(first)
        found = re.compile(r"\s*,\s*|\s*(?=\))").match(whole.text, end)
        if found is None or (function.args.posonlyargs and len(function.args.posonlyargs) == 1):
            raise RefusedError("its parameters are written in another way than usual")
        at = whole.span(function)[0]
        decorator = f"@staticmethod{whole.newline}{whole.indent(function)}"
        edits = (Edit(at, at, decorator), Edit(start, found.end(), ""))
        return Plan(edits)


def _require_unused(whole: Code, function: Function) -> None:
    if function.name.startswith("__") and function.name.endswith("__"):
        raise RefusedError("Python itself calls it with its object")
    if function.decorator_list:
        raise RefusedError("it has a decorator already")
    if is_stub(function):
        raise RefusedError("it is a stub for other classes to fill in")
    if not parameters_of(function) or (
        function.args.defaults and len(function.args.defaults) == len(parameters_of(function))
    ):
        raise RefusedError("it takes no object")
    scope = whole.scopes.of_node[function]
    first = parameters_of(function)[0]
    if any(one.node is not first for one in whole.scopes.of(first.arg, scope)):
        raise RefusedError("it uses its object")
    if any(isinstance(one, ast.Name) and one.id in _HIDDEN for one in ast.walk(function)):
        raise RefusedError("it uses its object, by super or locals")


REFACTORING = ToStaticmethod()
