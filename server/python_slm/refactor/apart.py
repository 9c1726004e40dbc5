"""Whether several assignments may as well be made at once: all values first, then all variables."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import FUNCTIONS
from python_slm.refactor.order import CHANGES, NOTHING, effect
from python_slm.syntax.flow import swallows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.refactor.code import Code


def require_one_by_one(code: Code, statement: ast.stmt, parts: Sequence[tuple[ast.expr, ast.expr]]) -> None:
    """Raises RefusedError where a value may depend on a target assigned earlier, or an exception halfway shows."""
    for place, (target, _) in enumerate(parts):
        for _, value in parts[place + 1 :]:
            if not _is_apart(code, target, value):
                raise RefusedError("a value may depend on what is assigned earlier")
        if not isinstance(target, ast.Name) and _reads_of(target) & {
            one.id for earlier, _ in parts[:place] for one in [earlier] if isinstance(one, ast.Name)
        }:
            raise RefusedError("a value may depend on what is assigned earlier")
    if all(effect(value) == NOTHING for _, value in parts[1:]):
        return
    for outer in code.around(statement):
        if isinstance(outer, ast.Try | ast.TryStar) or swallows(outer):
            raise RefusedError("after an exception halfway, a variable would have another value")
        if isinstance(outer, FUNCTIONS):
            return


def _is_apart(code: Code, target: ast.expr, value: ast.expr) -> bool:
    if isinstance(target, ast.Name):
        if target.id in _reads_of(value):
            return False
        home = code.scopes.at(target).home
        shared = home.kind != "function" or any(one.scope is not home for one in code.scopes.of(target.id, home))
        return not shared or effect(value) != CHANGES
    if not isinstance(target, ast.Attribute) or not isinstance(target.value, ast.Name):
        return False
    parts = list(ast.walk(value))
    looks = (ast.Attribute, ast.Subscript, ast.Call, ast.Await, ast.Yield, ast.YieldFrom)
    return effect(value) != CHANGES and not any(isinstance(one, looks) for one in parts)


def _reads_of(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
