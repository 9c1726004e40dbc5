"""The types that expressions certainly have, by their text alone."""

from __future__ import annotations

import ast

_DISPLAYS: tuple[tuple[type[ast.expr], str], ...] = (
    (ast.JoinedStr, "str"),
    (ast.List, "list"), (ast.ListComp, "list"),
    (ast.Dict, "dict"), (ast.DictComp, "dict"),
    (ast.Set, "set"), (ast.SetComp, "set"),
    (ast.Tuple, "tuple"),
)  # fmt: skip
_IDENTITIES = (ast.Is, ast.IsNot, ast.In, ast.NotIn)


def type_of(node: ast.expr) -> str:
    """``int``, ``list``, ``None`` …; empty where that is not certain."""
    if isinstance(node, ast.Constant):
        return "" if node.value is Ellipsis else "None" if node.value is None else type(node.value).__name__
    if isinstance(node, ast.UnaryOp):
        inner = type_of(node.operand)
        if isinstance(node.op, ast.Not):
            return "bool"
        return inner if inner in {"int", "float", "complex"} else ""
    if isinstance(node, ast.Compare):
        return "bool" if all(isinstance(one, _IDENTITIES) for one in node.ops) else ""
    if isinstance(node, ast.BoolOp):
        types = {type_of(one) for one in node.values}
        return "bool" if types == {"bool"} else ""
    return next((name for kind, name in _DISPLAYS if isinstance(node, kind)), "")
