"""Parameters of a function, from its ``ast`` tree or from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import ast

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
