"""Which names there are at an offset of a buffer, also of a broken one.

A block is read by itself (``bindings``), what it takes from the module is looked up in the outlines of the other
blocks, which are kept: after an edit one block is read again. What cannot be read is taken to bind whatever word it
holds, so that a name is called missing only where that is certain.
"""

from __future__ import annotations

import builtins
import re
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from python_slm.syntax.bindings import END, Binding, end_of, start_of
from python_slm.syntax.outline import unread_words
from python_slm.syntax.parse import ast_of, parseable
from python_slm.syntax.reading import ScopeReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from python_slm.syntax.bindings import Frame, Mention, Spot, Use
    from python_slm.syntax.blocks import Block, BlockIndex
    from python_slm.syntax.pieces import Piece

BUILTINS = frozenset(dir(builtins)) | {
    "__class__", "__file__", "__path__", "__builtins__", "__annotations__", "__dict__", "__debug__",
    "WindowsError", "PythonFinalizationError", "reveal_type", "reveal_locals",
}  # fmt: skip
"""Those of the running Python, what later ones added, and what modules and methods have besides."""

_MOST_BLOCKS = 4
_WORD = re.compile(r"\w*")
_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, eq=False)
class Reading:
    """One block, read between two offsets. ``place`` orders it among the blocks, ``part`` among a class's members."""

    block: Block
    place: int
    part: int
    uses: Sequence[Use]
    mentions: Sequence[Mention]
    frames: Sequence[Frame]
    words: frozenset[str]

    def offset_of(self, spot: Spot) -> int:
        """The offset in the buffer of a spot of the block's tree."""
        line = spot[0] - 1 - self.block.piece.lines_before
        if line < 0:
            return self.block.start
        if line >= len(self._lines):
            return self.block.end
        start, text = self._lines[line]
        column = (
            spot[1] if text.isascii() else len(text.encode("utf-8", "replace")[: spot[1]].decode("utf-8", "ignore"))
        )
        return self.block.start + start + column

    @cached_property
    def _lines(self) -> list[tuple[int, str]]:
        return _lines_of(parseable(self.block.text))

    @property
    def owner(self) -> Frame | None:
        """The frame that stands for the class that the block is a member of."""
        return self.frames[1] if self.block.piece.before and len(self.frames) > 1 else None


