"""Which piece stands where in one version of a text, and, after an edit, what of that still holds."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from python_slm.syntax.groups import Grouping
from python_slm.syntax.lines import Lexer
from python_slm.syntax.pieces import Caches, Piece, UnreadPiece
from python_slm.syntax.split import Split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.syntax.split import Atom


@dataclass(frozen=True, eq=False)
class Layout:
    """A text as pieces; four lists of equal length, never empty.

    ``starts`` are offsets, ``lines`` zero-based, ``firsts`` the index of each piece's first atom. ``split`` is None
    for a text too long to cut. ``plain`` is how the text splits where quotes are taken as they stand; if that leaves
    one open at the end, ``split`` is the repaired one in its place.
    """

    pieces: Sequence[Piece]
    starts: Sequence[int]
    lines: Sequence[int]
    firsts: Sequence[int]
    split: Split | None
    plain: Split | None
    caches: Caches

    @classmethod
    def of(cls, text: str, old: Self | None = None) -> Self:
        """The layout of ``text``, made from that of the version before where there is one."""
        caches = old.caches if old else Caches()
        if UnreadPiece.covers(text):
            piece = UnreadPiece("statements", "", text, "", "", (), caches)
            return cls([piece], [0], [0], [0], None, None, caches)
        plain = split = old.plain.updated(text) if old and old.plain else Split.of(text, Lexer())
        if plain.open:
            repaired = old.split if old and old.split and old.split.lexer.repairing else None
            split = repaired.updated(text) if repaired else Split.of(text, Lexer(repairing=True))
        return cls._grouped(split, plain, old, caches)

    @classmethod
    def _grouped(cls, split: Split, plain: Split, old: Self | None, caches: Caches) -> Self:
        old = old if old and old.split and old.split.lexer == split.lexer else None
        kept, resumable = old.reusable(split) if old else (0, {})
        pieces, starts, lines, firsts = old.first(kept) if old else ([], [], [], [])
        start, line, first = (old.starts[kept], old.lines[kept], old.firsts[kept]) if old else (0, 0, 0)
        for index, piece in Grouping(split.atoms, caches).pieces(first):
            if old and index in resumable:
                rest = resumable[index]
                pieces += old.pieces[rest:]
                starts += [offset + start - old.starts[rest] for offset in old.starts[rest:]]
                lines += [number + line - old.lines[rest] for number in old.lines[rest:]]
                firsts += [atom + index - old.firsts[rest] for atom in old.firsts[rest:]]
                break
            pieces.append(piece)
            starts.append(start)
            lines.append(line)
            firsts.append(index)
            start, line = start + len(piece.text), line + piece.lines
        return cls(pieces, starts, lines, firsts, split, plain, caches)

    def first(self, count: int) -> tuple[list[Piece], list[int], list[int], list[int]]:
        """The first ``count`` entries of each list, as new lists."""
        return (
            list(self.pieces[:count]),
            list(self.starts[:count]),
            list(self.lines[:count]),
            list(self.firsts[:count]),
        )

    def reusable(self, split: Split) -> tuple[int, dict[int, int]]:
        """What still holds once the text splits into ``split``.

        (pieces before the edit; atom of ``split`` → piece, wherever the pieces behind the edit may be taken up again)
        """
        assert self.split is not None  # our caller reads it
        old, new = self.split.atoms, split.atoms
        before, after = _same_ends(old, new)
        kept = max(0, bisect_right(self.firsts, before) - 2)
        behind = bisect_left(self.firsts, len(old) - after, lo=kept)
        shift = len(new) - len(old)
        return kept, {self.firsts[piece] + shift: piece for piece in range(behind, len(self.firsts))}


def _same_ends(old: Sequence[Atom], new: Sequence[Atom]) -> tuple[int, int]:
    """How many atoms two splits share at their beginning and, besides those, at their end."""
    most = min(len(old), len(new))
    before = next((index for index in range(most) if old[index] is not new[index]), most)
    most -= before
    after = next((index for index in range(most) if old[-1 - index] is not new[-1 - index]), most)
    return before, after
