"""What a piece of a buffer binds at its own level, kept with the piece: a module's names are those of its pieces."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from python_slm.syntax.parse import ast_of
from python_slm.syntax.reading import ScopeReader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from python_slm.syntax.bindings import Binding, Frame
    from python_slm.syntax.pieces import Piece
    from python_slm.syntax.repair import Shadow

_WRITES_NAMES = re.compile(
    r"\b(?:globals|vars|locals)\(\)\s*(?:\[|\.(?:update|setdefault)\b|[\r\n])|\bexec(?:file)?\([^,\r\n]*[\r\n]|\bget_ipython\b"
)
_WORD = re.compile(r"[^\W\d]\w*")
_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Outline:
    """Bindings by name; of a class's member, those in the class. ``globals`` are bound in the module all the same.

    ``star``: a star import, or code that writes names by itself, may have bound anything. ``words`` are those of lines
    that could not be read: any of them may be bound.
    """

    names: Mapping[str, tuple[Binding, ...]] = field(default_factory=lambda: MappingProxyType({}))
    globals: frozenset[str] = frozenset()
    star: bool = False
    words: frozenset[str] = frozenset()


def outline_of(piece: Piece) -> Outline:
    """The outline of a piece. Its lines that do not parse are looked over for words."""
    if piece.parts:
        return _of_class(piece)
    words = unread_words(piece.text, piece.shadow)
    tree = ast_of(piece.before + piece.shadow.text + piece.after)
    if tree is None:
        return Outline(words=words | frozenset(_WORD.findall(piece.text)))
    reader = ScopeReader(deep=False, text=piece.text)
    reader.visit(tree)
    frame, outside = reader.module, frozenset[str]()
    if piece.before:  # a member, which was parsed in a class of its own
        (owner,) = frame.bindings.pop("_")
        outside = frozenset(frame.bindings)
        return Outline(owner.inside, outside, star=_star(reader.frames, piece.text), words=words)
    names = {name: tuple(bound) for name, bound in frame.bindings.items()}
    return Outline(names, outside, star=_star(reader.frames, piece.text), words=words)


def unread_words(text: str, shadow: Shadow) -> frozenset[str]:
    """The words of ``text`` that its shadow has put out; one that is only closed keeps its words."""
    if not shadow.replaced:
        return frozenset()
    lines, mended = _LINE_END.split(text), _LINE_END.split(shadow.text)
    return frozenset(
        word
        for span in shadow.replaced
        for line, new in zip(lines[span.first : span.last], mended[span.first : span.last], strict=True)
        for word in set(_WORD.findall(line)).difference(_WORD.findall(new))
    )


def _of_class(piece: Piece) -> Outline:
    """A class read member by member: what they bind is inside it."""
    outlines = [part.outline for part in piece.parts]
    header, *members = outlines
    names = dict(header.names)
    [owner] = names.get(piece.name, (None,))[-1:]
    if owner is not None:
        names[piece.name] = (
            *names[piece.name][:-1],
            replace(owner, inside=_together([owner.inside, *(one.names for one in members)])),
        )
    return Outline(
        names,
        frozenset().union(*(one.globals for one in outlines)),
        star=any(one.star for one in outlines),
        words=frozenset().union(*(one.words for one in outlines)),
    )


def _together(several: Sequence[Mapping[str, tuple[Binding, ...]]]) -> Mapping[str, tuple[Binding, ...]]:
    together: dict[str, tuple[Binding, ...]] = {}
    for names in several:
        for name, bound in names.items():
            together[name] = together.get(name, ()) + bound
    return together


def _star(frames: Sequence[Frame], text: str) -> bool:
    return any(frame.star for frame in frames) or _WRITES_NAMES.search(text) is not None
