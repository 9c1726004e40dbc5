"""The block index: an open buffer as blocks that parse on their own.

A broken line breaks its block and nothing else. After an edit only the atoms around it are cut again (``split``), only
the blocks that they are part of are parsed again, and only when somebody asks for a problem or a tree.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Self

from python_slm.syntax.definitions import Definition
from python_slm.syntax.layout import Layout
from python_slm.syntax.lines import NEWLINE, possessive
from python_slm.syntax.parse import Problem

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import libcst

    from python_slm.syntax.pieces import Piece

__all__ = ["Block", "BlockIndex", "Definition", "Problem"]

_ABOVE = re.compile(possessive(rf"[ \t\f\ufeff]*+(?:#[^\r\n]*+)?{NEWLINE}") + "\ufeff?")

BlockKind = Literal["statements", "import", "class", "def", "broken"]


@dataclass(frozen=True, slots=True)
class Block:
    """Some top-level statements, or, within a long class, its header or members.

    ``start`` and ``end`` are offsets, ``start_line`` and ``end_line`` zero-based lines; the ends are exclusive.
    Problems and trees are made when asked for and kept.
    """

    piece: Piece
    start: int
    start_line: int

    @property
    def kind(self) -> BlockKind:
        """What it holds; ``broken`` when it does not parse."""
        return "broken" if self.piece.problems else self.piece.kind

    @property
    def name(self) -> str:
        """Of the function or class, even if broken; else empty."""
        return self.piece.name

    @property
    def text(self) -> str:
        """Its source; the texts of an index's blocks add up to the document."""
        return self.piece.text

    @property
    def end(self) -> int:
        """Offset after its last character."""
        return self.start + len(self.piece.text)

    @property
    def end_line(self) -> int:
        """Line after its last one."""
        return self.start_line + self.piece.lines + (not self.text.endswith(("\n", "\r")) if self.text else 0)

    @property
    def problem(self) -> str | None:
        """Why it does not parse; None when it does."""
        return self.piece.problems[0].message if self.piece.problems else None

    @property
    def problems(self) -> Sequence[Problem]:
        """The problem with its place in the file; in a class with members, one for each broken member."""
        return [found.moved(self.start_line) for found in self.piece.problems]

    @property
    def tree(self) -> libcst.Module | None:
        """What libcst makes of it; None when broken, longer than 100,000 characters, or in a class with members.

        Line 1 of the tree is the document's ``tree_line``; columns are the document's.
        """
        return self.piece.tree

    @property
    def tree_line(self) -> int:
        """Zero-based document line that the tree's first line stands for: members are parsed below a ``class`` line."""
        return self.start_line - self.piece.lines_before

    @property
    def members(self) -> Sequence[Block]:
        """Header and members of a class over 60 lines, which tile it; nothing for other blocks."""
        blocks, start = [], self.start
        for part, line in zip(self.piece.parts, self.piece.part_lines, strict=False):
            blocks.append(Block(part, start, self.start_line + line))
            start += len(part.text)
        return blocks

    @property
    def definitions(self) -> Sequence[Definition]:
        """Its functions, classes and methods, at their lines in the file."""
        return [definition.within("", self.start_line) for definition in self.piece.definitions]


@dataclass(frozen=True, eq=False)
class BlockIndex:
    """One version of a buffer. Immutable: share it between threads."""

    text: str
    _layout: Layout

    @classmethod
    def of(cls, text: str) -> Self:
        """The index of a text seen for the first time. Any string will do."""
        return cls(text, Layout.of(text))

    def updated(self, text: str) -> Self:
        """``BlockIndex.of(text)``, but what an edit left alone is taken from this one."""
        return self if text == self.text else type(self)(text, Layout.of(text, self._layout))

    @cached_property
    def blocks(self) -> Sequence[Block]:
        """In order, at least one; their texts add up to ``text``."""
        layout = self._layout
        return [Block(*place) for place in zip(layout.pieces, layout.starts, layout.lines, strict=True)]

    @cached_property
    def notes(self) -> dict[Hashable, object]:
        """What readers of the whole file keep with this version of it, each under a key of its own."""
        return {}

    def block_at(self, offset: int) -> Block:
        """The smallest block that holds ``offset``, which is clamped to the text: a member, if its class has them."""
        layout = self._layout
        index = max(0, bisect_right(layout.starts, offset) - 1)
        block = Block(layout.pieces[index], layout.starts[index], layout.lines[index])
        return next((member for member in reversed(block.members) if member.start <= offset), block)

    def definitions(self) -> Sequence[Definition]:
        """Functions, classes and methods in order, those of broken blocks too; not functions within functions."""
        return self._definitions

    def imports_text(self) -> str:
        """The source of every top-level import statement, broken ones too, each with a line end behind it."""
        atoms = self._layout.split.atoms if self._layout.split else ()
        statements = (_ABOVE.sub("", atom.text, count=1).strip() for atom in atoms if atom.kind == "import")
        return "".join(f"{statement}\n" for statement in statements)

    @cached_property
    def problems(self) -> Sequence[Problem]:
        """Why blocks do not parse, in order, at most one a block or member."""
        layout = self._layout
        return [
            found.moved(line)
            for piece, line in zip(layout.pieces, layout.lines, strict=True)
            for found in piece.problems
        ]

    @cached_property
    def _definitions(self) -> Sequence[Definition]:
        return [definition for block in self.blocks for definition in block.definitions]
