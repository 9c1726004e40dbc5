"""The interface of a check: a candidate and its place in, a verdict out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Protocol

from python_slm.postprocess import Cursor
from python_slm.project.surroundings import NOTHING_KNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from python_slm.engine.decode import Generation
    from python_slm.project.surroundings import Surroundings
    from python_slm.provenance import Copy
    from python_slm.settings import CompletionSettings
    from python_slm.syntax.blocks import BlockIndex
    from python_slm.text import Document, Edit


@dataclass(frozen=True)
class Candidate:
    """Replace ``document.text[start:end]`` by ``text``, and apply ``additional``. An empty text shows nothing.

    ``confidence`` is how likely the show filter finds all of it right, and ``features`` what it judged by; None and
    empty before it has judged, and without one.
    """

    text: str
    start: int
    end: int
    generation: Generation
    additional: tuple[Edit, ...] = ()
    copied: Copy | None = None
    confidence: float | None = None
    features: Mapping[str, float] = field(default_factory=dict)

    def cut(self, length: int) -> Candidate:
        """The first ``length`` characters, without blanks at their end."""
        return replace(self, text=self.text[:length].rstrip())


@dataclass(frozen=True)
class Place:
    """Where a suggestion goes, and what is known there. ``index`` is the buffer's without the suggestion."""

    document: Document
    offset: int
    index: BlockIndex
    settings: CompletionSettings
    path: str = ""
    surroundings: Surroundings = NOTHING_KNOWN
    late: Callable[[], bool] = lambda: False
    """Whether the time for checks is over: what is not checked by then passes."""
    cursor: Cursor = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cursor", Cursor.at(self.document.text, self.offset))

    def with_edit(self, candidate: Candidate) -> str:
        """The buffer after the candidate is accepted, its additional edits left out."""
        text = self.document.text
        return text[: candidate.start] + candidate.text + text[candidate.end :]


Outcome = Literal["kept", "cut", "mended", "dropped"]


@dataclass(frozen=True)
class Verdict:
    """What a check made of a candidate. ``reason`` holds none of the user's code: it goes into traces and logs."""

    candidate: Candidate | None
    outcome: Outcome
    reason: str = ""

    @classmethod
    def keep(cls, candidate: Candidate) -> Verdict:
        """As it is."""
        return cls(candidate, "kept")

    @classmethod
    def drop(cls, reason: str) -> Verdict:
        """Not at all."""
        return cls(None, "dropped", reason)


class Check(Protocol):
    """One thing that can be wrong with a suggestion."""

    @property
    def name(self) -> str:
        """Of the check, as traces have it."""

    def examine(self, candidate: Candidate, place: Place) -> Verdict:
        """Keep the candidate, cut it, mend it, or drop it."""
