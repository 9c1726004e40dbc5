"""Introduce parameter: a literal in a function becomes the default of a new parameter."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import same
from python_slm.refactor.literal_types import type_of
from python_slm.refactor.plan import Plan
from python_slm.refactor.tree import Replaced
from python_slm.syntax.occurrences import parameters
from python_slm.text import Edit

if TYPE_CHECKING:
    from python_slm.refactor.code import Code
    from python_slm.refactor.uses import Function

EXAMPLES = (
    ("def f(x):\n    return x + ⟦2⟧\n", "def f(x, extracted=2):\n    return x + extracted\n"),
    (
        "def f(x: int, y: int = 1) -> int:\n    '''Doc.'''\n    return x * ⟦'é'⟧\n",
        ("def f(x: int, y: int = 1, extracted: str = 'é') -> int:\n    '''Doc.'''\n    return x * extracted\n"),
    ),
    ("def f():\n    g(⟦-1⟧)\n", "def f(extracted=-1):\n    g(extracted)\n"),
    (
        "class A:\n\t@staticmethod\n\tdef f(*a):\n\t\treturn [a for a in b if a > ⟦0.5⟧]\n",
        ("class A:\n\t@staticmethod\n\tdef f(*a, extracted=0.5):\n\t\treturn [a for a in b if a > extracted]\n"),
    ),
    (
        "def f(\n    x,\n    y=1,\n):\n    return ⟦True⟧\n",
        "def f(\n    x,\n    y=1, extracted=True,\n):\n    return extracted\n",
    ),
    ("def f(x, /):\n    return ⟦b'x'⟧\n", "def f(x, /, extracted=b'x'):\n    return extracted\n"),
)
REFUSED = (
    ("x = ⟦1⟧\n", "not in a function"),
    ("def f(x):\n    return ⟦x⟧\n", "select a literal"),
    ("def f(**x):\n    return ⟦1⟧\n", "any name"),
    ("@d\ndef f():\n    return ⟦1⟧\n", "decorator"),
    ("class A:\n    def __len__(self):\n        return ⟦1⟧\n", "Python itself"),
    ("def f():\n    ⟦'Doc.'⟧\n", "docstring"),
    ("def f(x):\n    return f'{⟦1⟧}'\n", "f-string"),
)
_HARMLESS = {"staticmethod", "classmethod"}


class IntroduceParameter:
    """The new one is the last, so that every call there is goes on as before."""

    name = "introduce-parameter"
    kind = "refactor.extract.parameter"
    title = "Introduce parameter"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.expression()
        value = node.operand if isinstance(node, ast.UnaryOp) else node
        if not isinstance(value, ast.Constant) or value.value is Ellipsis:
            raise RefusedError("select a literal")
        if isinstance(code.parents[node], ast.Expr):
            raise RefusedError("it is a docstring, or a statement of its own")
        function = code.function(node)
        if function is None:
            raise RefusedError("it is not in a function")
        _require_open(function)
        name, source = code.fresh("extracted"), code.source(node)
        typed = any(one.annotation for one in parameters(function.args))
        kind = type_of(node)
        text = f"{name}: {kind} = {source}" if typed and kind not in {"", "None"} else f"{name}={source}"
        at, before = _place(code, function)
        use = Edit(*code.span(node), name)
        edits = (Edit(at, at, before + text), use)
        if not same(Replaced({node: ast.Name(name, ast.Load())}).of(function), _body(code.becomes(*edits), function)):
            raise RefusedError("its text cannot be changed so that nothing else does")
        return Plan(edits, rename=use.start + len(before + text))


def _require_open(function: Function) -> None:
    if function.args.kwarg:
        raise RefusedError("callers may pass any name to it, that of the new parameter, too")
    if function.name.startswith("__") and function.name.endswith("__") and function.name != "__init__":
        raise RefusedError("Python itself calls it, without such an argument")
    names = {getattr(one, "id", getattr(one, "attr", "")) for one in function.decorator_list}
    if not names <= _HARMLESS:
        raise RefusedError("a decorator may not take another parameter")


def _place(code: Code, function: Function) -> tuple[int, str]:
    """Where the last parameter ends, and what stands between it and a new one."""
    ends = [code.span(one)[1] for one in parameters(function.args)]
    ends += [code.span(one)[1] for one in (*function.args.defaults, *function.args.kw_defaults) if one]
    start = code.offset(function.lineno, function.col_offset)
    if not ends:
        return code.text.index("(", start) + 1, ""
    at = max(ends)
    found = re.compile(r"\)*(?:\s*,\s*/)?").match(code.text, at)
    slash = found is not None and found.group().endswith("/")
    return (found.end() if slash and found else at), ", "


def _body(tree: ast.Module | None, function: Function) -> ast.AST | None:
    """The same function in the new tree, with the parameters that it had."""
    for one in ast.walk(tree) if tree else ():
        if isinstance(one, type(function)) and (one.lineno, one.name) == (function.lineno, function.name):
            one.args = function.args
            return one
    return None


REFACTORING = IntroduceParameter()
