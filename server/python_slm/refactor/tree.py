"""What a tree is to become, so that text edits can be held against it."""

from __future__ import annotations

import ast
from copy import deepcopy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_OPPOSITE: tuple[tuple[type[ast.cmpop], type[ast.cmpop], str], ...] = (
    (ast.Eq, ast.NotEq, "!="),
    (ast.NotEq, ast.Eq, "=="),
    (ast.Is, ast.IsNot, "is not"),
    (ast.IsNot, ast.Is, "is"),
    (ast.In, ast.NotIn, "not in"),
    (ast.NotIn, ast.In, "in"),
)


class Replaced:
    """A copy of a tree in which some nodes have given way to others, or to none."""

    def __init__(self, changes: Mapping[ast.AST, ast.AST | Sequence[ast.AST] | None]) -> None:
        self._changes = changes

    def of(self, tree: ast.AST) -> ast.AST:
        """The copy; ``tree`` stays as it is."""
        changed = self.visit(tree)
        assert isinstance(changed, ast.AST)  # the root of what is asked for has one successor
        return changed

    def visit(self, node: ast.AST) -> ast.AST | Sequence[ast.AST] | None:
        """The node's successor, or a copy of it with successors inside."""
        if node in self._changes:
            return self._changes[node]
        copy = type(node)(**{field: self._copied(value) for field, value in ast.iter_fields(node)})
        return ast.copy_location(copy, node)

    def _copied(self, value: object) -> object:
        if isinstance(value, ast.AST):
            return self.visit(value)
        if not isinstance(value, list):
            return value
        copies: list[object] = []
        for one in value:
            copy = self.visit(one) if isinstance(one, ast.AST) else one
            copies += copy if isinstance(copy, list) else [] if copy is None and one is not None else [copy]
        return copies


def negated(test: ast.expr) -> ast.expr:
    """The opposite of a condition; orders are not turned round: ``not a < b`` is not ``a >= b`` for every type."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        for kind, opposite, _ in _OPPOSITE:
            if type(test.ops[0]) is kind:
                changed = deepcopy(test)
                changed.ops = [opposite()]
                return changed
    return ast.UnaryOp(ast.Not(), test)


def opposite_operator(test: ast.expr) -> str:
    """How ``negated`` spells the operator of a comparison; empty where it takes ``not``."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return next((text for kind, _, text in _OPPOSITE if type(test.ops[0]) is kind), "")
    return ""
