"""What was suggested before, so that typing what a suggestion says, and going back, ask the model nothing.

An answer is used again only where the whole buffer is the former one with characters typed at its cursor: not a
character elsewhere may differ. The model reads two thousand characters around the cursor, but the checks behind it look
at every name and import of the file, so a change far away could make a suggestion wrong; and it never comes between two
keys. Comparing all of it takes microseconds.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

from python_slm.lsp.offer import CLOSERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from python_slm.tasks.complete import Completion
    from python_slm.text import Document, Edit

_MOST_CLOSED = 3
"""Brackets and quotes that an editor closes by itself behind what is typed."""


@dataclass(frozen=True)
class _Answer:
    """What was suggested between two texts, and under which circumstances."""

    uri: str
    stamp: object
    before: str
    after: str
    found: tuple[Completion, ...]

    @property
    def size(self) -> int:
        return len(self.before) + len(self.after)


class SuggestionCache:
    """The newest answers: at most ``entries``, and not more than ``characters`` of text in all; one owner."""

    def __init__(self, entries: int = 128, characters: int = 8_000_000) -> None:
        self._entries = entries
        self._characters = characters
        self._answers: OrderedDict[int, _Answer] = OrderedDict()
        """The least recently used first."""
        self._held = 0
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._answers)

    def keep(self, document: Document, offset: int, stamp: object, found: Iterable[Completion]) -> None:
        """Remember an answer at ``offset``, also one that found nothing. ``stamp`` is all else that it depends on."""
        answer = _Answer(document.uri, stamp, document.text[:offset], document.text[offset:], tuple(found))
        for number, older in list(self._answers.items()):
            if (older.uri, older.before, older.after) == (answer.uri, answer.before, answer.after):
                self._drop(number)
        self._answers[next(self._numbers)] = answer
        self._held += answer.size
        while self._answers and (len(self._answers) > self._entries or self._held > self._characters):
            self._drop(next(iter(self._answers)))

    def find(self, document: Document, offset: int, stamp: object) -> list[Completion] | None:
        """What is left of an earlier answer to the same question, or to one that was typed on; None if there is none.

        An answer that found nothing is given again for the same buffer alone.
        """
        for number, answer in reversed(self._answers.items()):
            if answer.uri == document.uri and answer.stamp == stamp:
                found = _left(answer, document.text, offset)
                if found is not None:
                    self._answers.move_to_end(number)
                    return found
        return None

    def forget(self, uri: str) -> None:
        """The document is no longer open."""
        for number in [number for number, answer in self._answers.items() if answer.uri == uri]:
            self._drop(number)

    def _drop(self, number: int) -> None:
        self._held -= self._answers.pop(number).size


def _left(answer: _Answer, text: str, offset: int) -> list[Completion] | None:
    typed, closed = offset - len(answer.before), len(text) - offset - len(answer.after)
    if typed < 0 or not 0 <= closed <= _MOST_CLOSED:
        return None
    if not (text.startswith(answer.before) and text.endswith(answer.after)):
        return None
    if not typed and not closed:
        return list(answer.found)
    characters, closers = text[offset - typed : offset], text[offset : offset + closed]
    if closers.strip(CLOSERS):
        return None
    found = [_typed(one, answer.before, characters, closers) for one in answer.found]
    return [one for one in found if one is not None] or None


def _typed(one: Completion, before: str, typed: str, closed: str) -> Completion | None:
    """``one`` less what was ``typed`` of it behind ``before``; what the editor ``closed`` behind that is overwritten.

    Accepting it makes the buffer that accepting ``one`` would have made.
    """
    kept = before[one.start :]
    rest = one.text[len(kept) + len(typed) :]
    if not one.text.startswith(kept + typed) or not rest.strip():
        return None
    start = len(before) + len(typed)
    end = max(start, one.end + len(typed))
    if closed and rest.endswith(closed) and end == start:
        rest = rest[: -len(closed)]
    elif closed and _holds(rest.partition("\n")[0], closed):
        end += len(closed)
    elif closed:
        return None
    if not rest:
        return None
    moved = _moved(one.additional, len(before), len(typed) + len(closed))
    return replace(one, text=rest, start=start, end=end, additional=moved)


def _holds(text: str, characters: str) -> bool:
    """Whether ``text`` has these characters in this order: editors show ghost text over nothing else."""
    remaining = iter(text)
    return all(character in remaining for character in characters)


def _moved(edits: Sequence[Edit], offset: int, characters: int) -> tuple[Edit, ...]:
    return tuple(
        replace(edit, start=edit.start + characters, end=edit.end + characters) if edit.start >= offset else edit
        for edit in edits
    )
