"""Whether execution can get past a statement: what certainly ends, returns, raises or goes elsewhere."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.syntax.flow import swallows

if TYPE_CHECKING:
    from collections.abc import Sequence

_JUMPS = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_EXITS = {"sys.exit", "os._exit", "os.abort"}
LOOPS = (ast.For, ast.AsyncFor, ast.While)


def never_passes(statements: Sequence[ast.stmt]) -> bool:
    """Whether execution cannot get to the end of ``statements``."""
    return any(ends(one) for one in statements)


def ends(statement: ast.stmt) -> bool:  # noqa: PLR0911 - one kind of statement a line
    """Whether what stands after ``statement`` is certainly never reached from it."""
    if isinstance(statement, _JUMPS) or exits(statement):
        return True
    if isinstance(statement, ast.If):
        return bool(statement.orelse) and never_passes(statement.body) and never_passes(statement.orelse)
    if isinstance(statement, ast.While):
        return is_true(statement.test) and not breaks(statement)
    if isinstance(statement, ast.With | ast.AsyncWith):
        return never_passes(statement.body) and _keeps_exceptions(statement)
    if isinstance(statement, ast.Try | ast.TryStar):
        inside = never_passes(statement.body) or never_passes(statement.orelse)
        handled = all(never_passes(one.body) for one in statement.handlers)
        return never_passes(statement.finalbody) or (inside and handled)
    if isinstance(statement, ast.Match):
        return _has_default(statement) and all(never_passes(one.body) for one in statement.cases)
    return False


def exits(statement: ast.stmt) -> bool:
    """Whether it is a call of ``sys.exit`` and the like: by that name, which the caller knows to be the module's."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and f"{call.func.value.id}.{call.func.attr}" in _EXITS
    )


def is_true(test: ast.expr) -> bool:
    """``True``, ``1`` and the like, which only mean that a loop has no end."""
    return isinstance(test, ast.Constant) and bool(test.value)


def breaks(loop: ast.For | ast.AsyncFor | ast.While) -> bool:
    """Whether a ``break`` of this very loop stands in its body."""
    return any(_holds(one, ast.Break) for one in loop.body)


def continues(loop: ast.For | ast.AsyncFor | ast.While) -> bool:
    """Whether a ``continue`` of this very loop stands in its body."""
    return any(_holds(one, ast.Continue) for one in loop.body)


def _holds(node: ast.AST, jump: type[ast.stmt]) -> bool:
    if isinstance(node, jump):
        return True
    if isinstance(node, LOOPS):  # a jump in its body is its own, one in its else is not
        return any(_holds(one, jump) for one in node.orelse)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr):
        return False
    return any(_holds(one, jump) for one in ast.iter_child_nodes(node))


def _keeps_exceptions(statement: ast.With | ast.AsyncWith) -> bool:
    """A context manager may swallow what is raised in it, and go on behind: only jumps out of it are certain."""
    if swallows(statement):
        return False
    return not any(
        isinstance(node, ast.Raise | ast.Call | ast.Await) for one in statement.body for node in ast.walk(one)
    )


def _has_default(statement: ast.Match) -> bool:
    last = statement.cases[-1]
    return last.guard is None and isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
