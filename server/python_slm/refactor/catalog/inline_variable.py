"""Inline variable: what a variable is assigned takes its place, and the assignment goes."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import FUNCTIONS, Code, same
from python_slm.refactor.order import require_first
from python_slm.refactor.plan import Plan
from python_slm.refactor.tree import Replaced
from python_slm.syntax.flow import swallows
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
    (
        "def f(a):\n    if a:\n        x = g(a)\n        return ⟦x⟧\n    x = h()\n    return x\n",
        "def f(a):\n    if a:\n        return g(a)\n    x = h()\n    return x\n",
    ),
    ("def f(x):\n    ⟦x⟧ = x + 1\n    x = g(x)\n    return x\n", "def f(x):\n    x = g(x + 1)\n    return x\n"),
    ("def f(a):\n    ⟦x⟧ = a\n    h()\n    return x + x\n", "def f(a):\n    h()\n    return a + a\n"),
    ("def f():\n    ⟦n⟧ = 3\n    return [n for _ in g()]\n", "def f():\n    return [3 for _ in g()]\n"),
)
REFUSED = (
    ("def f(a):\n    ⟦x⟧ = g()\n    h()\n    return x\n", "right below"),
    ("def f(a):\n    ⟦x⟧ = g()\n    return x + x\n", "more than once"),
    ("def f(a):\n    ⟦x⟧ = 1\n    x += 1\n    return x\n", "more than one"),
    ("def f(a):\n    ⟦x⟧ = g()\n    return lambda: x\n", "function inside"),
    ("def f(a):\n    ⟦x⟧ = a\n    a = 1\n    return x + x\n", "more than once"),
    ("def f(a):\n    ⟦x⟧ = 1\n    if a:\n        x = 2\n    return x\n", "more than one"),
    ("def f(a):\n    x = 0\n    try:\n        ⟦x⟧ = g()\n        return x\n    finally:\n        h(x)\n", "handles"),
    ("def f(a):\n    ⟦x⟧ = g()\n    x = h(x)\n    return lambda: x\n", "more than one"),
    ("def f(a):\n    ⟦x⟧ = g()\n    x = h() + x\n    return x\n", "evaluated before"),
    ("def f(a):\n    ⟦x⟧ = 1\n    return (x := 3) + x\n", "more than one"),
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
_MORE = "it is bound in more than one place"


class InlineVariable:
    """A constant or parameter anywhere; all else where the next statement reads it once, before anything happens."""

    name = "inline-variable"
    kind = "refactor.inline.variable"
    title = "Inline variable"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        at = code.scopes.at(code.name_at_selection())
        if at.home.kind != "function" or not isinstance(at.home.node, ast.FunctionDef | ast.AsyncFunctionDef):
            raise RefusedError("it is not a variable of a function")
        everywhere = code.scopes.of(at.name, at.home)
        assignment, value, uses = _given_and_read(code, at, everywhere)
        if not uses:
            raise RefusedError("nobody reads it")
        only_here = all(use.scope is at.home for use in everywhere)
        if not only_here and not isinstance(value, ast.Constant):
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
        if isinstance(value, ast.Constant) or _is_parameter(code, value):
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


def _given_and_read(
    code: Code, at: Occurrence, everywhere: Sequence[Occurrence]
) -> tuple[ast.stmt, ast.expr, Sequence[ast.AST]]:
    """The assignment, its value, and the places that read what it assigns."""
    bound = [one.node for one in everywhere if one.how != "load"]
    uses = [one.node for one in everywhere if one.how == "load"]
    if len(bound) == 1:
        return *_assignment_of(code, bound[0]), uses
    given = at.node if at.how == "store" else _bound_above(code, at.node, bound)
    if given is None or any(one.scope is not at.home for one in everywhere):
        raise RefusedError(_MORE)
    statement, value = _assignment_of(code, given)
    below = _forgetting(code, statement, at.name)
    return statement, value, [one for one in uses if code.statement(one) is below]


def _bound_above(code: Code, use: ast.AST, bound: Sequence[ast.AST]) -> ast.AST | None:
    """Where the statement right above the one of ``use`` binds the variable."""
    statement = code.statement(use)
    suite = code.suite(statement)
    above = suite[: suite.index(statement)][-1:]
    return next((one for one in bound if isinstance(one, ast.Name) and code.parents[one] in above), None)


def _forgetting(code: Code, statement: ast.stmt, name: str) -> ast.stmt:
    """The statement right below, if nobody can read what ``statement`` assigns after it: it leaves, or assigns anew."""
    suite = code.suite(statement)
    for below in suite[suite.index(statement) + 1 :][:1]:
        anew = isinstance(below, ast.Assign) and [getattr(one, "id", "") for one in below.targets] == [name]
        if not anew and not isinstance(below, ast.Return | ast.Raise):
            break
        if any(isinstance(one, ast.NamedExpr) for one in ast.walk(below)):
            break
        for outer in code.around(statement):
            if isinstance(outer, ast.Try | ast.TryStar) or swallows(outer):
                raise RefusedError("it is bound in more than one place, and what handles an exception may read it")
            if isinstance(outer, FUNCTIONS):
                return below
    raise RefusedError(_MORE)


def _is_parameter(code: Code, value: ast.expr) -> bool:
    """Whether a value is a parameter that is never given another, and so means the same everywhere."""
    if not isinstance(value, ast.Name):
        return False
    home = code.scopes.at(value).home
    bound = [one.node for one in code.scopes.of(value.id, home) if one.how != "load"]
    return home is code.scopes.at(value).scope and [type(one) for one in bound] == [ast.arg]


def _assignment_of(code: Code, target: ast.AST) -> tuple[ast.stmt, ast.expr]:
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
