"""Inline variable: what a variable is assigned takes its place, and the assignment goes."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import Code, same
from python_slm.refactor.order import require_first
from python_slm.refactor.plan import Plan
from python_slm.refactor.tree import Replaced
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.syntax.occurrences import Occurrence

EXAMPLES = (
    ("def f(a):\n    ⟦x⟧ = a + 1\n    return 2 * x\n", "def f(a):\n    return 2 * (a + 1)\n"),
    ("def f(a):\n    x = g(a)  # why\n    return [⟦x⟧]\n", "def f(a):\n    # why\n    return [g(a)]\n"),
    ("def f():\n    ⟦n⟧ = 3\n    while n < g():\n        h(n)\n", "def f():\n    while 3 < g():\n        h(3)\n"),
    ("def f(a):\n\t⟦x⟧ = (a +\n\t\t1)\n\treturn x\n", "def f(a):\n\treturn (a +\n\t\t1)\n"),
    ("def f(a):\n    ⟦x⟧ = a, 1\n    return g(x)\n", "def f(a):\n    return g((a, 1))\n"),
    ("def f():\n    ⟦x⟧: int = yield\n    return x\n", "def f():\n    return (yield)\n"),
)
REFUSED = (
    ("def f(a):\n    ⟦x⟧ = g()\n    h()\n    return x\n", "right below"),
    ("def f(a):\n    ⟦x⟧ = g()\n    return x + x\n", "more than once"),
    ("def f(a):\n    ⟦x⟧ = 1\n    x += 1\n    return x\n", "more than one"),
    ("def f(a):\n    ⟦x⟧ = 1\n    return lambda: x\n", "function inside"),
    ("def f(a):\n    ⟦x⟧ = g()\n    return a and x\n", "condition"),
    ("def f(a):\n    ⟦x⟧ = g()\n    return h() + x\n", "evaluated before"),
    ("def f(a):\n    ⟦x⟧ = (y := 1)\n    return y + x\n", "assigns another"),
    ("def f(⟦a⟧):\n    return a\n", "parameter"),
    ("def f(a):\n    ⟦x⟧ = 1\n", "nobody reads"),
    ("⟦x⟧ = 1\nprint(x)\n", "of a function"),
    ("def f(y):\n    ⟦x⟧ = y\n    return [x for y in z]\n", "function inside"),
    ("def f(y):\n    ⟦x⟧ = y + 1\n    return f'{x}'\n", "f-string"),
    ("def f(y):\n    ⟦x⟧ = y + 1\n    x.z = 2\n", "assigned to a part"),
)


class InlineVariable:
    """A constant anywhere; anything else where the next statement reads it once, before anything else happens."""

    name = "inline-variable"
    kind = "refactor.inline.variable"
    title = "Inline variable"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        at = code.scopes.at(code.name_at_selection())
        if at.home.kind != "function" or not isinstance(at.home.node, ast.FunctionDef | ast.AsyncFunctionDef):
            raise RefusedError("it is not a variable of a function")
        everywhere = code.scopes.of(at.name, at.home)
        assignment, value = _only_assignment(code, everywhere)
        uses = [one.node for one in everywhere if one.how == "load"]
        if not uses:
            raise RefusedError("nobody reads it")
        for use in everywhere:
            if use.scope is not at.home:
                raise RefusedError("a function inside, or a comprehension, uses it")
        self._require_same_value(code, assignment, value, uses)
        code.indent(assignment)
        gone = _removed(code, assignment, value)
        for texts in ((code.source(value),), (f"({code.source(value)})",)):
            edits = (gone, *(Edit(*code.span(use), texts[0]) for use in uses))
            changes: dict[ast.AST, ast.AST | None] = dict.fromkeys(uses, value)
            changes[assignment] = None
            if same(Replaced(changes).of(code.tree), code.becomes(*edits)):
                return Plan(edits)
        raise RefusedError("its text does not fit where it is read")

    @staticmethod
    def _require_same_value(code: Code, assignment: ast.stmt, value: ast.expr, uses: Sequence[ast.AST]) -> None:
        for use in uses:
            if any(isinstance(one, ast.JoinedStr) for one in code.around(use)):
                raise RefusedError("it is read in an f-string")
            if code.span(use)[0] < code.span(assignment)[1]:
                raise RefusedError("it is read above its assignment")
        if isinstance(value, ast.Constant):
            return
        if len(uses) > 1:
            raise RefusedError("it is read more than once")
        if any(isinstance(one, ast.NamedExpr) for one in ast.walk(value)):
            raise RefusedError("its value assigns another variable")
        use = uses[0]
        assert isinstance(use, ast.expr)
        parent = code.parents[use]
        if isinstance(parent, ast.Attribute | ast.Subscript) and not isinstance(parent.ctx, ast.Load):
            raise RefusedError("something is assigned to a part of it")
        suite = code.suite(assignment)
        below = suite[suite.index(assignment) + 1 :][:1]
        if code.statement(use) not in below:
            raise RefusedError("it is not read in the statement right below, and may be another value by then")
        require_first(code, use, value)


def _only_assignment(code: Code, everywhere: Sequence[Occurrence]) -> tuple[ast.stmt, ast.expr]:
    bound = [one for one in everywhere if one.how != "load"]
    if len(bound) != 1:
        raise RefusedError("it is bound in more than one place")
    target = bound[0].node
    if isinstance(target, ast.arg):
        raise RefusedError("it is a parameter")
    statement = code.parents[target]
    simple = isinstance(statement, ast.Assign) and statement.targets == [target]
    if simple or (isinstance(statement, ast.AnnAssign) and statement.target is target):
        assert isinstance(statement, ast.Assign | ast.AnnAssign)
        if statement.value is not None:
            return statement, statement.value
    raise RefusedError("it is not bound by an assignment of its own")


def _removed(code: Code, assignment: ast.stmt, value: ast.expr) -> Edit:
    """The edit that takes an assignment's lines away; a comment behind it stays, on a line of its own."""
    start, end = code.span(assignment)
    line, last = code.line_start(start), code.line_end(end)
    rest = code.text[end:last].strip()
    if rest and not rest.startswith("#"):
        raise RefusedError("the statement shares its line with another")
    inside = code.text[start : code.span(value)[0]] + code.text[code.span(value)[1] : end]
    if "#" in inside:
        raise RefusedError("a comment stands in its assignment")
    if rest:
        return Edit(start, last, rest)
    found = re.compile(r"\r\n|\n|\r").match(code.text, last)
    return Edit(line, found.end() if found else last, "")


REFACTORING = InlineVariable()
