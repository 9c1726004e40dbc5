"""Expressions that give the same twice in a row and change nothing, and places where an error is what is wanted."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.syntax.flow import swallows

if TYPE_CHECKING:
    from python_slm.syntax.located import Located

_PURE = (
    ast.Constant, ast.Name, ast.Attribute, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Tuple, ast.List,
    ast.Set, ast.Subscript, ast.Slice, ast.expr_context, ast.operator, ast.boolop, ast.unaryop, ast.cmpop, ast.Call,
    ast.keyword,
)  # fmt: skip
_PURE_CALLS = {"isinstance", "issubclass", "len", "hasattr", "callable", "type", "str", "int", "bool"}
_PURE_METHODS = {
    "startswith", "endswith", "lower", "upper", "strip", "isdigit", "isalpha", "isalnum", "isspace", "isupper",
    "islower", "keys", "values", "items", "find", "count",
}  # fmt: skip


def is_pure(node: ast.expr) -> bool:
    """Whether evaluating it twice in a row gives the same, short of properties that play tricks."""
    return all(isinstance(one, _PURE) and _is_pure_call(one) for one in ast.walk(node))


def _is_pure_call(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return True
    if isinstance(node.func, ast.Name):
        return node.func.id in _PURE_CALLS
    return isinstance(node.func, ast.Attribute) and node.func.attr in _PURE_METHODS


def expects_error(node: ast.AST, code: Located) -> bool:
    """Whether what ``node`` raises is caught around it: by an ``except``, or by ``with pytest.raises`` and the like."""
    inner = node
    for outer in code.around(node):
        if swallows(outer) or (isinstance(outer, ast.Lambda) and _beside_exception(outer, code)):
            return True
        if isinstance(outer, ast.Try | ast.TryStar) and inner in outer.body and outer.handlers:
            return True
        inner = outer
    return False


def _beside_exception(node: ast.Lambda, code: Located) -> bool:
    """``assertRaises(TypeError, lambda: …)``."""
    beside = ast.iter_child_nodes(code.parents[node])
    return any(isinstance(one, ast.Name) and one.id.endswith(("Error", "Exception")) for one in beside)
