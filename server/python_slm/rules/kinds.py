"""Which builtin type an expression certainly has, from its own form or from the only value of a local variable."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.syntax.located import FUNCTIONS

if TYPE_CHECKING:
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

_DISPLAYS: dict[type[ast.expr], str] = {
    ast.List: "list", ast.ListComp: "list", ast.Dict: "dict", ast.DictComp: "dict", ast.Set: "set",
    ast.SetComp: "set", ast.Tuple: "tuple", ast.JoinedStr: "str", ast.GeneratorExp: "generator",
}  # fmt: skip
_CALLS = {
    "str": "str", "repr": "str", "ascii": "str", "chr": "str", "hex": "str", "oct": "str", "bin": "str",
    "format": "str", "bytes": "bytes", "bytearray": "bytearray", "len": "int", "ord": "int", "id": "int",
    "hash": "int", "int": "int", "float": "float", "bool": "bool", "isinstance": "bool", "issubclass": "bool",
    "callable": "bool", "hasattr": "bool", "list": "list", "sorted": "list", "dir": "list", "dict": "dict",
    "set": "set", "frozenset": "frozenset", "tuple": "tuple", "range": "range", "map": "map", "filter": "filter",
    "zip": "zip", "enumerate": "enumerate", "reversed": "reversed", "divmod": "tuple",
}  # fmt: skip
_STR_METHODS = {
    "capitalize": "str", "casefold": "str", "center": "str", "count": "int", "encode": "bytes", "endswith": "bool",
    "expandtabs": "str", "find": "int", "format": "str", "format_map": "str", "index": "int", "isalnum": "bool",
    "isalpha": "bool", "isascii": "bool", "isdecimal": "bool", "isdigit": "bool", "isidentifier": "bool",
    "islower": "bool", "isnumeric": "bool", "isprintable": "bool", "isspace": "bool", "istitle": "bool",
    "isupper": "bool", "join": "str", "ljust": "str", "lower": "str", "lstrip": "str", "partition": "tuple",
    "removeprefix": "str", "removesuffix": "str", "replace": "str", "rfind": "int", "rindex": "int", "rjust": "str",
    "rpartition": "tuple", "rsplit": "list", "rstrip": "str", "split": "list", "splitlines": "list",
    "startswith": "bool", "strip": "str", "swapcase": "str", "title": "str", "translate": "str", "upper": "str",
    "zfill": "str",
}  # fmt: skip
STR_METHODS = frozenset(_STR_METHODS)
"""All methods of ``str``: none changes it, none does anything else."""
NUMBERS = frozenset({"int", "float", "bool", "complex"})


def kind_of(  # noqa: PLR0911 - one form of expression a line
    node: ast.expr, code: Located, file: File, depth: int = 4
) -> str | None:
    """``str``, ``list``, … ; None where it may be something else."""
    if isinstance(node, ast.Constant):
        return "None" if node.value is None else type(node.value).__name__
    if type(node) in _DISPLAYS:
        return _DISPLAYS[type(node)]
    if depth == 0:
        return None
    if isinstance(node, ast.Call):
        return _of_call(node, code, file, depth)
    if isinstance(node, ast.Name):
        return _of_name(node, code, file, depth)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return "bool"
    if isinstance(node, ast.BinOp):
        return _of_operation(node, code, file, depth)
    return None


def builtin(node: ast.expr, code: Located, file: File) -> str:
    """The name of the builtin that ``node`` means; empty where the file may call something else so."""
    if not isinstance(node, ast.Name) or code.scopes.at(node).home is not code.scopes.module:
        return ""
    if code.scopes.of(node.id, code.scopes.module) and any(
        one.how != "load" for one in code.scopes.of(node.id, code.scopes.module)
    ):
        return ""
    return "" if file.open() or file.bound(node.id) else node.id


def only_value(node: ast.Name, code: Located) -> ast.expr | None:
    """The value of a function's variable that is assigned once and nowhere bound otherwise; None if there is none.

    Where it is read, it has that value: before, it would have none at all.
    """
    home = code.scopes.at(node).home
    if not isinstance(home.node, FUNCTIONS):
        return None
    stores = [one for one in code.scopes.of(node.id, home) if one.how != "load"]
    if len(stores) != 1 or stores[0].how != "store" or stores[0].scope is not home:
        return None
    parent = code.parents.get(stores[0].node)
    if isinstance(parent, ast.Assign) and stores[0].node in parent.targets:
        return parent.value
    if isinstance(parent, ast.AnnAssign):
        return parent.value
    return None


def _of_call(node: ast.Call, code: Located, file: File, depth: int) -> str | None:
    if isinstance(node.func, ast.Name):
        return _CALLS.get(builtin(node.func, code, file))
    if isinstance(node.func, ast.Attribute) and node.func.attr in _STR_METHODS:
        return _STR_METHODS[node.func.attr] if kind_of(node.func.value, code, file, depth - 1) == "str" else None
    return None


def _of_name(node: ast.Name, code: Located, file: File, depth: int) -> str | None:
    value = only_value(node, code)
    return kind_of(value, code, file, depth - 1) if value is not None else _of_parameter(node, code)


def _of_parameter(node: ast.Name, code: Located) -> str | None:
    """``str`` for a parameter that is said to be one and is never bound anew."""
    home = code.scopes.at(node).home
    stores = [one.node for one in code.scopes.of(node.id, home) if one.how != "load"]
    if len(stores) != 1 or not isinstance(stores[0], ast.arg) or not isinstance(home.node, FUNCTIONS):
        return None
    arguments, parameter = home.node.args, stores[0]
    plain = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    defaults = [one for one in (*arguments.defaults, *arguments.kw_defaults) if one]
    if parameter not in plain or any(isinstance(one, ast.Constant) and one.value is None for one in defaults):
        return None
    return "str" if isinstance(parameter.annotation, ast.Name) and parameter.annotation.id == "str" else None


def _of_operation(node: ast.BinOp, code: Located, file: File, depth: int) -> str | None:
    left = kind_of(node.left, code, file, depth - 1)
    if left == "str" and isinstance(node.op, ast.Mod):
        return "str"
    right = kind_of(node.right, code, file, depth - 1)
    return left if left == right == "str" and isinstance(node.op, ast.Add) else None
