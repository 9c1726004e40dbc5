"""Whether an expression can be evaluated before the rest of its statement without anybody noticing.

Taken to be harmless: reading a variable, and looking up a method that is called. Attributes, items and operators read
what a call may change; calls, awaits, yields and comprehensions change things.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError

if TYPE_CHECKING:
    from python_slm.syntax.located import Located

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_CHANGES = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr, *_COMPREHENSIONS)
_INERT = (ast.Name, ast.Constant, ast.Tuple, ast.expr_context)
NOTHING, READS, CHANGES = range(3)
_HEADERS = (ast.If, ast.For, ast.AsyncFor, ast.With, ast.AsyncWith, ast.Match)
_SIMPLE = (ast.Expr, ast.Return, ast.Raise, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Assert)


def effect(node: ast.AST) -> int:
    """NOTHING, READS or CHANGES."""
    if isinstance(node, ast.Lambda):
        return max((effect(one) for one in (*node.args.defaults, *node.args.kw_defaults) if one), default=NOTHING)
    if isinstance(node, _CHANGES):
        return CHANGES
    inside = max((effect(one) for one in ast.iter_child_nodes(node)), default=NOTHING)
    return max(inside, NOTHING if isinstance(node, _INERT) else READS)


def require_first(code: Located, node: ast.expr, value: ast.expr) -> ast.stmt:
    """The statement around ``node``, if ``value`` in its place might as well be evaluated before that statement.

    Raises RefusedError where it might not run then, run again, or see or make a difference.
    """
    earlier: list[int] = []
    inner: ast.AST = node
    for outer in code.around(node):
        if isinstance(outer, ast.stmt):
            earlier += _before_in_statement(code, outer, inner)
            break
        earlier += _before_in_expression(outer, inner)
        inner = outer
    latest = max(earlier, default=NOTHING)
    own = effect(value)
    constant = all(isinstance(one, ast.Constant | ast.operator | ast.unaryop) for one in _parts(value))
    if not constant and (latest == CHANGES or (latest == READS and own == CHANGES)):
        raise RefusedError("something else is evaluated before it that it may depend on, or change")
    return outer  # type: ignore[return-value]


def _parts(value: ast.expr) -> list[ast.AST]:
    return [one for one in ast.walk(value) if not isinstance(one, ast.UnaryOp | ast.BinOp)]


def _before_in_expression(outer: ast.AST, inner: ast.AST) -> list[int]:  # noqa: C901, PLR0911 - a table
    """What an expression evaluates before one of its parts."""
    if isinstance(outer, ast.Lambda):
        raise RefusedError("it is evaluated later, in a lambda")
    if isinstance(outer, ast.comprehension | ast.arguments):
        if isinstance(outer, ast.comprehension) and inner is outer.iter:
            return []
        raise RefusedError("it is evaluated many times, or later")
    if isinstance(outer, _COMPREHENSIONS):
        if inner is not outer.generators[0]:
            raise RefusedError("it is evaluated many times, in a comprehension")
        return []
    if isinstance(outer, ast.BoolOp):
        return _conditional(outer.values, inner, 1)
    if isinstance(outer, ast.Compare):
        return _conditional([outer.left, *outer.comparators], inner, 2)
    if isinstance(outer, ast.IfExp):
        return _conditional([outer.test, outer.body, outer.orelse], inner, 1)
    if isinstance(outer, ast.Call):
        callee = outer.func.value if isinstance(outer.func, ast.Attribute) else outer.func
        while isinstance(callee, ast.Attribute):
            callee = callee.value
        parts: list[ast.AST] = sorted([*outer.args, *outer.keywords], key=_place)
        return [] if inner is outer.func else [effect(callee), *_until(parts, inner)]
    if isinstance(outer, ast.Dict):
        parts = [part for pair in zip(outer.keys, outer.values, strict=True) for part in pair if part]
        return _until(parts, inner)
    return _until(list(ast.iter_child_nodes(outer)), inner)


def _before_in_statement(code: Located, outer: ast.stmt, inner: ast.AST) -> list[int]:  # noqa: C901 - a table
    """What a statement evaluates before one of its parts."""
    if isinstance(outer, ast.If) and code.source(outer).startswith("elif"):
        raise RefusedError("it is evaluated only where the conditions above do not hold")
    if isinstance(outer, _HEADERS):
        first = {getattr(outer, part, None) for part in ("test", "iter", "subject")}
        if isinstance(outer, ast.With | ast.AsyncWith):
            first = {outer.items[0]}
        if inner in first:
            return []
        raise RefusedError("it is not the first thing that its statement evaluates")
    if not isinstance(outer, _SIMPLE):
        raise RefusedError("it is evaluated by a loop's condition, a definition or another statement of its own")
    if isinstance(outer, ast.Assign):
        return _until([outer.value, *outer.targets], inner)
    if isinstance(outer, ast.AnnAssign):
        if inner is not outer.value:
            raise RefusedError("it is not what is assigned")
        return []
    if isinstance(outer, ast.AugAssign):
        return _until([outer.target, outer.value], inner)
    if isinstance(outer, ast.Assert) and inner is not outer.test:
        raise RefusedError("it is evaluated only where the assertion fails")
    return _until(list(ast.iter_child_nodes(outer)), inner)


def _conditional(parts: list[ast.expr], inner: ast.AST, always: int) -> list[int]:
    if inner not in parts[:always]:
        raise RefusedError("it is evaluated only under a condition")
    return _until(list(parts), inner)


def _until(parts: list[ast.AST], inner: ast.AST) -> list[int]:
    return [effect(part) for part in parts[: parts.index(inner)]] if inner in parts else []


def _place(node: ast.AST) -> tuple[int, int]:
    return node.lineno, node.col_offset  # type: ignore[attr-defined]
