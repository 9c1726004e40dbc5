"""One function in its file: what the kinds of rewrites look at, and the form of what they find."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from python_slm.bugs.facts import (
    FUNCTIONS,
    Facts,
    Part,
    alike,
    binds,
    called_name,
    count_names,
    final_name,
)

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping

    from python_slm.bugs.code import Code, Place

_SCOPES = (*FUNCTIONS, ast.Lambda, ast.ClassDef)
_TABLE = 6  # elements of a literal that is data


@dataclass(frozen=True)
class Candidate:
    """A rewrite: ``text`` in place of ``start:end``, offsets of the part's code.

    ``about`` are numbers for the judge; ``clue`` says in words what names or neighbours give it away, if they do.
    """

    kind: str
    start: int
    end: int
    text: str
    about: Mapping[str, float] = field(default_factory=dict)
    clue: str = ""

    def with_numbers(self, more: Mapping[str, float]) -> Candidate:
        """The same, with more numbers."""
        return replace(self, about={**self.about, **more})


@dataclass(frozen=True, eq=False)
class Scene:
    """A top-level function or method of a part."""

    part: Part
    node: ast.FunctionDef | ast.AsyncFunctionDef
    facts: Facts

    @property
    def code(self) -> Code:
        """The block's source."""
        return self.part.code

    @cached_property
    def span(self) -> tuple[int, int]:
        """``start:end`` in the code, from ``def`` on."""
        return self.code.span(self.node)

    @property
    def lines(self) -> int:
        """How many lines the function has."""
        return self.code.text.count("\n", *self.span) + 1

    @cached_property
    def tables(self) -> list[tuple[int, int]]:
        """Spans of its long literals, which are data."""
        return [self.code.span(each) for each in ast.walk(self.node) if _is_table(each)]

    @cached_property
    def places(self) -> list[Place]:
        """Nodes of the body that may be changed, in order."""
        inside = {id(each) for statement in self.node.body for each in ast.walk(statement)}
        return [place for place in self.code.places if id(place.node) in inside]

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Who holds a node."""
        return {child: node for node in ast.walk(self.node) for child in ast.iter_child_nodes(node)}

    @cached_property
    def reads(self) -> Counter[str]:
        """How often the function reads each name."""
        return count_names(ast.walk(self.node))

    @cached_property
    def sources(self) -> dict[str, set[str]]:
        """What each variable is made of: the names in what it is assigned, or looped over."""
        found: dict[str, set[str]] = {}
        for node in ast.walk(self.node):
            if isinstance(node, ast.Assign):
                targets, value = node.targets, node.value
            elif isinstance(node, ast.For | ast.comprehension):
                targets, value = [node.target], node.iter
            else:
                continue
            names = {each.id for each in ast.walk(value) if isinstance(each, ast.Name)}
            for target in targets:
                for each in ast.walk(target):
                    if isinstance(each, ast.Name):
                        found.setdefault(each.id, set()).update(names)
        return found

    @cached_property
    def parameters(self) -> list[str]:
        """All its parameters' names."""
        given = self.node.args
        every = [
            *given.posonlyargs,
            *given.args,
            *given.kwonlyargs,
            *filter(None, (given.vararg, given.kwarg)),
        ]
        return [each.arg for each in every]

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement around a node."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def head(self, node: ast.AST) -> list[ast.AST]:
        """Nodes of the statement around a node, the statements inside it left out."""
        found, pending = [], [ast.AST()]
        pending = [child for child in ast.iter_child_nodes(self.statement(node)) if not isinstance(child, ast.stmt)]
        while pending:
            each = pending.pop()
            found.append(each)
            pending += [child for child in ast.iter_child_nodes(each) if not isinstance(child, ast.stmt)]
        return found

    def role(self, node: ast.AST) -> str:
        """The name of what an expression is given to: a parameter, a keyword, a key, a target; empty when unknown."""
        parent = self.parents.get(node)
        if isinstance(parent, ast.keyword):
            return parent.arg or ""
        if isinstance(parent, ast.Call) and node in parent.args:
            return self.parameter(parent, parent.args.index(node))
        if isinstance(parent, ast.Assign) and node is parent.value and len(parent.targets) == 1:
            return final_name(parent.targets[0])
        if isinstance(parent, ast.AnnAssign) and node is parent.value:
            return final_name(parent.target)
        if isinstance(parent, ast.Dict) and node in parent.values:
            key = parent.keys[parent.values.index(node)]
            return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else final_name(key)
        return ""

    def parameter(self, call: ast.Call, position: int) -> str:
        """Name of the parameter that a positional argument is given to, where the file defines the function."""
        if any(isinstance(each, ast.Starred) for each in call.args[: position + 1]):
            return ""
        names = self._signature(call)
        return names[position] if position < len(names) else ""

    def _signature(self, call: ast.Call) -> tuple[str, ...]:
        """Positional parameters of what is called; nothing where that is not the file's, as far as one can see."""
        name, func = called_name(call), call.func
        if isinstance(func, ast.Name):
            return () if name in self.facts.imported else self.facts.functions.get(name) or ()
        receiver = func.value if isinstance(func, ast.Attribute) else None
        while isinstance(receiver, ast.Attribute):
            receiver = receiver.value
        plain = isinstance(receiver, ast.Name) and receiver.id not in self.facts.imported and receiver.id[:1].islower()
        names = self.facts.methods.get(name) or ()
        return names[1:] if plain and names[:1] in {("self",), ("cls",)} else ()

    @cached_property
    def bound(self) -> set[str]:
        """Every name that it binds somewhere, inner functions included."""
        return {name for node in ast.walk(self.node) if isinstance(node, _SCOPES) for name in binds(node)[0]}

    def agreement(self, node: ast.AST, was: str, becomes: str) -> dict[str, float]:
        """How well the name that stands there and another fit what they are given to."""
        role = self.role(node)
        return {
            "role_known": float(bool(role)),
            "role_gain": alike(role, becomes) - alike(role, was),
            "role_exact": float(alike(role, becomes) == 1.0 and alike(role, was) < 1.0),
            "role_was_exact": float(alike(role, was) == 1.0),
        }


def scenes(part: Part, facts: Facts) -> Iterator[Scene]:
    """Functions of a part that stand in no other function."""
    pending: list[ast.AST] = list(part.code.tree.body)
    while pending:
        node = pending.pop(0)
        if isinstance(node, FUNCTIONS):
            yield Scene(part, node, facts)
        elif isinstance(node, ast.ClassDef | ast.If | ast.Try):
            pending = [*ast.iter_child_nodes(node), *pending]


def _is_table(node: ast.AST) -> bool:
    if isinstance(node, ast.Dict):
        return len(node.values) >= _TABLE
    return isinstance(node, ast.List | ast.Tuple | ast.Set) and len(node.elts) >= _TABLE
