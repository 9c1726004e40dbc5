"""Atoms → pieces: what is parsed together.

A function, class or other compound statement is a piece of its own; imports, and other simple statements, are grouped.
A class longer than ``CLASS_LINES`` is a header and pieces of members. Groups end at a statement whose checksum says so,
at ``GROUP_LINES`` at the latest, so that a line added to one leaves the next ones as they were.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.syntax.pieces import Caches, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.syntax.split import Atom

GROUP_LINES = 40
"""Simple statements beyond this many lines begin a new piece."""
CLASS_LINES = 60
"""A longer class is parsed member by member."""

_FEWEST_LINES = 8
_CUT_ONE_IN = 8
_MEMBER = "class _:\n"
_INDENT = re.compile(r"(?:[ \t\f\ufeff]*(?:#[^\r\n]*)?[\r\n])*([ \t]*)")


@dataclass(frozen=True)
class Grouping:
    """How the atoms of one text are put together."""

    atoms: Sequence[Atom]
    caches: Caches

    def pieces(self, index: int) -> Iterator[tuple[int, Piece]]:
        """(index of its first atom, piece) for the atoms from ``index`` on, which must begin a piece."""
        while index < len(self.atoms):
            end = self._unit_end(index)
            yield index, self._unit(index, end)
            index = end

    def _unit_end(self, index: int) -> int:
        atom = self.atoms[index]
        if atom.kind != "class":
            return self._group_end(index)
        end = index + 1
        while end < len(self.atoms) and self.atoms[end].depth:
            end += 1
        return end

    def _group_end(self, index: int) -> int:
        first, end, lines = self.atoms[index], index + 1, self.atoms[index].lines
        if first.compound or first.kind in ("class", "def"):
            return end
        while end < len(self.atoms):
            atom, last = self.atoms[end], self.atoms[end - 1]
            lines += atom.lines
            if atom.kind != first.kind or atom.compound or atom.depth != first.depth or lines > GROUP_LINES:
                break
            if lines - atom.lines >= _FEWEST_LINES and last.mark % _CUT_ONE_IN == 0:
                break
            end += 1
        return end

    def _unit(self, index: int, end: int) -> Piece:
        atoms = self.atoms[index:end]
        first = atoms[0]
        text = "".join(atom.text for atom in atoms)
        if first.kind != "class" or end == index + 1 or sum(atom.lines for atom in atoms) <= CLASS_LINES:
            return self._piece(first, text)
        return Piece("class", first.name, text, "", "", tuple(self._parts(index, end)), self.caches)

    def _parts(self, index: int, end: int) -> Iterator[Piece]:
        """The header, which takes in the simple statements at its top, then the members."""
        head = index + 1
        if self.atoms[head].kind == "statements" and not self.atoms[head].compound:
            head = min(self._group_end(head), end)
        text = "".join(atom.text for atom in self.atoms[index:head])
        indent = _INDENT.match(self.atoms[index + 1].text)
        assert indent is not None  # it matches the empty string
        yield self._piece(self.atoms[index], text, after=f"{indent[1]}pass\n")
        while head < end:
            stop = min(self._group_end(head), end)
            yield self._piece(self.atoms[head], "".join(atom.text for atom in self.atoms[head:stop]), before=_MEMBER)
            head = stop

    def _piece(self, first: Atom, text: str, *, before: str = "", after: str = "") -> Piece:
        return self.caches.pieces.get(
            (first.kind, before, after, text),
            len(text),
            lambda: Piece(first.kind, first.name, text, before, after, (), self.caches),
        )
