"""What rope is asked, and what it answers, as data that travels as JSON."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self, get_args

from python_slm.text import Edit

Work = Literal["rename", "move", "change-signature", "encapsulate-field"]
WORKS: tuple[Work, ...] = get_args(Work)
TITLES: dict[Work, str] = {
    "rename": "Rename everywhere",
    "move": "Move to another module",
    "change-signature": "Change signature",
    "encapsulate-field": "Encapsulate field",
}
KINDS: dict[Work, str] = {
    "rename": "refactor.rewrite.rename",
    "move": "refactor.move",
    "change-signature": "refactor.rewrite.signature",
    "encapsulate-field": "refactor.rewrite.encapsulate",
}


@dataclass(frozen=True)
class Question:
    """``work`` on the name at ``offset`` (code points) of ``path``, relative to the folder ``root``, as it is saved.

    ``to`` is the new name, the file that something moves to (relative to ``root``), or the new parameters as they would
    stand between the brackets; empty for ``encapsulate-field``.
    """

    root: str
    path: str
    offset: int
    work: Work
    to: str = ""


@dataclass(frozen=True)
class Changed:
    """Edits of one file, in order, that do not overlap; ``digest`` is that of the text they are for."""

    path: str
    digest: str
    edits: tuple[Edit, ...]

    def applied(self, text: str) -> str:
        """``text`` after all edits."""
        for edit in reversed(self.edits):
            text = text[: edit.start] + edit.text + text[edit.end :]
        return text


@dataclass(frozen=True)
class Doubt:
    """A place that has the name and of which rope cannot tell whose it is: it is left alone. ``line`` is from one."""

    path: str
    line: int


@dataclass(frozen=True)
class Changes:
    """Verified edits file by file, files that get another path (after them), and what was left alone."""

    files: tuple[Changed, ...]
    moved: tuple[tuple[str, str], ...] = ()
    doubts: tuple[Doubt, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As ``from_json`` takes it."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Raises KeyError or TypeError where ``values`` are of another form."""
        files = [
            Changed(one["path"], one["digest"], tuple(Edit(**edit) for edit in one["edits"])) for one in values["files"]
        ]
        moved = [(old, new) for old, new in values["moved"]]
        return cls(tuple(files), tuple(moved), tuple(Doubt(**one) for one in values["doubts"]))


def digest(text: str) -> str:
    """What tells a text from others; lone surrogates stand for bytes that are not UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
