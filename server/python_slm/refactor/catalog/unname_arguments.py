"""Remove argument names: arguments of a call stand in the order of the parameters, as far as they can."""

from __future__ import annotations

import ast
import re
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
    ("def f(a, b=2): ...\nf(⟦⟧a=1, b=(x))\n", "def f(a, b=2): ...\nf(1, (x))\n"),
    ("def f(a, b, *, c): ...\nf(1, ⟦⟧b = 'é', c=3)\n", "def f(a, b, *, c): ...\nf(1, 'é', c=3)\n"),
    ("def f(a, b, c): ...\nf(a=1,⟦⟧ c=3, b=2)\n", "def f(a, b, c): ...\nf(1, c=3, b=2)\n"),
    (
        "class A:\n    def __init__(self, x, y): ...\na = A(x=1, ⟦⟧y=2)\n",
        "class A:\n    def __init__(self, x, y): ...\na = A(1, 2)\n",
    ),
    ("def f(a, b):\n    return f(⟦⟧a=b,\n             b=a)\n", "def f(a, b):\n    return f(b,\n             a)\n"),
)
REFUSED = (
    ("f(⟦⟧a=1)\n", "same file"),
    ("def f(a, b): ...\nf(⟦⟧b=1, a=2)\n", "order"),
    ("def f(*, a): ...\nf(⟦⟧a=1)\n", "order"),
    ("def f(a): ...\nf(⟦⟧1)\n", "no names"),
    ("def f(a): ...\nf(⟦⟧**x)\n", "star"),
    ("def f(a): ...\nf(⟦⟧a # why\n  = 1)\n", "comment"),
)


class UnnameArguments:
    """From the first named one on, while names come in the order of the parameters."""

    name = "unname-arguments"
    kind = "refactor.rewrite.arguments.unname"
    title = "Remove the argument names"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        whole, call, parameters, _ = call_at(code)
        if not call.keywords:
            raise RefusedError("its arguments have no names")
        following = [one.arg for one in parameters[len(call.args) :]]
        count = 0
        for keyword, name in zip(call.keywords, following, strict=False):
            if keyword.arg != name:
                break
            count += 1
        if not count:
            raise RefusedError("its names are not in the order of the parameters, or have no place")
        edits = []
        for keyword in call.keywords[:count]:
            start = whole.span(keyword)[0]
            found = re.compile(r"\w+\s*=\s*").match(whole.text, start)
            if found is None:
                raise RefusedError("a comment stands in an argument")
            edits.append(Edit(start, found.end(), ""))
        moved = [one.value for one in call.keywords[:count]]
        wanted = Replaced({call: ast.Call(call.func, [*call.args, *moved], call.keywords[count:])}).of(whole.tree)
        if not same(wanted, whole.becomes(*edits)):
            raise RefusedError("its text cannot be changed so that nothing else does")
        return Plan(tuple(edits))


REFACTORING = UnnameArguments()
