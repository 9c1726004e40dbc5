"""Name arguments: those of a call say which parameters they are for."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.callee import call_at
from python_slm.refactor.code import same
from python_slm.refactor.plan import Plan
from python_slm.refactor.tree import Replaced
from python_slm.text import Edit

if TYPE_CHECKING:
    from python_slm.refactor.code import Code

EXAMPLES = (
    ("def f(a, b=2): ...\nf(⟦⟧1, (x))\n", "def f(a, b=2): ...\nf(a=1, b=(x))\n"),
    ("def f(a, /, b): ...\nx = ⟦⟧f(g(1), 'é')\n", "def f(a, /, b): ...\nx = f(g(1), b='é')\n"),
    ("def f(a, b):\n    return f(⟦⟧b,\n             b=a)\n", "def f(a, b):\n    return f(a=b,\n             b=a)\n"),
    (
        "class A:\n    def __init__(self, x, y): ...\na = A(1, ⟦⟧2)\n",
        "class A:\n    def __init__(self, x, y): ...\na = A(x=1, y=2)\n",
    ),
    ("f = lambda: g(((⟦⟧1)), 2)\ndef g(a, b): ...\n", "f = lambda: g(a=((1)), b=2)\ndef g(a, b): ...\n"),
    ("def f(a): ...\nf(⟦⟧i for i in x)\n", "def f(a): ...\nf(a=(i for i in x))\n"),
)
REFUSED = (
    ("f(⟦⟧1)\n", "same file"),
    ("def f(a): ...\nx.f(⟦⟧1)\n", "same file"),
    ("def f(a): ...\nf(⟦⟧*x)\n", "star"),
    ("@d\ndef f(a): ...\nf(⟦⟧1)\n", "decorator"),
    ("def f(a): ...\nf = g\nf(⟦⟧1)\n", "more than one"),
    ("def f(*a): ...\nf(⟦⟧1)\n", "no name"),
    ("def f(a): ...\nf(⟦⟧a=1)\n", "named already"),
    ("class A(B):\n    def __init__(self, x): ...\nA(⟦⟧1)\n", "base class"),
    ("x = ⟦⟧1\n", "select a call"),
)


class NameArguments:
    """All that can be named, for functions and classes of the same file whose parameters are certain."""

    name = "name-arguments"
    kind = "refactor.rewrite.arguments.name"
    title = "Name the arguments"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        whole, call, parameters, function = call_at(code)
        if not call.args:
            raise RefusedError("its arguments are named already, or it has none")
        unnamed = len(function.args.posonlyargs)
        if len(call.args) > len(parameters):
            raise RefusedError("some of its arguments have no name")
        pairs = [
            (argument, parameter)
            for argument, parameter in zip(call.args, parameters, strict=False)
            if parameter not in function.args.posonlyargs
        ]
        if not pairs:
            raise RefusedError(f"its first {unnamed} arguments have no name")
        edits, floor = [], whole.span(call.func)[1] + 1
        for argument in call.args:
            if pairs and argument is pairs[0][0]:
                edits += _named(whole, argument, pairs.pop(0)[1].arg, floor)
            floor = whole.span(argument)[1]
        named = [
            (one, place) for place, one in enumerate(call.args) if parameters[place] not in function.args.posonlyargs
        ]
        kept = [one for one in call.args if one not in [each for each, _ in named]]
        keywords = [ast.keyword(parameters[place].arg, one) for one, place in named] + call.keywords
        wanted = Replaced({call: ast.Call(call.func, kept, keywords)}).of(whole.tree)
        if not same(wanted, whole.becomes(*edits)):
            raise RefusedError("its text cannot be changed so that nothing else does")
        return Plan(tuple(edits))


def _named(whole: Code, argument: ast.expr, name: str, floor: int) -> list[Edit]:
    """The name before an argument and the brackets around it, not those of the call."""
    start, end = whole.span(argument)
    if whole.shares_brackets(argument):
        return [Edit(start + 1, start + 1, f"{name}=("), Edit(end, end, ")")]
    at = start
    while at > floor and whole.text[floor:at].rstrip().endswith("("):
        at = floor + len(whole.text[floor:at].rstrip()) - 1
    return [Edit(at, at, f"{name}=")]


REFACTORING = NameArguments()
