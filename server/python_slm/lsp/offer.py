"""One suggestion from its answer to its end: how much of it stands in the buffer, and by whose hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from python_slm.history import Shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from python_slm.tasks.complete import Completion
    from python_slm.text import Document

CLOSERS = ")]}'\""
"""What editors insert by themselves behind the cursor when its counterpart is typed."""

Life = Literal["accepted", "partly", "typed", "rejected"]


@dataclass(frozen=True)
class Outcome:
    """The end of a suggestion's life, as far as the user saw it. Lengths are characters (code points).

    ``life``: the rest was ``accepted`` at once; it was accepted ``partly``, word by word or line by line, and then
    left or finished by hand; it was ``typed`` out to its last character; or it was ``rejected``: something else was
    typed, or the cursor went elsewhere. Of ``characters``, ``accepted_characters`` came by an accept key and
    ``typed_characters`` by hand. ``features`` are numbers known when it was shown; no word of the user's code is here.
    """

    id: str
    uri: str
    shown_at_ms: int
    """Unix time."""
    shown_ms: int
    """How long it was to be seen; less than a quarter of a second is hardly a judgement."""
    life: Life
    characters: int
    accepted_characters: int
    typed_characters: int
    features: Mapping[str, float]

    @property
    def shown(self) -> Shown:
        """What of it may be kept: nothing that names the user's files."""
        return Shown(
            self.life,
            self.shown_at_ms,
            self.shown_ms,
            self.characters,
            self.accepted_characters,
            self.typed_characters,
            self.features,
        )


@dataclass
class Offer:
    """A suggestion made for ``document`` with the cursor at ``offset``, and what became of it so far."""

    id: str
    document: Document
    offset: int
    completion: Completion
    features: Mapping[str, float] = field(default_factory=dict)
    in_menu: bool = False
    """It stands in a menu among other items, and brings its additional edits itself."""
    shown_at_s: float | None = None
    """When it was first to be seen (Unix time); None while it was not."""
    progress: int = 0
    """Characters of ``rest`` in the buffer."""
    accepted: int = 0
    """How many of them came by an accept key."""
    over: bool = False
    """Its outcome was told."""
    _last: int = 0
    _awaited: int = 0

    @property
    def uri(self) -> str:
        """Of the document."""
        return self.document.uri

    @property
    def rest(self) -> str:
        """What it adds behind the cursor: its text, less what stood left of the cursor and stays."""
        return self.completion.text[len(self._kept) if self._continues else 0 :]

    @property
    def result(self) -> str:
        """The buffer after it is accepted, its additional edits left out."""
        found, text = self.completion, self.document.text
        return text[: found.start] + found.text + text[found.end :]

    def text_from(self, standing: int) -> str:
        """Its text without the first ``standing`` characters of ``rest``; with what stays before it, where negative."""
        return (self._kept + self.rest)[max(0, len(self._kept) + standing) :]

    def end_in(self, text: str) -> int | None:
        """Where it ends in the buffer ``text`` that it was accepted in; None when what follows was changed."""
        after = self.document.text[self.completion.end :]
        return len(text) - len(after) if text.endswith(after) else None

    def reached(self, text: str) -> int | None:
        """How many characters of ``rest`` the buffer ``text`` holds and nothing else that is new; None if others.

        Brackets and quotes that the editor closed by itself behind the cursor count as nothing.
        """
        if text == self.result:
            return len(self.rest)
        if not self._continues:
            return None
        before, after = self.document.text[: self.offset], self.document.text[self.offset :]
        if len(text) < len(before) + len(after) or not (text.startswith(before) and text.endswith(after)):
            return None
        typed, rest = text[len(before) : len(text) - len(after)], self.rest
        if not rest.startswith(typed):
            typed = typed.rstrip(CLOSERS)
        return len(typed) if rest.startswith(typed) else None

    def follow(self, reached: int) -> bool:
        """A change left ``reached`` characters of it in the buffer; whether it brought all the rest at once."""
        step, self.progress = reached - self.progress, reached
        self._last = step
        if self._awaited and reached >= self._awaited:
            self._count_step()
        self.accepted = min(self.accepted, reached)
        return step > 1 and reached == len(self.rest)

    def accept_until(self, reached: int) -> None:
        """The client says that an accept key brought it to ``reached``; the change came already, or will."""
        self._awaited = reached
        if self.progress >= reached:
            self._count_step()

    def ended(self, life: Life, now_s: float) -> Outcome:
        """Its outcome. A suggestion accepted in part and then left, or typed out, is ``partly``."""
        total = len(self.rest)
        if life == "accepted":
            by_key = max(0, self._last) if self.progress == total else 0
            typed = max(0, self.progress - by_key - self.accepted)
            accepted = total - typed
        else:
            accepted, typed = self.accepted, self.progress - self.accepted
            life = "partly" if accepted else life
        shown_at_s = now_s if self.shown_at_s is None else self.shown_at_s
        return Outcome(
            id=self.id,
            uri=self.uri,
            shown_at_ms=round(1000 * shown_at_s),
            shown_ms=max(0, round(1000 * (now_s - shown_at_s))),
            life=life,
            characters=total,
            accepted_characters=accepted,
            typed_characters=typed,
            features=self.features,
        )

    @property
    def _kept(self) -> str:
        return self.document.text[self.completion.start : self.offset]

    @property
    def _continues(self) -> bool:
        return self.completion.text.startswith(self._kept)

    def _count_step(self) -> None:
        self.accepted = min(self.progress, self.accepted + max(0, self._last))
        self._awaited = self._last = 0
