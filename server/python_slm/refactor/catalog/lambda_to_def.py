"""Lambda to def: a ``lambda`` becomes a function with a name, above the statement that it stands in."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.order import NOTHING, effect
from python_slm.refactor.plan import Plan
from python_slm.refactor.rewrite import Become, rewritten
from python_slm.syntax.parse import parsed

if TYPE_CHECKING:
    from python_slm.refactor.code import Code

EXAMPLES = (
    ("f = ⟦lambda⟧ a: a + 1  # why\n", "def f(a):\n    return a + 1  # why\n"),
    (
        "def g(x):\n\treturn sorted(x, key=⟦lambda⟧ a, *b: (a,\n\t\tb))\n",
        "def g(x):\n\tdef key(a, *b):\n\t\treturn (a,\n\t\tb)\n\treturn sorted(x, key=key)\n",
    ),
    (
        "x = map(⟦lambda⟧: 'é', y)  # one\n",
        "def function():\n    return 'é'\nx = map(function, y)  # one\n",
    ),
    (
        "if a:\n    g(1, f=⟦lambda⟧ x=1, /, *, y: x if y else 2)\n",
        "if a:\n    def f2(x=1, /, *, y):\n        return x if y else 2\n    g(1, f=f2)\n",
    ),
    (
        "def g(x):\n    y = (⟦lambda⟧ a:\n         a + x)\n    return y\n",
        "def g(x):\n    def y(a):\n        return a + x\n    return y\n",
    ),
)
REFUSED = (
    ("class A:\n    f = g(⟦lambda⟧ a: a)\n", "class"),
    ("x = [⟦lambda⟧: y for y in z]\n", "comprehension"),
    ("while f(⟦lambda⟧: 1):\n    pass\n", "every round"),
    ("f(lambda a=g(): a, ⟦lambda⟧ a=g(): a)\n", "default"),
    ("f(⟦lambda⟧: (yield))\n", "yield"),
    ("x = ⟦a⟧\n", "select"),
)


class LambdaToDef:
    """Its ``__name__`` changes, nothing else: defaults are evaluated above only where that makes no difference."""

    name = "lambda-to-def"
    kind = "refactor.rewrite.lambda.toDef"
    title = "Replace lambda with def"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.nearest(ast.Lambda)
        if node is None:
            raise RefusedError("select a lambda")
        if any(isinstance(one, ast.Yield | ast.YieldFrom) for one in ast.walk(node)):
            raise RefusedError("it holds a yield")
        statement, parent = _place(code, node), code.parents[node]
        if isinstance(code.definition(statement), ast.ClassDef):
            raise RefusedError("it would become a method of the class")
        target = parent.targets[0] if isinstance(parent, ast.Assign) and len(parent.targets) == 1 else None
        if isinstance(target, ast.Name):
            return rewritten(code, Become([statement], [_def(node, target.id)]))
        if effect(node) != NOTHING:
            raise RefusedError("a default of it would be evaluated earlier")
        name = code.free(parent.arg if isinstance(parent, ast.keyword) and parent.arg else "function", node)
        above = Become([statement], [_def(node, name)], above=True)
        plan = rewritten(code, above, expressions={node: ast.Name(name, ast.Load())})
        first = min(plan.edits, key=lambda one: one.start)
        return Plan(plan.edits, first.start + first.text.index("def ") + len("def "))


def _place(code: Code, node: ast.Lambda) -> ast.stmt:
    """The statement above which the function goes."""
    for outer in code.around(node):
        if isinstance(outer, ast.comprehension | ast.Lambda) or hasattr(outer, "generators"):
            raise RefusedError("it is made in a comprehension or another lambda, whose variables it may use")
        if isinstance(outer, ast.stmt):
            break
    statement = code.statement(node)
    if isinstance(statement, ast.While):
        raise RefusedError("it is made anew in every round")
    while code.source(statement).startswith("elif"):
        above = code.parents[statement]
        assert isinstance(above, ast.stmt)
        statement = above
    return statement


def _def(node: ast.Lambda, name: str) -> ast.FunctionDef:
    new = parsed("def f(): pass").body[0]
    assert isinstance(new, ast.FunctionDef)
    new.name, new.args, new.body = name, node.args, [ast.Return(node.body)]
    return new


REFACTORING = LambdaToDef()
