"""What an edit elsewhere leaves alone: the text of a block, its problem, tree and definitions, and a cache of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

from python_slm.syntax.compiled import compiler_problem
from python_slm.syntax.definitions import Definition, definitions_in
from python_slm.syntax.lines import line_count
from python_slm.syntax.outline import Outline, outline_of
from python_slm.syntax.parse import Problem, problem_in, tree_of
from python_slm.syntax.repair import Shadow, Span, mended

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    import libcst

    from python_slm.syntax.split import AtomKind

MAX_CHARACTERS = 5_000_000
MAX_LINES = 200_000
"""A longer text is one block with one problem: cutting it would take seconds."""

_TREES_CHARACTERS = 400_000
_PIECES_CHARACTERS = 4_000_000
_MOST_PARSES = 12  # while somebody types

Key = TypeVar("Key")
Value = TypeVar("Value")


class Generations(Generic[Key, Value]):
    """A cache that forgets what was not asked for lately; it holds values of at most twice ``limit`` in weight.

    Two dictionaries instead of a linked list: every step is one atomic operation, so threads may share it unlocked.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._weight = 0
        self._young: dict[Key, Value] = {}
        self._old: dict[Key, Value] = {}

    def get(self, key: Key, weight: int, make: Callable[[], Value]) -> Value:
        """The value of ``key``, made now if it is not here."""
        young = self._young
        if key in young:
            return young[key]
        old = self._old
        value = old[key] if key in old else make()
        if self._weight + weight > self._limit:
            self._old, self._young, self._weight = self._young, {}, 0
        self._young[key] = value
        self._weight += weight
        return value


class Caches:
    """Shared by the indexes of one file's versions."""

    def __init__(self) -> None:
        self.pieces: Generations[tuple[object, ...], Piece] = Generations(_PIECES_CHARACTERS)
        self.trees: Generations[str, libcst.Module | None] = Generations(_TREES_CHARACTERS)


@dataclass(frozen=True, eq=False)
class Piece:
    """A block without its place in the file. ``parts`` are those of a class too long to parse at once.

    ``before`` and ``after`` are what ``text`` needs to parse on its own: a member stands in a class, a header lacks its
    body.
    """

    kind: AtomKind
    name: str
    text: str
    before: str
    after: str
    parts: tuple[Piece, ...]
    caches: Caches

    @cached_property
    def lines(self) -> int:
        """Number of line ends."""
        return line_count(self.text)

    @cached_property
    def notes(self) -> dict[Hashable, object]:
        """What readers of the piece keep with it, each under a key of its own: it lasts as long as the text does."""
        return {}

    @property
    def lines_before(self) -> int:
        """Lines that the parsed text has above this one's."""
        return line_count(self.before)

    @property
    def parsed_text(self) -> str:
        """What is parsed: ``text`` and what it needs around it."""
        return self.before + self.text + self.after

    @cached_property
    def problems(self) -> Sequence[Problem]:
        """Why it does not parse, lines counted from its start: at most one each part."""
        if self.parts:
            return [
                problem.moved(line)
                for part, line in zip(self.parts, self.part_lines, strict=True)
                for problem in part.problems
            ]
        problem = problem_in(self.parsed_text)
        if problem is None:
            return []
        line = min(max(0, problem.line - self.lines_before), self.lines)
        return [replace(problem.moved(-self.lines_before), line=line)]

    @cached_property
    def compiler_problem(self) -> Problem | None:
        """What the compiler has against ``parsed_text``, at its line there; not for a class of parts."""
        return compiler_problem(self.parsed_text)

    @cached_property
    def shadow(self) -> Shadow:
        """Its text with what is broken replaced, lines counted from its start; made for a piece without parts."""
        return mended(self)

    def mend(self, line: int) -> Shadow:
        """Its shadow; if it is not made yet, the damage is looked for on ``line`` first, and not for long."""
        if "shadow" not in self.__dict__:
            self.__dict__["shadow"] = mended(self, line, most_parses=_MOST_PARSES)
        return self.shadow

    @cached_property
    def outline(self) -> Outline:
        """What it binds; also that of a class of parts."""
        return outline_of(self)

    @property
    def tree(self) -> libcst.Module | None:
        """The tree of ``parsed_text``, kept if asked for lately; None if that is broken, or a class of parts."""
        if self.parts or self.problems:
            return None
        text = self.parsed_text
        return self.caches.trees.get(text, len(text), lambda: tree_of(text))

    @cached_property
    def definitions(self) -> Sequence[Definition]:
        """Functions, classes and methods, lines counted from its start."""
        if not self.parts:
            return definitions_in(self.text)
        found = list(self.parts[0].definitions)
        for part, line in zip(self.parts[1:], self.part_lines[1:], strict=True):
            found += [definition.within(self.name, line) for definition in part.definitions]
        return found

    @cached_property
    def part_lines(self) -> Sequence[int]:
        """Line of each part, counted from the start."""
        lines = [0]
        for part in self.parts[:-1]:
            lines.append(lines[-1] + part.lines)
        return lines


@dataclass(frozen=True, eq=False)
class UnreadPiece(Piece):
    """The whole of a text that is too long to be cut."""

    @cached_property
    def problems(self) -> Sequence[Problem]:
        """That it is too long."""
        size = f"{len(self.text):,} characters on {self.lines + 1:,} lines"
        most = f"{MAX_CHARACTERS:,} characters and {MAX_LINES:,} lines"
        return [Problem(0, 0, f"{size} are too many: files are read up to {most}")]

    @staticmethod
    def covers(text: str) -> bool:
        """Whether ``text`` is that long."""
        return len(text) > MAX_CHARACTERS or line_count(text) > MAX_LINES

    @property
    def tree(self) -> libcst.Module | None:
        """Never one."""
        return None

    @cached_property
    def definitions(self) -> Sequence[Definition]:
        """Never any."""
        return []

    @cached_property
    def shadow(self) -> Shadow:
        """Empty lines."""
        return Shadow("\n" * self.lines, (Span(0, self.lines + 1),))

    @cached_property
    def outline(self) -> Outline:
        """It may bind anything."""
        return Outline(star=True)
