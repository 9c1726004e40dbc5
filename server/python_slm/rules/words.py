"""What the words of a piece may mean for code elsewhere: attributes that it may set, names that it calls.

Read from the text, in code that does not parse and in comments too: a word too many only keeps a rule quiet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from python_slm.syntax.pieces import Piece

_SET = re.compile(r"\.\s*(\w+)\s*(?:[^\w\s=.()\[]{0,3}=(?!=)|[,:]|in\b)|['\"](\w+)['\"]")
_SETS_ANY = re.compile(r"\bsetattr\(|\b__dict__\b|\bvars\(")
_CALLED = re.compile(r"(?<!class )\b(\w+)\(")
_INHERITED = re.compile(r"^[ \t]*class[ \t]+\w+[ \t]*\(([^()]*)", re.MULTILINE)
_KEY = "rules.words"


@dataclass(frozen=True)
class Words:
    """``set_``: names of attributes that may be set, or that stand in a string of their own. ``any_``: or any other."""

    set_: frozenset[str]
    any_: bool
    called: frozenset[str]
    inherited: frozenset[str]


def words_of(pieces: Iterable[Piece]) -> Words:
    """Of all of them together; those of a piece are kept with it."""
    several = [_of_piece(piece) for piece in pieces]
    return Words(
        frozenset().union(*(one.set_ for one in several)),
        any(one.any_ for one in several),
        frozenset().union(*(one.called for one in several)),
        frozenset().union(*(one.inherited for one in several)),
    )


def _of_piece(piece: Piece) -> Words:
    if _KEY not in piece.notes:
        text = piece.text
        piece.notes[_KEY] = Words(
            frozenset(name for pair in _SET.findall(text) for name in pair if name),
            _SETS_ANY.search(text) is not None,
            frozenset(_CALLED.findall(text)),
            frozenset(name for bases in _INHERITED.findall(text) for name in re.findall(r"\w+", bases)),
        )
    return cast("Words", piece.notes[_KEY])
