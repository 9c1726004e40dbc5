"""Syntax and ruff of one version of a document: the block index on a thread of its own, ruff in its process.

The thread is not the worker's, which may be busy with the model. Ruff begins with the buffer as it is, while the index
is still being made, as long as the version before parsed: what parses is its own shadow.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.linter.held import Held, Intact
from python_slm.lsp.worker import Worker
from python_slm.project.secret import holds_key

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from python_slm.findings import Finding
    from python_slm.lsp.linting import Linting
    from python_slm.lsp.session import Snapshot


@dataclass(frozen=True)
class Read:
    """What was found in a version. ``intact`` is the last version that parsed, this one if it does."""

    findings: tuple[Finding, ...] = ()
    intact: Intact | None = None
    parses: bool = True


class Reading:
    """Reads documents of one connection; for the event loop's thread."""

    def __init__(self, linting: Linting) -> None:
        self._linting = linting
        self._worker: Worker | None = None

    async def read(self, snapshot: Snapshot, before: Read, *, ruff: bool) -> Read:
        """Read a version; ``before`` is what was found in the last one. Nothing is, in a document that holds a key."""
        document = snapshot.document
        if holds_key(document.text):
            return Read()
        asked = _begun(self._linting.found(document)) if ruff and before.parses else None
        try:
            held, found = await self._held(snapshot, before.intact)
            if not ruff:
                return Read(tuple(found), None, not held.broken)
            if held.broken or asked is None:
                if asked is not None:
                    asked.cancel()
                from_ruff = held.findings(await self._linting.found(held.shadow_document, held.prepare))
            else:
                from_ruff = await asked
            intact = before.intact if held.broken else Intact(document, tuple(from_ruff))
            return Read((*found, *from_ruff), intact, not held.broken)
        finally:
            if asked is not None:
                asked.cancel()

    def close(self) -> None:
        """The connection is over."""
        self._linting.child.kill()
        if self._worker is not None:
            self._worker.close(0)

    async def _held(self, snapshot: Snapshot, intact: Intact | None) -> tuple[Held, list[Finding]]:
        def work(_stopped: Callable[[], bool]) -> tuple[Held, list[Finding]]:
            from python_slm.linter import syntax  # noqa: PLC0415 - brings libcst, and initialize is not to wait for it
            from python_slm.syntax.repair import shadow_of  # noqa: PLC0415

            document, index = snapshot.document, snapshot.block_index()
            return Held.of(document, index, shadow_of(index), intact), syntax.find(document, index)

        if self._worker is None:
            self._worker = Worker()
        job = self._worker.submit(snapshot.document.uri, snapshot.document, work)
        read = await asyncio.wrap_future(job.future)
        if read is None:  # a newer version has taken its place, or the connection is over
            raise asyncio.CancelledError
        return read


def _begun(work: Coroutine[object, object, list[Finding]]) -> asyncio.Task[list[Finding]]:
    return asyncio.get_running_loop().create_task(work)
