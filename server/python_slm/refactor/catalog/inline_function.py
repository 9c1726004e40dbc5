"""Inline function: a call of a function that only returns an expression becomes this expression."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.order import CHANGES, NOTHING, effect, require_first
from python_slm.refactor.plan import Plan
from python_slm.refactor.rewrite import held
from python_slm.refactor.spell import inline_text
from python_slm.refactor.tree import Replaced
from python_slm.syntax.located import Located
from python_slm.text import Edit

if TYPE_CHECKING:
    from python_slm.refactor.code import Code

EXAMPLES = (
    (
        "def g(a, b=2):\n    return a + b\n\n\ndef f(x):\n    return 2 * ⟦g⟧(x)  # why\n",
        "def g(a, b=2):\n    return a + b\n\n\ndef f(x):\n    return 2 * (x + 2)  # why\n",
    ),
    (
        "def f(x):\n\tdef g(a):\n\t\t'''Doc.'''\n\t\treturn print(a, é=x)\n\treturn g⟦⟧(a=1)\n",
        "def f(x):\n\tdef g(a):\n\t\t'''Doc.'''\n\t\treturn print(a, é=x)\n\treturn print(1, é=x)\n",
    ),
    (
        "def g(a):\n    return (a.b or\n            1)\nx = [⟦g(f(y))⟧]\n",
        "def g(a):\n    return (a.b or\n            1)\nx = [f(y).b or 1]\n",
    ),
    ("def g():\n    return 1, 2\nx = f(⟦g⟧(), 3)\n", "def g():\n    return 1, 2\nx = f((1, 2), 3)\n"),
    (
        "def g(a, *, b):\n    return a if b else a * b\ndef f(x, y):\n    z = ⟦g⟧(x, b=not y).real\n".replace(
            "not y", "y"
        ),
        "def g(a, *, b):\n    return a if b else a * b\ndef f(x, y):\n    z = (x if y else x * y).real\n",
    ),
)
REFUSED = (
    ("def g(a):\n    h()\n    return a\nx = ⟦g⟧(1)\n", "one return"),
    ("def g(a):\n    return a + a\nx = ⟦g⟧(f())\n", "more than once"),
    ("def g(a):\n    return h() + a\nx = ⟦g⟧(f())\n", "evaluated before"),
    ("@d\ndef g(a):\n    return a\nx = ⟦g⟧(1)\n", "decorator"),
    ("def g(a):\n    return a + b\ndef f(b):\n    return ⟦g⟧(1)\n", "another meaning"),
    ("def g(*a):\n    return a\nx = ⟦g⟧(1)\n", "parameters"),
    ("def g(a):\n    return lambda: a\nx = ⟦g⟧(1)\n", "function, comprehension"),
    ("x = ⟦self.g⟧(1)\n", "by its name"),
    ("def g(a):\n    return a\ng = 1\nx = ⟦g⟧(1)\n", "more than one"),
    ("y = 1\ndef g(a):\n    return h() + a\nx = ⟦g⟧(y)\n", "change"),
    ("def g(a):\n    return g(a)\nx = ⟦g⟧(1)\n", "itself"),
)
_OWN_SCOPES = (
    ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.NamedExpr, ast.Yield, ast.YieldFrom,
    ast.Await, ast.JoinedStr,
)  # fmt: skip


class InlineFunction:
    """Functions of this file, found by name; their arguments are inert, or read once and before all else."""

    name = "inline-function"
    kind = "refactor.inline.function"
    title = "Inline function call"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        call = _call(code)
        assert isinstance(call.func, ast.Name)
        home, function = _definition(code, call.func)
        value = _returned(function, call.func.id)
        given = _arguments(function, call)
        _require_same_names(code, home, value, call.func, given)
        if effect(value) == CHANGES:
            _require_fixed(code, given)
        uses = [one for one in ast.walk(value) if isinstance(one, ast.Name) and one.id in given]
        active = [name for name, argument in given.items() if effect(argument) != NOTHING]
        for name in active:
            mine = [one for one in uses if one.id == name]
            if len(mine) != 1 or len(active) != 1:
                raise RefusedError(
                    "an argument that does something would be evaluated more than once, or not, or elsewhere"
                )
            require_first(home, mine[0], given[name])
        new = Replaced({one: given[one.id] for one in uses}).of(value)
        start, end = code.span(call)
        text = inline_text(home, value, {one: code.source(given[one.id]) for one in uses}, new)
        for shown in (text, f"({text})"):
            edit = Edit(start, end, shown)
            try:
                return Plan(tuple(held(code, [edit], {call: new})))
            except RefusedError:
                continue
        raise RefusedError("its text does not fit where it is called")


def _require_fixed(code: Code, given: dict[str, ast.expr]) -> None:
    """What the function calls cannot change the variables that it is given the values of."""
    for argument in given.values():
        for one in ast.walk(argument):
            if not isinstance(one, ast.Name) or one not in code.parents:
                continue
            at = code.scopes.at(one)
            own = at.home.kind == "function" and all(
                two.scope is at.home or two.how == "load" for two in code.scopes.of(at.name, at.home)
            )
            if not own and isinstance(argument, ast.Name | ast.Tuple):
                raise RefusedError("what it calls may change a variable that it is given")


def _call(code: Code) -> ast.Call:
    call = code.nearest(ast.Call)
    if call is None or not isinstance(call.func, ast.Name):
        raise RefusedError("select a call of a function by its name")
    if any(isinstance(one, ast.Starred) for one in call.args) or any(one.arg is None for one in call.keywords):
        raise RefusedError("its arguments are not written out")
    if any(isinstance(one, ast.JoinedStr) for one in code.around(call)):
        raise RefusedError("it is part of an f-string")
    return call


def _definition(code: Code, name: ast.Name) -> tuple[Located, ast.FunctionDef]:
    """The one ``def`` that the name means, in this block or at the top of the module."""
    at = code.scopes.at(name)
    if at.home.kind == "function":
        bound = [one.node for one in code.scopes.of(at.name, at.home) if one.how != "load"]
        if len(bound) != 1 or not isinstance(bound[0], ast.FunctionDef):
            raise RefusedError("its name is no function's, or more than one thing's")
        return code, bound[0]
    if at.home.kind != "module":
        raise RefusedError("it is not a function of the module, or of a function")
    places = [block for block in code.index.blocks if at.name in block.piece.outline.names]
    found = places[0] if len(places) == 1 else None
    if found is None or found.problem or len(found.piece.outline.names[at.name]) != 1:
        raise RefusedError("its name is no function's here, or more than one thing's")
    home = code if found.start == code.block.start else Located(code.text, found)
    nodes = [one for one in home.tree.body if isinstance(one, ast.FunctionDef) and one.name == at.name]
    if len(nodes) != 1 or any(
        isinstance(one, ast.Global) and at.name in one.names for block in [home, code] for one in ast.walk(block.tree)
    ):
        raise RefusedError("it is no plain function of the module")
    return home, nodes[0]


def _returned(function: ast.FunctionDef, name: str) -> ast.expr:
    if function.decorator_list:
        raise RefusedError("a decorator may make something else of it")
    body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    if len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
        raise RefusedError("it does more than one return of an expression")
    value = body[0].value
    inside = list(ast.walk(value))
    if any(isinstance(one, _OWN_SCOPES) for one in inside):
        raise RefusedError("it returns a function, comprehension, f-string or the like, which cannot be moved")
    if any(isinstance(one, ast.Name) and one.id in {name, "super", "locals", "vars", "__class__"} for one in inside):
        raise RefusedError("it calls itself, or looks at its own frame")
    return value


def _arguments(function: ast.FunctionDef, call: ast.Call) -> dict[str, ast.expr]:
    """What each parameter is given."""
    arguments = function.args
    if arguments.vararg or arguments.kwarg:
        raise RefusedError("it takes any number of parameters")
    names = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
    only = [one.arg for one in arguments.kwonlyargs]
    given = dict(zip(names, call.args, strict=False))
    for one in call.keywords:
        assert one.arg is not None
        if one.arg in given or one.arg not in names[len(arguments.posonlyargs) :] + only:
            raise RefusedError("it is not called with its parameters")
        given[one.arg] = one.value
    defaults = dict(zip(reversed(names), reversed(arguments.defaults), strict=False))
    defaults |= {name: value for name, value in zip(only, arguments.kw_defaults, strict=True) if value}
    for name in (*names, *only):
        if name in given:
            continue
        default = defaults.get(name)
        if not isinstance(default, ast.Constant):
            raise RefusedError("a default of its parameters is not a constant, or there is none")
        given[name] = default
    if len(call.args) > len(names):
        raise RefusedError("it is not called with its parameters")
    return given


def _require_same_names(
    code: Code, home: Located, value: ast.expr, callee: ast.Name, given: dict[str, ast.expr]
) -> None:
    """What the function's expression reads means the same where it is called."""
    here = code.scopes.at(callee).scope
    for one in ast.walk(value):
        if not isinstance(one, ast.Name) or one.id in given:
            continue
        there = home.scopes.at(one).home
        global_in_both = there.kind == "module" and here.home(one.id).kind == "module"
        if not global_in_both and (home is not code or here.home(one.id) is not there):
            raise RefusedError("a name in it has another meaning where it is called")


REFACTORING = InlineFunction()
