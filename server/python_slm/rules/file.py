"""The file that a block stands in, as a rule may ask about it: every question is remembered with its answer.

That is what lets findings be kept while somebody types elsewhere: those of a block hold as long as its text is the same
and its questions have the same answers. Whoever takes the whole ``index()`` is asked again after every edit.
"""

from __future__ import annotations

import ast
import re
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from python_slm.errors import RefusedError
from python_slm.rules.facts import ClassFacts, class_facts, function_facts, own_nodes, together
from python_slm.rules.words import words_of
from python_slm.syntax.located import FUNCTIONS, Located
from python_slm.syntax.parse import ast_of
from python_slm.syntax.scope import Names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from python_slm.rules.facts import FunctionFacts
    from python_slm.rules.words import Words
    from python_slm.syntax.bindings import Binding
    from python_slm.syntax.blocks import Block, BlockIndex

    Answers = Mapping[tuple[Callable[..., object], tuple[Any, ...]], object]

About = ParamSpec("About")
Answer = TypeVar("Answer")

_FACTS = "rules.facts"
"""Where a piece keeps those of its definitions."""


def question(method: Callable[Concatenate[File, About], Answer]) -> Callable[Concatenate[File, About], Answer]:
    """A method whose answer is remembered, to be compared with that of a later version."""

    @wraps(method)
    def asked(file: File, /, *about: About.args, **named: About.kwargs) -> Answer:
        answer = method(file, *about, **named)
        file.answers[asked, about] = answer
        return answer

    return cast("Callable[Concatenate[File, About], Answer]", asked)


class Readings:
    """One version of a buffer: the trees of its blocks and what its definitions are, each read once for all who ask."""

    def __init__(self, index: BlockIndex) -> None:
        self.index, self.names = index, Names(index)
        self._read: dict[tuple[int, int], Located | None] = {}

    @cached_property
    def bindings(self) -> Mapping[str, tuple[tuple[Block, Binding], ...]]:
        """What the module binds at its own level, in order, with the blocks that do."""
        found: dict[str, list[tuple[Block, Binding]]] = {}
        for block in self.index.blocks:
            for name, several in block.piece.outline.names.items():
                found.setdefault(name, []).extend((block, one) for one in several)
        return {name: tuple(several) for name, several in found.items()}

    @cached_property
    def globals(self) -> frozenset[str]:
        """Names that functions declare global."""
        return frozenset().union(*(block.piece.outline.globals for block in self.index.blocks))

    @cached_property
    def open(self) -> bool:
        """Whether any name may be bound anew."""
        return self.names.open

    def located(self, block: Block) -> Located | None:
        """The tree of a block; None where it does not parse."""
        key = id(block.piece), block.start
        if key not in self._read:
            try:
                self._read[key] = Located(self.index.text, block)
            except RefusedError:
                self._read[key] = None
        return self._read[key]

    def only(self, name: str, kind: str) -> Block | None:
        """The block that binds ``name``, if nothing else does and it is a definition of ``kind``."""
        several = self.bindings.get(name, ())
        if len(several) != 1 or several[0][1].kind != kind or self.open or name in self.globals:
            return None
        return several[0][0]

    def function(self, name: str) -> FunctionFacts | None:
        """See ``File``; kept with the block that defines it."""
        block = self.only(name, "function")
        return self._facts(block).get(name) if block else None  # type: ignore[return-value]

    def class_of(self, name: str) -> ClassFacts | None:
        """See ``File``; kept with the block that defines it."""
        block = self.only(name, "class")
        return self._facts(block).get(name) if block else None  # type: ignore[return-value]

    @cached_property
    def words(self) -> Words:
        """What the words of the file may mean elsewhere."""
        return words_of(part for block in self.index.blocks for part in block.piece.parts or (block.piece,))

    def sets_attribute(self, name: str) -> bool:
        """See ``File``."""
        return self.words.any_ or name in self.words.set_

    def calls(self, name: str) -> bool:
        """See ``File``."""
        return name in self.words.called and name not in self.words.inherited

    def owner(self, block: Block) -> ClassFacts | None:
        """The facts of a class of members."""
        return self._facts(block).get(block.name)  # type: ignore[return-value]

    def _facts(self, block: Block) -> Mapping[str, FunctionFacts | ClassFacts]:
        notes = block.piece.notes
        if _FACTS not in notes:
            notes[_FACTS] = self._of_members(block) if block.members else self._of_tree(block)
        return cast("Mapping[str, FunctionFacts | ClassFacts]", notes[_FACTS])

    def _of_tree(self, block: Block) -> Mapping[str, FunctionFacts | ClassFacts]:
        """Of a broken block those of its shadow: what stands in other lines holds while one is typed."""
        code, piece = self.located(block), block.piece
        tree = code.tree if code else ast_of(piece.before + piece.shadow.text + piece.after)
        found: dict[str, FunctionFacts | ClassFacts] = {}
        for node in own_nodes(tree) if tree else ():
            if isinstance(node, FUNCTIONS):
                found[node.name] = function_facts(node)
            elif isinstance(node, ast.ClassDef):
                found[node.name] = class_facts(node)
        return found

    def _of_members(self, block: Block) -> Mapping[str, FunctionFacts | ClassFacts]:
        last = [list(self._facts(member).values())[-1:] for member in block.members]
        classes = [one for part in last for one in part if isinstance(one, ClassFacts)]
        return {block.name: together(classes)} if len(classes) == len(last) else {}


