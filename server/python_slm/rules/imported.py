"""Whether a name stands for a module of the standard library."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located


def is_module(node: ast.expr, module: str, code: Located, file: File) -> bool:
    """Whether ``node`` is a name that the file binds by importing ``module``, and in no other way."""
    if not isinstance(node, ast.Name):
        return False
    home = code.scopes.at(node).home
    if home is code.scopes.module:
        bound = file.bound(node.id)
        return bool(bound) and all(one.kind == "import" and one.module == module and not one.member for one in bound)
    stores = [one.node for one in code.scopes.of(node.id, home) if one.how != "load"]
    return bool(stores) and all(
        isinstance(one, ast.alias) and one.name == module and isinstance(code.parents[one], ast.Import)
        for one in stores
    )
