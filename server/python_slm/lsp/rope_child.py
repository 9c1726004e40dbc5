"""Refactorings across files from within the server: rope's process, kept between questions, ended when cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_slm.lsp.child import Child
from python_slm.refactor.across.client import FAILED, WAIT_S, require_rope, said_in

if TYPE_CHECKING:
    from python_slm.refactor.across.question import Changes, Question
    from python_slm.refactor.plan import Refusal

MOST_BYTES = 512 << 20
"""Resident memory from which on rope's process is begun anew once it has answered."""


class RopeChild:
    """Started by the first question. Everything here is for the event loop's thread."""

    def __init__(self, answer_s: float = WAIT_S, most_bytes: int = MOST_BYTES) -> None:
        self._child = Child("python_slm.refactor.across.worker", answer_s, most_bytes)

    @property
    def pid(self) -> int | None:
        """Of rope's process; None when none runs."""
        return self._child.pid

    async def ask(self, question: Question) -> Changes | Refusal:
        """What would change, or why not. Files are as they are saved: ask ``across.client.unsaved`` first.

        Raises MissingExtraError, whose text says what to install; cancelled, rope's process ends.
        """
        require_rope()
        answer = await self._child.ask(question.__dict__)
        return FAILED if answer is None else said_in(answer)

    def kill(self) -> None:
        """End the process at once; the next question starts another."""
        self._child.kill()

    async def close(self) -> None:
        """Answer nothing any more, and wait until nothing of the process is left."""
        await self._child.close()
