"""The resolver's process as the event loop sees it: what names stand for, one question at a time."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.lsp.child import Child
from python_slm.project.resolver import from_json

if TYPE_CHECKING:
    from python_slm.project.surroundings import Definition

QUESTION_S = 10.0
"""A process that has no answer by then is killed. A project's first question takes seconds: jedi reads builtins."""
MOST_BYTES = 256 << 20
"""Resident memory from which on a process is replaced once it has answered: above what large libraries take."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Question:
    """Which of ``names`` of a file stand for what; see ``project.resolver``."""

    root: str
    python: str
    path: str
    text: str
    offset: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class Resolved:
    """By name, the names there was no time for, and the top-level modules that there are (None when not known)."""

    definitions: dict[str, Definition]
    left: frozenset[str]
    installed: frozenset[str] | None


class ResolverProcess:
    """Starts when first asked. Everything here is for the event loop's thread."""

    def __init__(self, question_s: float = QUESTION_S, most_bytes: int = MOST_BYTES) -> None:
        self._child = Child("python_slm.project.resolver", question_s, most_bytes)

    @property
    def pid(self) -> int | None:
        """Of the process that runs; None when none does."""
        return self._child.pid

    async def ask(self, question: Question) -> Resolved | None:
        """The answer; None when the process was late, died, said what cannot be read, or died too often before."""
        answer = await self._child.ask(question.__dict__)
        if answer is None:
            return None
        try:
            found = [from_json(one) for one in answer["definitions"]]
            left, installed = frozenset(answer["left"]), answer["installed"]
        except (KeyError, TypeError) as error:
            _log.info("the resolver's answer cannot be read: %s", type(error).__name__)
            return None
        return Resolved({one.name: one for one in found}, left, None if installed is None else frozenset(installed))

    def kill(self) -> None:
        """End the process at once; the next question starts another."""
        self._child.kill()

    async def close(self) -> None:
        """Answer nothing any more, and wait until nothing of the process is left."""
        await self._child.close()
