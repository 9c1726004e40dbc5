"""Parameters of a function, from its ``ast`` tree or from elsewhere."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

ParameterKind = Literal["positional", "either", "keyword", "args", "kwargs"]


@dataclass(frozen=True)
class Parameter:
    """One parameter of a function; ``kind`` is ``inspect.Parameter``'s, ``required`` when it has no default."""

    name: str
    kind: ParameterKind
    required: bool


def parameters_of(arguments: ast.arguments) -> tuple[Parameter, ...]:
    """What a ``def`` or ``lambda`` takes, in order, ``self`` included."""
    positional = [*arguments.posonlyargs, *arguments.args]
    required = len(positional) - len(arguments.defaults)
    found = [
        Parameter(one.arg, "positional" if place < len(arguments.posonlyargs) else "either", place < required)
        for place, one in enumerate(positional)
    ]
    if arguments.vararg:
        found.append(Parameter(arguments.vararg.arg, "args", required=False))
    for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found.append(Parameter(one.arg, "keyword", required=default is None))
    if arguments.kwarg:
        found.append(Parameter(arguments.kwarg.arg, "kwargs", required=False))
    return tuple(found)


def misfit(call: ast.Call, parameters: Sequence[Parameter]) -> ast.expr | ast.keyword | None:
    """The first argument that the parameters have no place for."""
    positional = [one for one in parameters if one.kind in ("positional", "either")]
    kinds = {one.kind for one in parameters}
    starred = next((place for place, one in enumerate(call.args) if isinstance(one, ast.Starred)), len(call.args))
    if "args" not in kinds and starred > len(positional):
        return call.args[len(positional)]
    taken = {one.name for one in positional[:starred] if one.kind == "either"}
    known = {one.name for one in parameters if one.kind in ("either", "keyword")}
    for keyword in call.keywords:
        if keyword.arg is None:
            continue
        if keyword.arg in taken or ("kwargs" not in kinds and keyword.arg not in known):
            return keyword
        taken.add(keyword.arg)
    return None


def lacks(call: ast.Call, parameters: Sequence[Parameter]) -> bool:
    """Whether an argument that must be given is not."""
    if any(isinstance(one, ast.Starred) for one in call.args) or any(one.arg is None for one in call.keywords):
        return False
    positional = [one for one in parameters if one.kind in ("positional", "either")]
    given = {one.name for one in positional[: len(call.args)]} | {one.arg for one in call.keywords}
    return any(one.required and one.name not in given for one in parameters if one.kind not in ("args", "kwargs"))


def without_instance(parameters: Sequence[Parameter]) -> Sequence[Parameter] | None:
    """What is left for a call of a method; None where it takes no instance."""
    if not parameters or parameters[0].kind not in ("positional", "either"):
        return parameters if parameters and parameters[0].kind == "args" else None
    return parameters[1:]
