"""Which function of the same file a call certainly runs, and which parameter each argument is for."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.uses import Function, module_uses, parameters_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.refactor.code import Code

_ELSEWHERE = "only calls of functions and classes of the same file are certain"


def call_at(code: Code) -> tuple[Code, ast.Call, Sequence[ast.arg], Function]:
    """The whole file, the innermost call there, the parameters that its arguments may be for, and its function.

    Raises RefusedError where that is not certain.
    """
    _require_known(code)
    whole = code.whole
    call = whole.nearest(ast.Call)
    if call is None:
        raise RefusedError("select a call")
    assert isinstance(call.func, ast.Name)
    occurrence = whole.scopes.at(call.func)
    found = [
        one.node
        for one in whole.scopes.of(occurrence.name, occurrence.home)
        if isinstance(one.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and one.how == "store"
    ]
    if len(found) != 1 or occurrence.home is not whole.scopes.module:
        raise RefusedError(_ELSEWHERE)
    definition = found[0]
    assert isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    module_uses(whole, definition)
    if definition.decorator_list:
        raise RefusedError("a decorator may give it other parameters")
    if isinstance(definition, ast.ClassDef):
        function = _init(definition)
        return whole, call, parameters_of(function)[1:], function
    return whole, call, parameters_of(definition), definition


def _require_known(code: Code) -> None:
    """Raises RefusedError for most calls before the file is read as a whole, which takes longest."""
    call = code.nearest(ast.Call)
    if call is None:
        raise RefusedError("select a call")
    if not isinstance(call.func, ast.Name):
        raise RefusedError(_ELSEWHERE)
    if any(isinstance(one, ast.Starred) for one in call.args) or any(one.arg is None for one in call.keywords):
        raise RefusedError("it has arguments with a star, whose number is not known")
    if not any(call.func.id in block.piece.outline.names for block in code.index.blocks):
        raise RefusedError(_ELSEWHERE)


def _init(node: ast.ClassDef) -> Function:
    if node.keywords or any(not (isinstance(one, ast.Name) and one.id == "object") for one in node.bases):
        raise RefusedError("a base class may decide how its objects are made")
    made = [one for one in node.body if getattr(one, "name", "") in {"__init__", "__new__"}]
    if len(made) != 1 or not isinstance(made[0], ast.FunctionDef) or made[0].name == "__new__":
        raise RefusedError("its parameters are not known")
    if made[0].decorator_list:
        raise RefusedError("a decorator may give it other parameters")
    return made[0]
