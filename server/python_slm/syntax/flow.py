"""Which of a function's own variables certainly have a value, statement by statement."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.syntax.occurrences import parameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from python_slm.syntax.occurrences import Scope, Scopes

State = frozenset[str] | None
"""Names that have a value; None where no execution gets."""

_LATER = (
    ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.MatchOr,
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef,
)  # fmt: skip


class Flow:
    """Definite assignment in one function. What is deleted anywhere is never taken to have a value.

    ``before`` has the state before each statement that was run through, ``exposed`` the names that were read without
    certainly having a value, with the names of functions inside counted as read where they stand.
    """

    def __init__(self, scopes: Scopes, home: Scope) -> None:
        self.before: dict[ast.stmt, State] = {}
        self.exposed: dict[str, None] = {}
        mine = [one for one in scopes.occurrences if one.home is home]
        self._reads = {one.node: one.name for one in mine if one.how == "load"}
        self._stores = {one.node: one.name for one in mine if one.how == "store"}
        self._deleted = {one.name for one in mine if one.how == "delete"}

    def run(self, statements: Sequence[ast.stmt], state: State) -> State:
        """The state after ``statements``."""
        for statement in statements:
            self.before[statement] = state
            state = self._statement(statement, state)
        return state

    def _statement(self, node: ast.stmt, state: State) -> State:
        if isinstance(node, ast.If):
            state = self._evaluated([node.test], state)
            return _meet(self.run(node.body, state), self.run(node.orelse, state))
        if isinstance(node, ast.While | ast.For | ast.AsyncFor):
            return self._loop(node, state)
        if isinstance(node, ast.With | ast.AsyncWith):
            before = self._evaluated(node.items, state)
            after = self.run(node.body, before)
            return before if swallows(node) else after
        if isinstance(node, ast.Try | ast.TryStar):
            return self._try(node, state)
        if isinstance(node, ast.Match):
            state = self._evaluated([node.subject], state)
            cases = [
                self.run(case.body, self._evaluated([case.pattern, *_some(case.guard)], state)) for case in node.cases
            ]
            return _meet(state, *cases)
        after = self._evaluated([node], state)
        return None if isinstance(node, ast.Return | ast.Raise | ast.Break | ast.Continue) else after

    def _loop(self, node: ast.While | ast.For | ast.AsyncFor, state: State) -> State:
        head = self._evaluated([node.test if isinstance(node, ast.While) else node.iter], state)
        body = head if isinstance(node, ast.While) else self._evaluated([node.target], head)
        self.run(node.body, body)
        self.run(node.orelse, head)
        return head

    def _try(self, node: ast.Try | ast.TryStar, state: State) -> State:
        ends = [self.run(node.orelse, self.run(node.body, state))]
        for handler in node.handlers:
            inside = self._evaluated(_some(handler.type), state)
            inside = inside if inside is None or not handler.name else inside | {handler.name}
            end = self.run(handler.body, inside)
            ends.append(end if end is None or not handler.name else end - {handler.name})
        end = _meet(*ends)
        last = self.run(node.finalbody, state)
        if last is None and node.finalbody:
            return None
        return end if end is None or last is None else end | last

    def _evaluated(self, nodes: Iterable[ast.AST], state: State) -> State:
        """After reading and then binding what ``nodes`` hold; those in functions and under conditions bind nothing."""
        nodes = list(nodes)
        bound: set[str] = set()
        for node in nodes:
            for one in ast.walk(node):
                if one in self._reads and (state is None or self._reads[one] not in state):
                    self.exposed.setdefault(self._reads[one])
                if isinstance(one, ast.AugAssign) and one.target in self._stores:
                    name = self._stores[one.target]
                    if state is None or name not in state:
                        self.exposed.setdefault(name)
            bound |= self._bound(node)
        return None if state is None else (state | bound) - self._deleted

    def _bound(self, node: ast.AST) -> set[str]:
        names = {self._stores[node]} if node in self._stores else set()
        for child in _certain(node):
            names |= self._bound(child)
        return names


def _certain(node: ast.AST) -> list[ast.AST]:
    """The parts of a node that are evaluated whenever it is, in its own scope."""
    if isinstance(node, _LATER) or (isinstance(node, ast.AnnAssign) and node.value is None):
        return []
    if isinstance(node, ast.BoolOp):
        return [node.values[0]]
    if isinstance(node, ast.IfExp):
        return [node.test]
    if isinstance(node, ast.Compare):
        return [node.left, node.comparators[0]]
    return list(ast.iter_child_nodes(node))


def swallows(node: ast.AST) -> bool:
    """Whether a ``with`` looks as if exceptions ended there: ``suppress``, ``raises``, ``assertRaises``."""
    if not isinstance(node, ast.With | ast.AsyncWith):
        return False
    return any(word in ast.dump(item.context_expr) for item in node.items for word in ("suppress", "aises"))


def at_start(function: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    """What has a value when a function begins."""
    return frozenset(one.arg for one in parameters(function.args))


def _meet(*states: State) -> State:
    known = [state for state in states if state is not None]
    return frozenset.intersection(*known) if known else None


def _some(node: ast.expr | None) -> list[ast.expr]:
    return [node] if node else []
