"""The attributes that a class gives its objects, as far as its own text says."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError

if TYPE_CHECKING:
    from python_slm.refactor.code import Code

_MAKERS = {"dataclass", "define", "attrs", "frozen", "mutable", "s"}
_MADE_BASES = {"NamedTuple", "TypedDict", "Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "BaseModel", "Protocol"}


@dataclass(frozen=True)
class Attribute:
    """``annotation`` and ``default`` are source text; empty where there is none."""

    name: str
    annotation: str
    default: str


def annotated(code: Code, node: ast.ClassDef) -> list[Attribute]:
    """Those that the class body annotates, in order; ``ClassVar`` is the class's own."""
    found = []
    for one in node.body:
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            annotation = code.source(one.annotation)
            if "ClassVar" not in annotation:
                found.append(Attribute(one.target.id, annotation, code.source(one.value) if one.value else ""))
    return found


def assigned(code: Code, node: ast.ClassDef) -> list[Attribute]:
    """Those that ``__init__`` assigns to its object outside of conditions and loops, in order."""
    init = next((one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None)
    if init is None or not init.args.args:
        return []
    found: dict[str, Attribute] = {}
    for one in init.body:
        targets = one.targets if isinstance(one, ast.Assign) else [one.target] if isinstance(one, ast.AnnAssign) else []
        for target in (each for outer in targets for each in (outer.elts if isinstance(outer, ast.Tuple) else [outer])):
            if isinstance(target, ast.Attribute) and ast.unparse(target.value) == init.args.args[0].arg:
                annotation = code.source(one.annotation) if isinstance(one, ast.AnnAssign) else ""
                found.setdefault(target.attr, Attribute(target.attr, annotation, ""))
    return list(found.values())


def known(code: Code, node: ast.ClassDef) -> list[Attribute]:
    """Those of ``__init__``, or else the annotated ones; raises RefusedError where there are none, or none certain."""
    require_own_making(node)
    found = assigned(code, node) or annotated(code, node)
    if not found:
        raise RefusedError("the class says nothing of its attributes")
    return found


def require_own_making(node: ast.ClassDef) -> None:
    """Raises RefusedError where a decorator or base class writes the methods itself."""
    names = {getattr(one, "id", getattr(one, "attr", "")) for one in map(_called, node.decorator_list)}
    bases = {getattr(one, "id", getattr(one, "attr", "")) for one in node.bases}
    if names & _MAKERS or bases & _MADE_BASES or node.keywords:
        raise RefusedError("a decorator, base or metaclass writes such methods itself")


def require_without(node: ast.ClassDef, *names: str) -> None:
    """Raises RefusedError where the class has one of the methods."""
    for one in node.body:
        bound = {getattr(one, "name", "")} | {inner.id for inner in ast.walk(one) if isinstance(inner, ast.Name)}
        if bound & set(names):
            raise RefusedError("the class has that method already")


def _called(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node
