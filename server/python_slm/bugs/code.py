"""Source with its tree, and which places of it may be changed: what every kind of rewrite looks at.

Training puts bugs into code by such rewrites, the product looks for the one that takes a bug out. Left alone are
annotations, decorators, f-strings (whose positions Python 3.11 gets wrong) and arguments of raise, log, warn and print:
a change there is no bug that anyone meets.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_TALK = frozenset(
    {
        "debug",
        "info",
        "warning",
        "warn",
        "error",
        "exception",
        "critical",
        "log",
        "print",
        "deprecated",
    }
)


@dataclass(frozen=True, slots=True)
class Site:
    """``text`` in place of the characters ``start:stop``, a rewrite of ``kind``."""

    kind: str
    start: int
    stop: int
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """A node that may be changed, the node that holds it, and the innermost function around both."""

    node: ast.AST
    parent: ast.AST
    function: Definition | None


class Code:
    """``text`` must parse as ``tree``."""

    def __init__(self, text: str, tree: ast.Module) -> None:
        self.text, self.tree = text, tree
        self._bound: dict[Definition | None, list[tuple[str, int]]] = {}

    @cached_property
    def places(self) -> list[Place]:
        """Every node that may be changed, in order."""
        return list(self._walk(self.tree, None))

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Characters ``start:stop`` of an expression or statement."""
        assert isinstance(node, ast.expr | ast.stmt)
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)

    def segment(self, node: ast.AST) -> str:
        """Text of an expression or statement."""
        start, stop = self.span(node)
        return self.text[start:stop]

    def between(self, left: ast.AST, right: ast.AST) -> tuple[int, int]:
        """Characters between two expressions: their operator, blanks, and perhaps brackets."""
        return self.span(left)[1], self.span(right)[0]

    def line_of(self, offset: int) -> int:
        """Line of a character, from 1."""
        return self.text.count("\n", 0, offset) + 1

    def bound_before(self, place: Place) -> list[str]:
        """Names of the function around ``place`` with a value when it runs: parameters, and what earlier lines bind."""
        return list(dict.fromkeys(name for name, _ in self._earlier(place)))

    def bound_at(self, place: Place) -> dict[str, int]:
        """The last line before ``place`` that binds each name; 0 for parameters."""
        return dict(self._earlier(place))

    def _earlier(self, place: Place) -> Iterator[tuple[str, int]]:
        function = place.function
        if function not in self._bound:
            self._bound[function] = sorted(_bindings(function or self.tree), key=itemgetter(1, 0))
        line = getattr(place.node, "lineno", 0)
        return (each for each in self._bound[function] if each[1] < line)

    def _offset(self, line: int, column: int) -> int:
        start = self._starts[line - 1]
        text = self._lines[line - 1]
        return start + (column if text.isascii() else len(text.encode()[:column].decode()))

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for line in self._lines:
            starts.append(starts[-1] + len(line) + 1)
        return starts

    def _walk(self, node: ast.AST, function: Definition | None) -> Iterator[Place]:
        for name, value in ast.iter_fields(node):
            if name in {"annotation", "returns", "decorator_list", "type_params"}:
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not _is_talk(child):
                    yield Place(child, node, function)
                    yield from self._walk(child, child if isinstance(child, Definition) else function)


def _is_talk(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        return name in _TALK
    return isinstance(node, ast.Raise | ast.JoinedStr)


def _bindings(scope: ast.AST) -> Iterator[tuple[str, int]]:
    """Names that a function or module binds, with the line; parameters at line 0. Inner functions keep theirs."""
    if isinstance(scope, Definition):
        given = scope.args
        every = [
            *given.posonlyargs,
            *given.args,
            *given.kwonlyargs,
            *filter(None, (given.vararg, given.kwarg)),
        ]
        yield from ((each.arg, 0) for each in every)
    pending = [(child, 0) for child in ast.iter_child_nodes(scope)]
    while pending:
        node, end = pending.pop()
        if isinstance(
            node,
            Definition | ast.ClassDef | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
        ):
            continue
        if isinstance(node, ast.stmt):
            end = _bound_from(node)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, end or node.lineno
        if isinstance(node, ast.ExceptHandler):  # its name is unbound again at its end
            pending += [(child, end) for child in node.body]
        else:
            pending += [(child, end) for child in ast.iter_child_nodes(node)]


def _bound_from(statement: ast.stmt) -> int:
    """The line after which the names that a statement itself binds have a value."""
    if isinstance(statement, ast.For | ast.AsyncFor):
        return statement.iter.end_lineno or 0
    if isinstance(statement, ast.With | ast.AsyncWith):
        return statement.items[-1].context_expr.end_lineno or 0
    simple = isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Expr)
    return (statement.end_lineno or 0) if simple else 0
