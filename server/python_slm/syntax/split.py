"""Cuts a text into atoms, and after an edit cuts again only around it.

An atom is the smallest piece worth knowing: one top-level statement, or, in a top-level class, the class line or one
member. Atoms tile the text. Blank lines and comments belong to the atom above, except that comments right above a
statement, indented no deeper than it, belong to it.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Self

from python_slm.syntax.lines import NEWLINE, Lexer, depth_of, line_count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

AtomKind = Literal["statements", "import", "class", "def"]

_MARGIN = 2  # atoms before an edit that are cut again: their ends depend on how the next one begins
_HEAD = re.compile(
    rf"(?P<space>[ \t\f\ufeff]*+)(?:(?P<empty>{NEWLINE}(?:[ \t]*+{NEWLINE})*+|\Z)"
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
        return cls(list(cutter.atoms(0, 0, {})), text, lexer, cutter.open)

    def updated(self, text: str) -> Self:
        """``Split.of(text)``, but atoms away from the edit are this split's own."""
        old = self.atoms
        same_before = self._same_before(text)
        if same_before == len(old) and len(text) == len(self.text):
            return self
        tail = self._same_after(text, same_before)
        first = max(0, same_before - _MARGIN)
        start = sum(len(atom.text) for atom in old[:first])
        cutter = Cutter(text, self.lexer)
        depth = old[first].depth if first < len(old) else 0
        fresh = list(cutter.atoms(start, depth, tail))
        if cutter.stopped_at is None:
            return type(self)([*old[:first], *fresh], text, self.lexer, cutter.open)
        resumed = tail[cutter.stopped_at]
        return type(self)([*old[:first], *fresh, *old[resumed:]], text, self.lexer, self.open)

    def _same_before(self, text: str) -> int:
        """How many atoms ``text`` begins with."""
        position = 0
        for index, atom in enumerate(self.atoms):
            if not text.startswith(atom.text, position):
                return index
            position += len(atom.text)
        return len(self.atoms)

    def _same_after(self, text: str, first: int) -> dict[tuple[int, int], int]:
        """(offset in ``text``, depth) → index, for the atoms from ``first`` on that ``text`` ends with."""
        found: dict[tuple[int, int], int] = {}
        position = len(text)
        floor = sum(len(atom.text) for atom in self.atoms[:first])
        for index in range(len(self.atoms) - 1, first - 1, -1):
            atom = self.atoms[index]
            begin = position - len(atom.text)
            if begin < floor or not text.endswith(atom.text, begin, position):
                break
            position = begin
            found[position, atom.depth] = index
        return found


class Cutter:
    """One pass over a text. ``open`` and ``stopped_at`` hold once ``atoms`` is exhausted."""

    def __init__(self, text: str, lexer: Lexer) -> None:
        self.text = text
        self.lexer = lexer
        self.open = False
        self.stopped_at: tuple[int, int] | None = None

    def atoms(self, start: int, depth: int, stops: Mapping[tuple[int, int], int]) -> Iterator[Atom]:
        """Atoms from ``start``, which begins one of ``depth``, up to the end or to an (offset, depth) in ``stops``."""
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
                if (cut, here) in stops:
                    self.stopped_at = (cut, here)
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
