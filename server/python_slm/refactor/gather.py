"""Loops that gather, and comprehensions: what both are made of, and whether one can stand for the other.

A loop's variables are the function's, a comprehension's its own, so that nobody else may read them; and the loop fills
what others could see half full, so that nobody may be looking.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.meaning import function_of, require_not_tried, require_own

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.refactor.code import Code

FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Gathering:
    """``start`` gives ``name`` something empty, ``loop``, right below, fills it; ``innermost`` is how."""

    start: ast.Assign | ast.AnnAssign
    loop: ast.For | ast.AsyncFor
    name: str
    generators: list[ast.comprehension]
    innermost: ast.stmt


def gathering_of(code: Code) -> Gathering:
    """The loop at the selection; raises RefusedError where there is none, or its variables are not its own."""
    loop = code.headed(ast.For, ast.AsyncFor)
    if not isinstance(loop, ast.For | ast.AsyncFor):
        raise RefusedError("select a for loop, or its first line")
    suite = code.suite(loop)
    place = suite.index(loop)
    start = suite[place - 1] if place else None
    target = start.targets[0] if isinstance(start, ast.Assign) and len(start.targets) == 1 else None
    target = start.target if isinstance(start, ast.AnnAssign) else target
    if not isinstance(start, ast.Assign | ast.AnnAssign) or not isinstance(target, ast.Name):
        raise RefusedError("the statement above gives no variable something empty to fill")
    function = function_of(code, loop)
    generators, innermost = _nest(loop)
    _require_plain(loop)
    require_own(code, target.id, function)
    require_not_tried(code, loop, target.id, function)
    mentions = [one for one in ast.walk(loop) if isinstance(one, ast.Name) and one.id == target.id]
    if len(mentions) != 1:
        raise RefusedError("the loop uses what it fills for more than filling it")
    for name in sorted({one for each in generators for one in bound_in(each.target)}):
        _require_unread(code, name, loop, function)
    return Gathering(start, loop, target.id, generators, innermost)


def _nest(loop: ast.For | ast.AsyncFor) -> tuple[list[ast.comprehension], ast.stmt]:
    generators: list[ast.comprehension] = []
    node: ast.stmt = loop
    while isinstance(node, ast.For | ast.AsyncFor | ast.If):
        if node.orelse or len(node.body) != 1:
            raise RefusedError("there is more in the loop than filling one thing")
        if isinstance(node, ast.If):
            generators[-1].ifs.append(node.test)
        else:
            generators.append(ast.comprehension(node.target, node.iter, [], int(isinstance(node, ast.AsyncFor))))
        node = node.body[0]
    return generators, node


def _require_plain(loop: ast.stmt) -> None:
    for one in ast.walk(loop):
        if isinstance(one, ast.Yield | ast.YieldFrom | ast.Lambda):
            raise RefusedError("a yield or lambda in it would belong to another function")
        if isinstance(one, ast.NamedExpr):
            raise RefusedError("it assigns another variable")
        if isinstance(one, ast.GeneratorExp):
            raise RefusedError("a generator in it may be read later")


def bound_in(target: ast.expr) -> list[str]:
    """The names of a loop's target; raises RefusedError where it is an attribute or an item."""
    if isinstance(target, ast.Name):
        return [target.id]
    if isinstance(target, ast.Starred):
        return bound_in(target.value)
    if isinstance(target, ast.Tuple | ast.List):
        return [name for one in target.elts for name in bound_in(one)]
    raise RefusedError("the loop assigns to more than variables")


def _require_unread(code: Code, name: str, loop: ast.stmt, function: FUNCTION) -> None:
    """Raises RefusedError where a loop's variable is read elsewhere than in loops that assign it anew."""
    require_own(code, name, function)
    inside, around = set(ast.walk(loop)), set(code.around(loop))
    for one in code.scopes.of(name, code.scopes.of_node[function]):
        added_to = isinstance(code.parents.get(one.node), ast.AugAssign)
        if one.node in inside or (one.how == "store" and not added_to):
            continue
        loops = [outer for outer in code.around(one.node) if isinstance(outer, ast.For | ast.AsyncFor)]
        anew = [outer for outer in loops if outer not in around and name in _names(outer.target)]
        if not any(one.node in ast.walk(each) for outer in anew for each in outer.body):
            raise RefusedError("a variable of the loop is used elsewhere")


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def require_nobodys(code: Code, names: Sequence[str], node: ast.expr, function: FUNCTION) -> None:
    """Raises RefusedError where the function, but for a comprehension ``node``, knows one of its variables' names."""
    inside = set(ast.walk(node))
    own = code.scopes.of_node[node]
    around = set(ast.walk(function))
    for one in code.scopes.occurrences:
        if one.name in names and one.node in around:
            elsewhere = one.node not in inside and one.home.kind != "comprehension"
            if elsewhere or (one.node in inside and one.home is not own):
                raise RefusedError("a variable of the comprehension has the name of another one")
    if any(isinstance(one, ast.Lambda | ast.GeneratorExp) for one in ast.walk(node) if one is not node):
        raise RefusedError("a function or generator in it may read its variables later")
