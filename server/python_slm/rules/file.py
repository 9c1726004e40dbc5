"""The file that a block stands in, as a rule may ask about it: every question is remembered with its answer.

That is what lets findings be kept while somebody types elsewhere: those of a block hold as long as its text is the same
and its questions have the same answers. Whoever takes the whole ``index()`` is asked again after every edit.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from python_slm.syntax.bindings import Binding
    from python_slm.syntax.blocks import Block, BlockIndex
    from python_slm.syntax.scope import Names

    Answers = Mapping[tuple[Callable[..., object], tuple[Any, ...]], object]

About = ParamSpec("About")
Answer = TypeVar("Answer")


def question(method: Callable[Concatenate[File, About], Answer]) -> Callable[Concatenate[File, About], Answer]:
    """A method whose answer is remembered, to be compared with that of a later version."""

    @wraps(method)
    def asked(file: File, /, *about: About.args, **named: About.kwargs) -> Answer:
        answer = method(file, *about, **named)
        file.answers[asked, about] = answer
        return answer

    return cast("Callable[Concatenate[File, About], Answer]", asked)


class File:
    """One version of a buffer, seen from one block of it. ``answers`` are those that were given."""

    def __init__(self, names: Names, block: Block, owner: str) -> None:
        self._names, self._block, self._owner = names, block, owner
        self.answers: dict[tuple[Callable[..., object], tuple[Any, ...]], object] = {}

    def agrees(self, answers: Answers) -> bool:
        """Whether this version gives the same answers."""
        return all(asked(self, *about) == answer for (asked, about), answer in answers.items())

    @question
    def index(self) -> BlockIndex:
        """The whole of it: what is found with it holds for this version only."""
        return self._names.index

    @question
    def open(self) -> bool:
        """Whether any name may exist or be bound anew: there is a star import, or code that writes names by itself."""
        return self._names.open

    @question
    def owner(self) -> str:
        """Name of the class that the block is a member of; empty where it stands alone."""
        return self._owner

    @question
    def bound(self, name: str) -> tuple[Binding, ...]:
        """Each time that the module binds ``name`` at its own level, in order; places are those of their blocks."""
        return tuple(binding for _, binding in self._names.in_module(name))
