"""The parameters of a function as source text: names, kinds, annotations, defaults."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from python_slm.syntax.parameters import ParameterKind, parameters_of

_STARS: dict[str, str] = {"args": "*", "kwargs": "**"}


@dataclass(frozen=True)
class Argument:
    """A parameter; ``annotation`` and ``default`` are source text, empty where there is none."""

    name: str
    kind: ParameterKind
    annotation: str = ""
    default: str = ""

    @property
    def starred(self) -> str:
        """The name as a docstring writes it: ``*args``, ``**kwargs``."""
        return _STARS.get(self.kind, "") + self.name


def arguments_of(arguments: ast.arguments) -> tuple[Argument, ...]:
    """What a ``def`` takes, in order, ``self`` included."""
    nodes = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
    notes = {each.arg: source_of(each.annotation) for each in nodes if each}
    positional = [*arguments.posonlyargs, *arguments.args]
    late = positional[len(positional) - len(arguments.defaults) :]
    defaults = {each.arg: ast.unparse(value) for each, value in zip(late, arguments.defaults, strict=True)}
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    defaults |= {each.arg: ast.unparse(value) for each, value in pairs if value}
    return tuple(
        Argument(each.name, each.kind, notes[each.name], defaults.get(each.name, ""))
        for each in parameters_of(arguments)
    )


def source_of(node: ast.expr | None) -> str:
    """Source text on one line; an annotation in quotes without them."""
    if node is None:
        return ""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return " ".join(node.value.split())
    return ast.unparse(node)
