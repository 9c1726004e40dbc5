"""The definitions of a buffer that a docstring can belong to, those of the blocks around a broken one too.

A buffer is read in leaves, which parse on their own: blocks, and of a long class its header and members. All places of
a leaf count from its start, so that what was read holds wherever it moves.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from python_slm.docstrings.classes import ClassBody
from python_slm.docstrings.facts import Documentable, Facts, facts_of
from python_slm.docstrings.raising import NO_HELPERS, Function, Raised, always_raised_by, called_in
from python_slm.syntax.parse import ast_of
from python_slm.text import Document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from python_slm.syntax.blocks import Block, BlockIndex

_NEVER = frozenset({"overload", "setter", "deleter", "getter"})
_INHERITED = frozenset({"override"})
_SECTIONED = re.compile(r"^[\s\"'rRuU]*(?:[:@]\w+[^(\n]*:|[A-Z]\w*(?: \w+)?:\s*$|-{3,}\s*$)", re.MULTILINE)
"""Whether any line looks as if it belonged to a section of any style: nothing else can be stale."""
_READING = "docstrings: what a leaf tells the rest of its file"


@dataclass(frozen=True)
class Target:
    """A definition. ``name`` is qualified, ``lines_before`` is what its tree's line numbers lack to its leaf's."""

    node: Documentable
    name: str
    facts: Facts
    lines_before: int
    public: bool
    nested: bool
    """Within a function."""

    @property
    def line(self) -> int:
        """Zero-based line of ``def`` or ``class`` in the leaf."""
        return 0 if isinstance(self.node, ast.Module) else self.node.lineno - 1 + self.lines_before

    @property
    def docstring(self) -> ast.Constant | None:
        """Its node; None where there is none."""
        first = self.node.body[0] if self.node.body else None
        constant = first.value if isinstance(first, ast.Expr) else None
        return constant if isinstance(constant, ast.Constant) and isinstance(constant.value, str) else None

    def wants_docstring(self, *, init: bool = False) -> bool:
        """Whether anybody misses one: not in private code, special methods, tests, overloads and what overrides.

        ``init``: in this project ``__init__`` documents how an object is made.
        """
        own = self.name.rpartition(".")[2]
        if init and own == "__init__" and self.facts.parameters and not self.nested:
            return public(self.name.partition(".")[0])
        if self.nested or not self.public or _INHERITED & self.facts.decorators or own.startswith(("test_", "Test")):
            return False
        return not isinstance(self.node, ast.Module) or bool(self.node.body)


@dataclass(frozen=True)
class Reading:
    """What a leaf tells the rest of its file.

    ``raisers``: functions that never return and what they raise, methods as ``Class.name``; ``calls``: names that it
    calls, which may be such; ``body``: of a class that it is a part of; ``sectioned``: a docstring may have sections.
    """

    raisers: Mapping[str, tuple[Raised, ...]]
    calls: frozenset[str]
    body: ClassBody | None
    sectioned: bool


@dataclass(frozen=True)
class Leaf:
    """A part of a buffer that parses on its own; ``owner`` is the long class that it is a part of."""

    block: Block
    owner: Block | None = None

    @cached_property
    def document(self) -> Document:
        """Its text alone: offsets count from its start."""
        return Document("", self.block.text)

    @cached_property
    def tree(self) -> ast.Module | None:
        """None where it is broken, too long, or newer than the running Python."""
        return None if self.block.problem else ast_of(self.block.piece.parsed_text)

    @property
    def header(self) -> bool:
        """Whether it is the beginning of a long class."""
        return self.owner is not None and self.block.start == self.owner.start

    @property
    def reading(self) -> Reading:
        """Kept with the text that it is made of."""
        notes = self.block.piece.notes
        if not isinstance(notes.get(_READING), Reading):
            notes[_READING] = self._read()
        found = notes[_READING]
        assert isinstance(found, Reading)  # nobody else knows the key
        return found

    def _read(self) -> Reading:
        tree = self.tree
        if tree is None:
            return Reading({}, frozenset(), None, sectioned=False)
        inside = tree.body[-1] if self.owner else None
        body = ClassBody.of(_own_body(self, inside)) if isinstance(inside, ast.ClassDef) else None
        owner = self.owner.name if self.owner else ""
        sectioned = _SECTIONED.search(self.block.text) is not None
        return Reading(dict(_raisers(tree, owner)), called_in(tree), body, sectioned)

    def targets(self, helpers: Mapping[str, tuple[Raised, ...]], body: ClassBody | None) -> Iterator[Target]:
        """Its definitions in order, overloads and setters left out. ``body``: of the class that it is the header of."""
        if self.tree is None:
            return
        lines = -self.block.piece.lines_before
        around = _Around(lines, helpers, body)
        if self.owner is None:
            yield from _inside(self.tree, "", around, nested=False, owned=True)
            return
        class_ = next(each for each in self.tree.body if isinstance(each, ast.ClassDef))
        if self.header:
            yield from _inside(self.tree, "", around, nested=False, owned=True)
        else:
            yield from _inside(class_, self.owner.name, around, nested=False, owned=public(self.owner.name))


@dataclass(frozen=True)
class _Around:
    """``body`` is that of the class whose header is read."""

    lines: int
    helpers: Mapping[str, tuple[Raised, ...]]
    body: ClassBody | None

    def known_to(self, owner: str) -> Mapping[str, tuple[Raised, ...]]:
        """Helpers as code in a class calls them, its own methods through ``self``."""
        if not self.helpers:
            return NO_HELPERS
        found = {name: raised for name, raised in self.helpers.items() if "." not in name}
        mine = f"{owner}."
        for name, raised in self.helpers.items():
            if owner and name.startswith(mine):
                found |= {f"{who}.{name.removeprefix(mine)}": raised for who in ("self", "cls")}
        return found


@dataclass(frozen=True)
class Source:
    """A version of a buffer as leaves; ``module`` is the file's name without ``.py``."""

    index: BlockIndex
    module: str

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """In order."""
        return tuple(
            leaf
            for block in self.index.blocks
            for leaf in ([Leaf(member, block) for member in block.members] or [Leaf(block)])
        )

    @cached_property
    def _raisers(self) -> Mapping[str, tuple[Raised, ...]]:
        return {name: raised for leaf in self.leaves for name, raised in leaf.reading.raisers.items()}

    def helpers(self, leaf: Leaf) -> Mapping[str, tuple[Raised, ...]]:
        """The functions of this file that never return and that ``leaf`` may call."""
        calls = leaf.reading.calls
        return {name: raised for name, raised in self._raisers.items() if name.rpartition(".")[2] in calls}

    def body(self, leaf: Leaf) -> ClassBody | None:
        """Of the class that ``leaf`` is the header of; unknown parts may hold anything."""
        if not leaf.header or leaf.owner is None:
            return None
        parts = [Leaf(each, leaf.owner).reading.body for each in leaf.owner.members]
        unread = ClassBody(dynamic=True, statements=1)
        return ClassBody.joined(unread if part is None else part for part in parts)

    def targets(self, leaf: Leaf) -> list[Target]:
        """The definitions of a leaf, in order."""
        return list(leaf.targets(self.helpers(leaf), self.body(leaf)))

    @property
    def module_target(self) -> tuple[Leaf, Target] | None:
        """The module itself, and the leaf where its docstring stands or belongs; None where that is broken."""
        for leaf in self.leaves:
            if leaf.owner is not None and not leaf.header:
                continue
            if leaf.tree is None:
                return None
            if leaf.tree.body:
                facts = facts_of(leaf.tree, name=self.module, in_class=False)
                return leaf, Target(leaf.tree, self.module, facts, 0, public(self.module), nested=False)
        return None


