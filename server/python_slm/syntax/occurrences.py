"""Every occurrence of a name in a tree, with the scope that it belongs to: who binds it, who reads it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from python_slm.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable

How = Literal["load", "store", "delete", "declare"]


@dataclass(eq=False)
class Scope:
    """A module, class, function (lambdas too) or comprehension, and what it binds itself."""

    kind: Literal["module", "class", "function", "comprehension"]
    parent: Scope | None
    node: ast.AST
    bound: set[str] = field(default_factory=set)
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)

    def home(self, name: str) -> Scope:
        """The scope that ``name`` means here; the module's for what nobody binds."""
        scope, first = self, True
        while scope.parent is not None:
            if name in scope.globals:
                break
            if name in scope.bound and name not in scope.nonlocals and (first or scope.kind != "class"):
                return scope
            scope, first = scope.parent, False
        while scope.parent is not None:
            scope = scope.parent
        return scope


@dataclass(frozen=True, eq=False, slots=True)
class Occurrence:
    """One place of a name: ``node`` is what holds it, ``scope`` where it stands."""

    name: str
    node: ast.AST
    scope: Scope
    how: How

    @property
    def home(self) -> Scope:
        """The scope that it belongs to."""
        return self.scope.home(self.name)


class Scopes(ast.NodeVisitor):
    """The scopes of a tree; raises RefusedError for type parameters, whose scopes are Python 3.12's."""

    def __init__(self, tree: ast.Module) -> None:
        self.occurrences: list[Occurrence] = []
        self.of_node: dict[ast.AST, Scope] = {}
        self._scope = self.module = Scope("module", None, tree)
        for statement in tree.body:
            self.visit(statement)
        self._by_node = {one.node: one for one in self.occurrences}

    def at(self, node: ast.AST) -> Occurrence:
        """The occurrence that ``node`` holds."""
        return self._by_node[node]

    def of(self, name: str, home: Scope) -> list[Occurrence]:
        """All occurrences of a scope's variable, in the order of the tree."""
        return list(self._by_home.get((name, home), ()))

    @cached_property
    def _by_home(self) -> dict[tuple[str, Scope], list[Occurrence]]:
        found: dict[tuple[str, Scope], list[Occurrence]] = {}
        for one in self.occurrences:
            found.setdefault((one.name, one.home), []).append(one)
        return found

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Decorators, defaults and annotations belong outside."""
        if getattr(node, "type_params", None):
            raise RefusedError("type parameters have scopes of their own")
        self._add(node.name, node, "store")
        self._visit_all(node.decorator_list)
        self._signature(node.args)
        if node.returns:
            self.visit(node.returns)
        self._within("function", node, node.body, node.args)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - how ast names its hooks

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Like a function without a name."""
        self._signature(node.args)
        self._within("function", node, [node.body], node.args)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Its names are not those of its methods."""
        if getattr(node, "type_params", None):
            raise RefusedError("type parameters have scopes of their own")
        self._add(node.name, node, "store")
        self._visit_all((*node.decorator_list, *node.bases, *(one.value for one in node.keywords)))
        self._within("class", node, node.body)

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        """The first iterable belongs outside."""
        self.visit(node.generators[0].iter)
        inside: list[ast.AST] = []
        for place, generator in enumerate(node.generators):
            inside += [generator.target, *([generator.iter] if place else []), *generator.ifs]
        inside += [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._within("comprehension", node, inside)

    visit_SetComp = visit_GeneratorExp = visit_DictComp = visit_ListComp  # noqa: N815 - see above

    def visit_Name(self, node: ast.Name) -> None:
        """Read, bound or deleted, as its context says."""
        how: How = (
            "load" if isinstance(node.ctx, ast.Load) else "store" if isinstance(node.ctx, ast.Store) else "delete"
        )
        self._add(node.id, node, how)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        """Binds around the comprehensions that it stands in."""
        self.visit(node.value)
        scope = self._scope
        while scope.kind == "comprehension" and scope.parent:
            scope = scope.parent
        scope.bound.add(node.target.id)
        self.occurrences.append(Occurrence(node.target.id, node.target, scope, "store"))

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        """Binds its name."""
        if node.name:
            self._add(node.name, node, "store")
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        """A capture."""
        if node.name:
            self._add(node.name, node, "store")
        self.generic_visit(node)

    visit_MatchStar = visit_MatchAs  # noqa: N815 - see above

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        """Its rest is a capture."""
        if node.rest:
            self._add(node.rest, node, "store")
        self.generic_visit(node)

    def visit_alias(self, node: ast.alias) -> None:
        """``import a.b`` binds ``a``."""
        self._add(node.asname or node.name.partition(".")[0], node, "store")

    def visit_Global(self, node: ast.Global) -> None:
        """The module's, from here on and before."""
        self._scope.globals.update(node.names)
        for name in node.names:
            self.occurrences.append(Occurrence(name, node, self._scope, "declare"))

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        """An outer function's."""
        self._scope.nonlocals.update(node.names)
        for name in node.names:
            self.occurrences.append(Occurrence(name, node, self._scope, "declare"))

    def _add(self, name: str, node: ast.AST, how: How) -> None:
        self.occurrences.append(Occurrence(name, node, self._scope, how))
        if how != "load":
            self._scope.bound.add(name)

    def _signature(self, arguments: ast.arguments) -> None:
        self._visit_all(arguments.defaults)
        self._visit_all(one for one in arguments.kw_defaults if one)
        self._visit_all(one.annotation for one in parameters(arguments) if one.annotation)

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _within(
        self,
        kind: Literal["class", "function", "comprehension"],
        node: ast.AST,
        inside: Iterable[ast.AST],
        arguments: ast.arguments | None = None,
    ) -> None:
        outer, self._scope = self._scope, Scope(kind, self._scope, node)
        self.of_node[node] = self._scope
        for one in parameters(arguments) if arguments else ():
            self._add(one.arg, one, "store")
        self._visit_all(inside)
        self._scope = outer


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    """All of them, in the order of the text."""
    star = [arguments.vararg] if arguments.vararg else []
    stars = [arguments.kwarg] if arguments.kwarg else []
    return [*arguments.posonlyargs, *arguments.args, *star, *arguments.kwonlyargs, *stars]
