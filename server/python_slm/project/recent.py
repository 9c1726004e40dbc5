"""What the user looked at lately: chunks of text left behind by edits, what was yanked, and the tabs that are open.

The ring and its figures are llama.vim's: 16 chunks of at most 64 lines; a near duplicate takes the place of the older.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_slm.project.surroundings import Chunk

if TYPE_CHECKING:
    from python_slm.project.surroundings import ChunkSource

RING = 16
MAX_LINES = 64
SAME = 0.9
"""Jaccard similarity of two chunks' lines above which the older one goes."""
_NEAR = MAX_LINES // 2
"""Lines that an edit may lie from the one before and still belong to the same chunk."""
TAB_LINES = 32
_MIN_CHARACTERS = 20


class Ring:
    """The newest chunks from one source, none of them nearly equal."""

    def __init__(self, source: ChunkSource, size: int = RING) -> None:
        self._source = source
        self._size = size
        self._chunks: list[Chunk] = []

    def add(self, path: str, text: str) -> None:
        """Remember a text's first MAX_LINES lines; one that says next to nothing is left out."""
        lines = text.splitlines(keepends=True)[:MAX_LINES]
        text = "".join(lines)
        if len(text.strip()) < _MIN_CHARACTERS:
            return
        kept = [one for one in self._chunks if jaccard(_lines(one.text), _lines(text)) <= SAME]
        self._chunks = [*kept, Chunk(self._source, path, text)][-self._size :]

    def forget(self, path: str) -> None:
        """Let go of a file's chunks."""
        self._chunks = [one for one in self._chunks if one.path != path]

    @property
    def chunks(self) -> tuple[Chunk, ...]:
        """Newest first."""
        return tuple(reversed(self._chunks))


class Edits:
    """Follows where the user edits; a place that is left, for another or another file, becomes a chunk."""

    def __init__(self) -> None:
        self._ring = Ring("edit")
        self._at: tuple[str, int] | None = None
        self._text = ""

    def edited(self, path: str, text: str, line: int) -> None:
        """``text`` is the file ``path`` after an edit at ``line``, from zero."""
        if self._at is not None and not (self._at[0] == path and abs(self._at[1] - line) <= _NEAR):
            self.leave()
        self._at, self._text = (path, line), text

    def leave(self) -> None:
        """The user went elsewhere, or saved: keep what surrounds the last edit."""
        if self._at is not None:
            path, line = self._at
            lines = self._text.splitlines(keepends=True)
            first = max(0, line - _NEAR)
            self._ring.add(path, "".join(lines[first : first + MAX_LINES]))
        self._at, self._text = None, ""

    def forget(self, path: str) -> None:
        """Let go of all that is known of a file."""
        self._ring.forget(path)
        if self._at is not None and self._at[0] == path:
            self._at, self._text = None, ""

    @property
    def chunks(self) -> tuple[Chunk, ...]:
        """Newest first."""
        return self._ring.chunks


def tab_chunks(path: str, text: str) -> tuple[Chunk, ...]:
    """An open file in pieces of TAB_LINES lines, each of which is chosen for itself."""
    lines = text.splitlines(keepends=True)
    pieces = ("".join(lines[start : start + TAB_LINES]) for start in range(0, len(lines), TAB_LINES))
    return tuple(Chunk("tab", path, piece) for piece in pieces if len(piece.strip()) >= _MIN_CHARACTERS)


def jaccard(one: frozenset[str], two: frozenset[str]) -> float:
    """Shared members / all members; 0 for two empty sets."""
    both = len(one & two)
    return both / (len(one) + len(two) - both) if both else 0.0


def _lines(text: str) -> frozenset[str]:
    return frozenset(filter(None, map(str.strip, text.splitlines())))