class File:
    """One version of a buffer, seen from one block of it. ``answers`` are those that were given."""

    def __init__(self, readings: Readings, block: Block, owner: Block | None) -> None:
        self._readings, self._block, self._owner = readings, block, owner
        self.answers: dict[tuple[Callable[..., object], tuple[Any, ...]], object] = {}
        self._facts: dict[ast.AST, FunctionFacts | ClassFacts] = {}

    def facts_of(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> FunctionFacts:
        """The facts of a function of this very block."""
        if node not in self._facts:
            self._facts[node] = function_facts(node)
        return cast("FunctionFacts", self._facts[node])

    def facts_of_class(self, node: ast.ClassDef) -> ClassFacts:
        """The facts of a class of this very block."""
        if node not in self._facts:
            self._facts[node] = class_facts(node)
        return cast("ClassFacts", self._facts[node])

    def agrees(self, answers: Answers) -> bool:
        """Whether this version gives the same answers."""
        for (asked, about), before in answers.items():
            now = asked(self, *about)
            if now is not before and now != before:
                return False
        return True

    @question
    def index(self) -> BlockIndex:
        """The whole of it: what is found with it holds for this version only."""
        return self._readings.index

    @question
    def open(self) -> bool:
        """Whether any name may exist or be bound anew: there is a star import, or code that writes names by itself."""
        return self._readings.open

    @question
    def owner(self) -> ClassFacts | None:
        """The class that the block is a member of, without what its body holds; None where it cannot be read."""
        owner = self._whole_owner()
        return owner.alone() if owner else None

    @question
    def owner_method(self, name: str) -> FunctionFacts | None:
        """See ``ClassFacts.method``, of the class that the block is a member of."""
        owner = self._whole_owner()
        return owner.method(name) if owner else None

    @question
    def owner_has(self, name: str) -> bool:
        """See ``ClassFacts.has``, of the class that the block is a member of."""
        owner = self._whole_owner()
        return owner is not None and owner.has(name)

    @question
    def owner_alike(self, name: str) -> tuple[str, ...]:
        """See ``ClassFacts.alike``, of the class that the block is a member of."""
        owner = self._whole_owner()
        return owner.alike(name) if owner else ()

    def _whole_owner(self) -> ClassFacts | None:
        return self._readings.owner(self._owner) if self._owner else None

    @question
    def bound(self, name: str) -> tuple[Binding, ...]:
        """Each time that the module binds ``name`` at its own level, in order; places are those of their blocks."""
        return tuple(binding for _, binding in self._readings.bindings.get(name, ()))

    @question
    def function(self, name: str) -> FunctionFacts | None:
        """The only thing that the module calls ``name``, if that is a function."""
        return self._readings.function(name)

    @question
    def class_of(self, name: str) -> ClassFacts | None:
        """The only thing that the module calls ``name``, if that is a class."""
        return self._readings.class_of(name)

    @question
    def sets_attribute(self, name: str) -> bool:
        """Whether some code of the file may set an attribute ``name`` of something, or names it in a string."""
        return self._readings.sets_attribute(name)

    @question
    def calls(self, name: str) -> bool:
        """Whether something that is called ``name`` is called somewhere in the file, and no class inherits from it."""
        return self._readings.calls(name)

    def place(self, name: str) -> tuple[int, int] | None:
        """Offsets of ``name`` where the module defines it, if it is the only thing that it calls so."""
        at = self._distance(name)
        return (self._block.start + at, self._block.start + at + len(name)) if at is not None else None

    @question
    def _distance(self, name: str) -> int | None:
        """From the block's start to the name in its ``def`` or ``class``."""
        block = self._readings.only(name, "function") or self._readings.only(name, "class")
        found = re.search(rf"\b(?:def|class)[ \t]+({re.escape(name)})\b", block.text) if block else None
        return block.start + found.start(1) - self._block.start if block and found else None
