"""What the scopes of a text are made of: bindings, frames, and the places where names are read. See ``reading``."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from python_slm.syntax.parameters import Parameter

Spot = tuple[int, int]
"""Line, from 1, and column in UTF-8 bytes, as ``ast`` has them."""

BindingKind = Literal["import", "function", "class", "variable", "parameter"]
FrameKind = Literal["module", "class", "function", "comprehension"]

START: Spot = (0, 0)
END: Spot = (1 << 60, 0)
"""After everything."""
_CATCHES_NAMES = {"NameError", "UnboundLocalError", ""}


@dataclass(frozen=True, slots=True)
class Binding:
    """One place that gives a name a meaning, which holds ``since`` a spot, for an exception's name ``until`` another.

    ``loops`` are the beginnings of the loops around it. An import has its ``module`` (dots in front when relative) and,
    of ``from m import x``, the ``member``. ``parameters`` are None where decorators may have changed them. A class has
    the dotted names of its ``bases``, None where they are computed or a metaclass is given, and what is bound
    ``inside``. ``decorators`` are dotted names, empty ones for those that are computed.
    """

    name: str
    kind: BindingKind
    since: Spot = START
    until: Spot = END
    loops: tuple[Spot, ...] = ()
    module: str = ""
    member: str = ""
    parameters: tuple[Parameter, ...] | None = None
    decorators: tuple[str, ...] = ()
    bases: tuple[str, ...] | None = None
    inside: Mapping[str, tuple[Binding, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def holds(self, spot: Spot, loops: tuple[Spot, ...]) -> bool:
        """Whether it may have happened when ``spot``, within ``loops``, is reached."""
        return self.since <= spot < self.until or not set(self.loops).isdisjoint(loops)


@dataclass(eq=False)
class Frame:
    """One scope: what is bound in it. ``star``: a star import may have bound anything."""

    kind: FrameKind
    parent: Frame | None
    node: ast.AST | None = None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    globals: set[str] = field(default_factory=set)
    star: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Use:
    """A name that is read. ``deferred``: not when the line runs, as in annotations.

    ``caught`` are the exceptions that the ``try`` statements around it handle, empty for a bare ``except``. Within an
    f-string, ``start`` and ``end`` are the string's: positions inside are wrong before Python 3.12.
    """

    name: str
    frame: Frame
    start: Spot
    end: Spot
    loops: tuple[Spot, ...]
    deferred: bool
    caught: frozenset[str]
    quoted: bool

    @property
    def guarded(self) -> bool:
        """Whether the program reckons with its absence."""
        return not self.caught.isdisjoint(_CATCHES_NAMES)


@dataclass(frozen=True, eq=False, slots=True)
class Mention:
    """A call, attribute or import, and the use that says where it is."""

    node: ast.Call | ast.Attribute | ast.Import | ast.ImportFrom
    at: Use


def start_of(node: ast.expr | ast.stmt) -> Spot:
    """Where it begins."""
    return node.lineno, node.col_offset


def end_of(node: ast.expr | ast.stmt | ast.pattern | ast.excepthandler | ast.keyword) -> Spot:
    """Where it has ended."""
    assert node.end_lineno is not None  # what ast.parse made has ends
    assert node.end_col_offset is not None
    return node.end_lineno, node.end_col_offset


def dotted(node: ast.expr) -> str:
    """``a.b.c`` of names and attributes; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := dotted(node.value)):
        return f"{owner}.{node.attr}"
    return ""
