"""Cuts a text into atoms, and after an edit cuts again only around it.

An atom is the smallest piece worth knowing: one top-level statement, or, in a top-level class, the class line or one
member. Atoms tile the text. Blank lines and comments belong to the atom above, except that comments right above a
statement, indented no deeper than it, belong to it.
"""

from __future__ import annotations

import re
import zlib
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Literal, Self

from python_slm.syntax.lines import BLANK_LINES, NEWLINE, Lexer, depth_of, line_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

AtomKind = Literal["statements", "import", "class", "def"]

_MARGIN = 2  # atoms before an edit that are cut again: their ends depend on how the next one begins
_HEAD = re.compile(
    rf"(?P<space>[ \t\f\ufeff]*+)(?:(?P<empty>{NEWLINE}{BLANK_LINES}|\Z)"
    rf"|(?P<comment>#[^\r\n]*+{NEWLINE}?)|(?P<decorator>@)"
    r"|(?P<def>(?:async[ \t]+)?def)\b(?:[ \t]+(?P<function>\w+))?|(?P<class>class)\b(?:[ \t]+(?P<type>\w+))?"
    r"|(?P<import>import|from)\b|(?P<clause>else|elif|except|finally)\b)?"
)
_KINDS: dict[str | None, AtomKind] = {
    "def": "def",
    "function": "def",
    "class": "class",
    "type": "class",
    "import": "import",
}


@dataclass(frozen=True, eq=False)
class Atom:
    """A top-level statement (``depth`` 0), or a member of a top-level class, ``depth`` characters deep.

    ``compound``: it goes on over several logical lines. ``lines`` counts line ends.
    """

    kind: AtomKind
    name: str
    depth: int
    compound: bool
    text: str
    lines: int

    @cached_property
    def mark(self) -> int:
        """A checksum of the text: where groups of statements are cut (content-defined chunking)."""
        return zlib.crc32(self.text.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True)
class Split:
    """A text as atoms. ``open``: it ends within a triple quote, read by a lexer that does not repair."""

    atoms: Sequence[Atom]
    text: str
    lexer: Lexer
    open: bool

    @classmethod
    def of(cls, text: str, lexer: Lexer) -> Self:
        """Cut the whole of ``text``."""
        cutter = Cutter(text, lexer)
        return cls(list(cutter.atoms(0, 0, lambda _offset, _depth: None)), text, lexer, cutter.open)

    def updated(self, text: str) -> Self:
        """``Split.of(text)``, but atoms away from the edit are this split's own."""
        old, starts, shift = self.atoms, self.starts, len(text) - len(self.text)
        count = len(old)
        before = bisect_left(range(count), 1, key=lambda atom: not text.startswith(self.text[: starts[atom + 1]]))
        if before == count and not shift:
            return self
        after = bisect_left(
            range(before, count),
            1,
            key=lambda atom: starts[atom] + shift >= starts[before] and text.endswith(self.text[starts[atom] :]),
        )

        def resume(offset: int, depth: int) -> int | None:
            atom = bisect_left(starts, offset - shift, lo=before + after, hi=count)
            return atom if atom < count and starts[atom] == offset - shift and old[atom].depth == depth else None

        first = max(0, before - _MARGIN)
        cutter = Cutter(text, self.lexer)
        fresh = list(cutter.atoms(starts[first], old[first].depth if first < count else 0, resume))
        rest = [] if cutter.resumed is None else old[cutter.resumed :]
        return type(self)(
            [*old[:first], *fresh, *rest], text, self.lexer, cutter.open if cutter.resumed is None else self.open
        )

    @cached_property
    def starts(self) -> Sequence[int]:
        """Offset of each atom, and of the text's end."""
        return list(accumulate((len(atom.text) for atom in self.atoms), initial=0))


class Cutter:
    """One pass over a text. ``open`` and ``resumed`` hold once ``atoms`` is exhausted."""

    def __init__(self, text: str, lexer: Lexer) -> None:
        self.text = text
        self.lexer = lexer
        self.open = False
        self.resumed: int | None = None

    def atoms(self, start: int, depth: int, resume: Callable[[int, int], int | None]) -> Iterator[Atom]:
        """Atoms from ``start``, which begins one of ``depth``, up to the end or where ``resume`` knows the rest.

        ``resume`` maps the (offset, depth) where an atom begins to its index in an earlier split, if all is the same
        from there on; ``resumed`` is that index.
        """
        draft = _Draft(start, depth)
        members = depth  # depth of the members of the class we are in; 0 outside, -1 until the first one shows
        for begin, above, head in self._lines(start):
            here = depth_of(head["space"])
            kind = head.lastgroup
            if here == 0:
                new = not (draft.depth == 0 and draft.takes(kind))
                members = 0 if new else members
            elif members == -1:
                new, members = True, here
            else:
                new = here == members and not draft.takes(kind)
            if new and not draft.empty:
                cut = next((offset for offset, comment in above if comment <= here), begin)
                yield draft.atom(self.text, cut)
                self.resumed = resume(cut, here)
                if self.resumed is not None:
                    return
                draft = _Draft(cut, here)
            draft.add(kind, head)
            if draft.depth == 0 and draft.kind == "class" and not draft.compound:
                members = -1
        yield draft.atom(self.text, len(self.text))

    def _lines(self, start: int) -> Iterator[tuple[int, list[tuple[int, int]], re.Match[str]]]:
        """Each logical line's offset, the (offset, depth) of comments right above it, and how it begins."""
        text, lexer = self.text, self.lexer
        above: list[tuple[int, int]] = []
        position = start
        while 0 <= position < len(text):
            head = _HEAD.match(text, position)
            assert head is not None  # it matches the empty string
            kind = head.lastgroup
            if kind == "comment":
                above.append((position, depth_of(head["space"])))
            if kind in ("comment", "empty"):
                position = head.end()
                continue
            yield position, above, head
            above = []
            position = lexer.end(text, position, depth_of(head["space"]))
        self.open = position < 0


class _Draft:
    """An atom in the making."""

    def __init__(self, start: int, depth: int) -> None:
        self.start = start
        self.depth = depth
        self.kind: AtomKind = "statements"
        self.name = ""
        self.compound = False
        self.empty = True
        self._decorated = False

    def takes(self, kind: str | None) -> bool:
        """Whether a line as deep as this atom's first still belongs to it: a clause, or what is decorated."""
        if self._decorated:
            return kind == "decorator" or _KINDS.get(kind) in ("def", "class")
        return kind == "clause" and not self.empty

    def add(self, kind: str | None, head: re.Match[str]) -> None:
        """Append a logical line that begins like ``head``."""
        if self.empty or self._decorated:
            self.kind = _KINDS.get(kind, "statements")
            self.name = head["function"] or head["type"] or ""
            self._decorated = kind == "decorator"
        else:
            self.compound = True
        self.empty = False

    def atom(self, text: str, end: int) -> Atom:
        """The atom that ends at ``end``."""
        body = text[self.start : end]
        return Atom(self.kind, self.name, self.depth, self.compound, body, line_count(body))