def public(name: str) -> bool:
    """Whether a name is for everybody: no underscore in front, and not special (``__eq__``)."""
    return not name.startswith("_")


def _own_body(leaf: Leaf, class_: ast.ClassDef) -> list[ast.stmt]:
    """Without the ``pass`` that lets a header parse."""
    return class_.body[:-1] if leaf.header and leaf.block.piece.after else class_.body


def _raisers(tree: ast.Module, owner: str) -> Iterator[tuple[str, tuple[Raised, ...]]]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            for each in node.body:
                if isinstance(each, Function) and each.name.startswith("_") and (found := always_raised_by(each)):
                    yield f"{owner or node.name}.{each.name}", found
        elif isinstance(node, Function) and (found := always_raised_by(node)):
            yield node.name, found


def _inside(node: ast.AST, owner: str, around: _Around, *, nested: bool, owned: bool) -> Iterator[Target]:
    """``owned``: every scope around is public."""
    in_class = isinstance(node, ast.ClassDef)
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
                yield from _inside(child, owner, around, nested=nested, owned=owned)
            continue
        name = f"{owner}.{child.name}" if owner else child.name
        body = around.body if isinstance(child, ast.ClassDef) and not owner else None
        helpers = around.known_to(owner if in_class else "")
        facts = facts_of(child, name=child.name, in_class=in_class, helpers=helpers, body=body)
        seen = owned and public(child.name)
        if not _NEVER & facts.decorators:
            yield Target(child, name, facts, around.lines, seen, nested)
        inner = nested or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        yield from _inside(child, name, around, nested=inner, owned=seen)
