"""Imports of a file: which statement is selected, who uses what it binds, and how modules are called from elsewhere."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, TypeVar

from python_slm.errors import RefusedError
from python_slm.refactor.code import FUNCTIONS
from python_slm.refactor.uses import require_unspoken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.refactor.code import Code
    from python_slm.syntax.occurrences import Occurrence

Import = TypeVar("Import", ast.Import, ast.ImportFrom)


def import_at(code: Code, kind: type[Import]) -> tuple[Code, Import]:
    """The whole file and the selected import at its top level; raises RefusedError where there is none."""
    word = "an import statement" if kind is ast.Import else "a from … import"
    if not isinstance(code.nearest(ast.Import, ast.ImportFrom), kind):
        raise RefusedError(f"select {word}")
    whole = code.whole
    node = whole.nearest(kind)
    if node is None or whole.parents[node] is not whole.tree:
        raise RefusedError("it is not at the top level of the file")
    if whole.text[whole.line_start(whole.span(node)[0]) : whole.span(node)[0]].strip():
        raise RefusedError("the statement shares its line with another")
    if whole.text[whole.span(node)[1] : whole.line_end(whole.span(node)[1])].strip().startswith(";"):
        raise RefusedError("the statement shares its line with another")
    if "#" in whole.source(node):
        raise RefusedError("a comment stands in the import")
    return whole, node


def uses_of(whole: Code, alias: ast.alias, name: str) -> Sequence[Occurrence]:
    """The places that read what an import binds; raises RefusedError where others bind or may mean it, too."""
    everywhere = whole.scopes.of(name, whole.scopes.module)
    if any(one.how != "load" for one in everywhere if one.node is not alias):
        raise RefusedError("its name is bound in more than one place")
    require_unspoken(whole, name)
    found = [one for one in everywhere if one.node is not alias]
    for one in found:
        if any(isinstance(outer, ast.JoinedStr) for outer in whole.around(one.node)):
            raise RefusedError("it is read in an f-string")
    return found


def require_free(whole: Code, name: str) -> None:
    """Nothing in the file is called ``name``, not even elsewhere: no scope can hide it."""
    if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", _without_imports(whole)):
        raise RefusedError("the name that it would bind is taken")


def _without_imports(whole: Code) -> str:
    """Names that are bound or read, leaving out what imports and attributes say."""
    names = {one.name for one in whole.scopes.occurrences}
    return " ".join(names)


def is_steady(whole: Code, node: ast.AST) -> bool:
    """Whether ``m.f`` is only called, raised, caught or inherited from there: such names are hardly ever rebound."""
    parent = whole.parents[node]
    if isinstance(parent, ast.Call):
        return parent.func is node or _is_class_check(parent, node)
    if isinstance(parent, ast.ClassDef):
        return node in parent.bases
    if isinstance(parent, ast.Tuple):
        return is_steady(whole, parent)
    if isinstance(parent, (*FUNCTIONS,)):
        return node in parent.decorator_list
    return isinstance(parent, ast.ExceptHandler) or (isinstance(parent, ast.Raise) and parent.exc is node)


def _is_class_check(call: ast.Call, node: ast.AST) -> bool:
    name = getattr(call.func, "id", "")
    return name in {"isinstance", "issubclass"} and len(call.args) > 1 and call.args[1] is node