class Names:
    """The names of one version of a buffer."""

    def __init__(self, index: BlockIndex) -> None:
        self.index = index

    @cached_property
    def _pieces(self) -> list[Piece]:
        return [block.piece for block in self.index.blocks]

    @cached_property
    def open(self) -> bool:
        """Whether anything may exist: there is a star import, or code that writes names by itself."""
        return any(piece.outline.star for piece in self._pieces)

    def in_module(self, name: str) -> list[tuple[int, Binding]]:
        """(place of the block, binding) of each time that the module binds ``name``."""
        return [
            (place, binding)
            for place, piece in enumerate(self._pieces)
            for binding in piece.outline.names.get(name, ())
        ]

    def resolve(self, use: Use, reading: Reading, name: str = "") -> list[Binding] | None:
        """What ``use`` may refer to: nothing where the name is missing, None where that cannot be told."""
        name = name or use.name
        eager, frame, skip_class = not use.deferred, use.frame, False
        while frame.parent is not None:
            bound = [] if name in frame.globals else frame.bindings.get(name, [])
            if frame.kind == "class" and skip_class:
                bound = []
            if found := [one for one in bound if not eager or one.holds(use.start, use.loops)]:
                return found
            if frame is reading.owner and not skip_class and (found := self._of_siblings(name, reading, eager=eager)):
                return found
            if frame.kind == "function":
                eager, skip_class = False, True
            frame = frame.parent
        found = self._of_module(name, use, reading, frame, eager=eager)
        if found:
            return found
        if name in BUILTINS or self.open or name in reading.words or self._unread(name):
            return None
        return []

    def missing(self, reading: Reading) -> Iterator[Use]:
        """The names of a reading that nothing binds."""
        for use in reading.uses:
            if not use.guarded and self.resolve(use, reading) == []:
                yield use

    def unresolved(self, name: str) -> bool:
        """Whether the buffer reads ``name`` somewhere without binding it; looks at the first blocks that have it."""
        word = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)")
        blocks = ((block, list(word.finditer(block.text)), place, part) for block, place, part in self._parts())
        for block, found, place, part in islice((one for one in blocks if one[1]), _MOST_BLOCKS):
            first, last = block.start + found[0].start(), block.start + found[-1].end()
            reading = self._read(block, place, part, first, last)
            if any(use.name == name and self.resolve(use, reading) == [] for use in reading.uses):
                return True
        return False

    def read(self, start: int, end: int) -> list[Reading]:
        """The blocks between two offsets, with the names, calls, attributes and imports there, in part too."""
        return [
            self._read(member, place, part, start, end)
            for place, block in enumerate(self.index.blocks)
            if block.start < end and start < block.end
            for part, member in enumerate(block.members or (block,))
            if member.start < end and start < member.end
        ]

    def visible_at(self, offset: int) -> Mapping[str, Binding]:
        """The names visible at ``offset``, builtins left out; the innermost, then the latest, binding of each."""
        text = self.index.text
        word = _WORD.match(text, offset)
        before = re.search(r"\w*$", text[max(0, offset - 200) : offset])
        if before and before.group():
            offset -= len(before.group())
            word = _WORD.match(text, offset)
        end = word.end() if word else offset
        names = self
        if end == offset:
            names = Names(self.index.updated(f"{text[:offset]}_{text[end:]}"))
            end = offset + 1
        for reading in names.read(offset, end):
            for use in reading.uses:
                return names._visible(use)
        return names._outer()

    def class_of(self, name: str, frame: Frame, reading: Reading) -> ClassView | None:
        """The class whose method has the parameter ``name`` (``self``) that ``frame`` sees; None if it is none."""
        inner: Frame | None = frame
        while inner is not None and (inner.kind == "class" or name not in inner.bindings):
            inner = inner.parent
        outer = inner.parent if inner is not None and inner.kind == "function" else None
        if outer is None or outer.kind != "class":
            return None
        whole = self.index.blocks[reading.place]
        if outer is reading.owner:
            found = whole.piece.outline.names.get(whole.piece.name, ())
            return ClassView(found[-1], whole.start, whole.end) if found else None
        node = outer.node
        for binding in (one for several in (outer.parent.bindings if outer.parent else {}).values() for one in several):
            if binding.kind == "class" and node is not None and binding.since == end_of(node):  # type: ignore[arg-type]
                start, end = reading.offset_of(start_of(node)), reading.offset_of(binding.since)  # type: ignore[arg-type]
                return ClassView(binding, start, end)
        return None

    def top_class(self, name: str) -> ClassView | None:
        """The only thing that the module calls ``name``, if that is a class."""
        found = self.in_module(name)
        if len(found) != 1 or found[0][1].kind != "class":
            return None
        place, binding = found[0]
        block = self.index.blocks[place]
        return ClassView(binding, block.start, block.end)

    def _of_module(self, name: str, use: Use, reading: Reading, frame: Frame, *, eager: bool) -> list[Binding]:
        found = [one for one in frame.bindings.get(name, ()) if not eager or one.holds(use.start, use.loops)]
        for place, binding in self.in_module(name):
            if place == reading.place and not reading.block.piece.before:
                continue  # read deeply just now
            if binding.until == END and (not eager or place < reading.place):
                found.append(binding)
        if any(name in piece.outline.globals for piece in self._pieces):
            found.append(Binding(name, "variable"))
        return found

    def _of_siblings(self, name: str, reading: Reading, *, eager: bool) -> list[Binding]:
        """What other members of a long class bind in it."""
        parts = self.index.blocks[reading.place].piece.parts
        header = parts[0].outline.names.get(self.index.blocks[reading.place].piece.name, ())
        found = list(header[-1].inside.get(name, ())) if header else []
        for part, piece in enumerate(parts[1:], start=1):
            if part != reading.part and (not eager or part < reading.part):
                found += piece.outline.names.get(name, ())
        return found

    def _unread(self, name: str) -> bool:
        return any(name in piece.outline.words for piece in self._pieces)

    def _parts(self) -> Iterator[tuple[Block, int, int]]:
        for place, block in enumerate(self.index.blocks):
            for part, member in enumerate(block.members or (block,)):
                yield member, place, part

    def _read(self, block: Block, place: int, part: int, start: int, end: int) -> Reading:
        piece = block.piece
        shadow = piece.mend(_line_in(block, start)) if piece.problems else piece.shadow
        tree = ast_of(piece.before + shadow.text + piece.after)
        words = unread_words(piece.text, shadow) if tree is not None else piece.outline.words
        if tree is None:
            return Reading(block, place, part, (), (), (), words)
        reader = ScopeReader(deep=True, text=piece.text, span=_span(block, start, end))
        reader.visit(tree)
        if piece.before:  # the class that stands for the one it is a member of
            reader.module.bindings.pop("_")
        return Reading(block, place, part, reader.uses, reader.mentions, reader.frames, words)

    def _visible(self, use: Use) -> Mapping[str, Binding]:
        found = dict(self._outer())
        frames: list[Frame] = []
        frame: Frame | None = use.frame
        while frame is not None:
            if frame.kind != "class" or frame is use.frame:
                frames.append(frame)
            frame = frame.parent
        for frame in reversed(frames):
            eager = frame is use.frame
            for name, bound in frame.bindings.items():
                if held := [one for one in bound if not eager or one.holds(use.start, use.loops)]:
                    found[name] = held[-1]
        return found

    def _outer(self) -> Mapping[str, Binding]:
        return {name: bound[-1] for piece in self._pieces for name, bound in piece.outline.names.items()}


@dataclass(frozen=True)
class ClassView:
    """A class of the buffer and the offsets between which it stands."""

    binding: Binding
    start: int
    end: int


def _lines_of(text: str) -> list[tuple[int, str]]:
    lines, start = [], 0
    for found in _LINE_END.finditer(text):
        lines.append((start, text[start : found.start()]))
        start = found.end()
    return [*lines, (start, text[start:])]


def _line_in(block: Block, offset: int) -> int:
    return len(_LINE_END.findall(block.text[: max(0, offset - block.start)]))


def _span(block: Block, start: int, end: int) -> tuple[Spot, Spot]:
    """Two offsets of the buffer as spots of the block's tree."""
    return _spot(block, start), _spot(block, end)


def _spot(block: Block, offset: int) -> Spot:
    before = parseable(block.text)[: max(0, offset - block.start)]
    line = len(_LINE_END.findall(before))
    last = _lines_of(before)[-1][1]
    return line + 1 + block.piece.lines_before, len(last.encode("utf-8", "replace"))
