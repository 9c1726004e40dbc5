"""What a refactoring answers: edits, or why there are none. Light: the server imports it before it says hello."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from python_slm.text import Edit


@dataclass(frozen=True)
class Plan:
    """Edits that do not overlap, in order. ``rename`` is the offset, once they are made, of a name to choose anew."""

    edits: tuple[Edit, ...]
    rename: int | None = None

    def applied(self, text: str) -> str:
        """``text`` after all edits."""
        for edit in reversed(self.edits):
            text = text[: edit.start] + edit.text + text[edit.end :]
        return text


@dataclass(frozen=True)
class Refusal:
    """Why a refactoring is not offered, in words fit to show, which hold none of the user's code."""

    reason: str
