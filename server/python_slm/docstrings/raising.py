"""Which exceptions leave a function by its own ``raise`` statements, and under which condition."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Function = ast.FunctionDef | ast.AsyncFunctionDef
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_EVERYTHING = frozenset({"Exception", "BaseException"})
_DEEPEST = 20
"""Functions within functions that call each other are followed no further."""


@dataclass(frozen=True)
class Raised:
    """An exception as the code names it (``errors.Bad``); ``condition`` is the source of the ``if`` right around it."""

    name: str
    condition: str = ""

    @property
    def short(self) -> str:
        """The name without its module."""
        return self.name.rpartition(".")[2]


@dataclass(frozen=True)
class _Handler:
    """What a bare ``raise`` and ``raise name`` mean inside an ``except`` block."""

    alias: str
    caught: tuple[Raised, ...]


NO_HELPERS: Mapping[str, tuple[Raised, ...]] = {}


def raised_by(function: Function, helpers: Mapping[str, tuple[Raised, ...]] = NO_HELPERS) -> tuple[Raised, ...]:
    """Exceptions by their first ``raise``, in order: its own, those of nested functions that it calls, and of helpers.

    ``helpers`` are functions elsewhere that never return, as they are called here: ``fail``, ``self._fail``.
    """
    local = {node.name: node for node in own_nodes(function) if isinstance(node, Function)}
    bound = {*local, *_bound_in(function)} if helpers else set()
    known = {name: raised for name, raised in helpers.items() if name not in bound}
    found = _Walk(local, known, 0).statements(function.body, None, "")
    unique: dict[str, Raised] = {}
    for one in found:
        unique.setdefault(one.short, one)
    return tuple(unique.values())


def _bound_in(function: Function) -> Iterator[str]:
    """Names that stand for something else in a function than in its module; its object is ``self``."""
    for each in ast.walk(function):
        if isinstance(each, ast.arg) and each.arg != "self":
            yield each.arg
        elif isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
            yield each.id


def always_raised_by(function: Function) -> tuple[Raised, ...]:
    """What a function raises that never returns: each call of it raises one of these. Nothing where it may return."""
    if isinstance(function, ast.AsyncFunctionDef) or function.decorator_list:
        return ()
    if not isinstance(function.body[-1], ast.Raise):
        return ()
    if any(isinstance(each, ast.Return | ast.Yield | ast.YieldFrom) for each in own_nodes(function)):
        return ()
    found = raised_by(function)
    return () if {one.short for one in found} == {"NotImplementedError"} else tuple(Raised(one.name) for one in found)


def called_in(tree: ast.AST) -> frozenset[str]:
    """Last parts of the names of everything that is called in a tree."""
    return frozenset(dotted(each.func).rpartition(".")[2] for each in ast.walk(tree) if isinstance(each, ast.Call))


def own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes below ``function`` in source order, nested functions and classes without what is in them."""
    for child in ast.iter_child_nodes(function):
        yield child
        if not isinstance(child, _SCOPES):
            yield from own_nodes(child)


@dataclass(frozen=True)
class _Walk:
    local: Mapping[str, Function]
    helpers: Mapping[str, tuple[Raised, ...]]
    depth: int

    def statements(self, body: Sequence[ast.stmt], handler: _Handler | None, condition: str) -> list[Raised]:
        return [one for statement in body for one in self._statement(statement, handler, condition)]

    def _statement(self, node: ast.stmt, handler: _Handler | None, condition: str) -> list[Raised]:
        if isinstance(node, ast.Raise):
            return _raised(node, handler, condition)
        if isinstance(node, ast.Try | ast.TryStar):
            return self._try(node, handler)
        if isinstance(node, ast.If):
            inside = self.statements(node.body, handler, ast.unparse(node.test))
            return [*self._calls(node.test), *inside, *self.statements(node.orelse, handler, "")]
        if isinstance(node, ast.With | ast.AsyncWith):
            names = _suppressed(node)
            return [one for one in self.statements(node.body, handler, "") if not _catches(names, one)]
        if isinstance(node, _SCOPES):
            return []
        found: list[Raised] = []
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                found += self._statement(child, handler, "")
            elif isinstance(child, ast.match_case):
                found += self.statements(child.body, handler, "")
            else:
                found += self._calls(child)
        return found

    def _try(self, node: ast.Try | ast.TryStar, handler: _Handler | None) -> list[Raised]:
        body = self.statements(node.body, handler, "")
        left, found = body, []
        for each in node.handlers:
            names = _names(each.type)
            caught = tuple(one for one in left if _catches(names, one))
            left = [one for one in left if one not in caught]
            if not _EVERYTHING & set(names):
                caught = caught or tuple(Raised(name) for name in names)
            found += self.statements(each.body, _Handler(each.name or "", caught), "")
        after = self.statements([*node.orelse, *node.finalbody], handler, "")
        return [*left, *found, *after]

    def _calls(self, node: ast.AST) -> list[Raised]:
        if self.depth > _DEEPEST:
            return []
        found: list[Raised] = []
        for each in [node, *own_nodes(node)]:
            name = dotted(each.func) if isinstance(each, ast.Call) else ""
            if name in self.local:
                found += self._inside(name)
            else:
                found += self.helpers.get(name, ())
        return found

    def _inside(self, name: str) -> list[Raised]:
        """What a nested function raises; a condition of its own parameters would say nothing to a reader."""
        others = {other: node for other, node in self.local.items() if other != name}
        walk = replace(self, local=others, depth=self.depth + 1)
        return [Raised(one.name) for one in walk.statements(self.local[name].body, None, "")]


def _raised(node: ast.Raise, handler: _Handler | None, condition: str) -> list[Raised]:
    if node.exc is None:
        return list(handler.caught) if handler else []
    target = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    if isinstance(target, ast.Name) and handler and target.id == handler.alias:
        return list(handler.caught)
    name = dotted(target)
    return [Raised(name, condition)] if name.rpartition(".")[2][:1].isupper() else []


def dotted(node: ast.AST | None) -> str:
    """``a.b.C`` as written; empty where the expression is something else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return ""


def _names(kind: ast.expr | None) -> tuple[str, ...]:
    """The exceptions that an ``except`` names; a bare one catches everything."""
    if kind is None:
        return ("BaseException",)
    parts = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return tuple(name for part in parts if (name := dotted(part)))


def _suppressed(node: ast.With | ast.AsyncWith) -> tuple[str, ...]:
    calls = [item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)]
    quiet = [call for call in calls if dotted(call.func).rpartition(".")[2] in {"suppress", "raises", "assertRaises"}]
    return tuple(name for call in quiet for each in call.args for name in _names(each))


def _catches(names: Sequence[str], raised: Raised) -> bool:
    return any(_is_a(raised.short, name.rpartition(".")[2]) for name in names)


def _is_a(name: str, base: str) -> bool:
    if base == name or base in _EVERYTHING:
        return True
    kinds = [getattr(builtins, each, None) for each in (name, base)]
    return all(isinstance(kind, type) for kind in kinds) and issubclass(kinds[0], kinds[1])  # type: ignore[arg-type]
