"""Completions for a position, from the worker: what inline completion and completion share."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from python_slm.lsp.trace import Outcome, Request, RequestTrace, traced

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_slm.lsp.session import Session, Snapshot
    from python_slm.lsp.worker import Job, Worker
    from python_slm.tasks.complete import Answer, Completion


_GRACE_S = 0.25
"""What the block index or one forward pass may take over the deadline."""


@dataclass(frozen=True)
class Suggester:
    """Asks the worker for completions of one session's documents and reports how each request ended."""

    session: Session
    worker: Worker
    report: Callable[[RequestTrace], None]
    clock: Callable[[], float] = time.perf_counter

    async def suggest(self, snapshot: Snapshot, offset: int, method: str) -> list[Completion] | None:
        """Completions at ``offset``, best first; none after the deadline; None when a newer request took over.

        Cancelling the task stops the work within one token, unless another request waits for the same answer.
        """
        settings = self.session.settings.completion
        if not settings.enable:
            return []
        begun = self.clock()
        subject = (snapshot.document.text, offset, settings)
        job = self.worker.submit(self.key(snapshot.document.uri), subject, self._work(snapshot, offset, begun))
        answer = asyncio.wrap_future(job.future)
        outcome: Outcome = "failed"
        found: list[Completion] | None = None
        try:
            outcome, found = await self._wait(job, answer, settings.deadline_ms / 1000)
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        finally:
            if not answer.done():
                job.leave()
            wait_ms = 1000 * (self.clock() - begun)
            request = Request(
                method, snapshot.document.uri, snapshot.document.version, outcome, len(found or ()), wait_ms
            )
            answer.add_done_callback(lambda _: self.report(traced(request, job, found or (), self._model_name)))
        return found

    async def _wait(
        self, job: Job[Answer], answer: asyncio.Future[Answer | None], deadline_s: float
    ) -> tuple[Outcome, list[Completion] | None]:
        """The decoder keeps the deadline itself; this is for jobs that wait for the model, or for another document."""
        await asyncio.wait([answer], timeout=deadline_s)
        if not answer.done() and job.began:
            await asyncio.wait([answer], timeout=_GRACE_S)
        if not answer.done():
            return "deadline", []
        result = answer.result()
        return ("superseded", None) if result is None else ("answered", list(result.completions))

    @property
    def _model_name(self) -> str:
        return self.session.model.name if self.session.model else ""

    def key(self, uri: str) -> tuple[int, str]:
        """What the worker knows a document by; two clients may have the same file open."""
        return id(self.session), uri

    def stop(self, uri: str) -> None:
        """Stop all work on a document."""
        self.worker.stop(self.key(uri), ("warm", *self.key(uri)))

    def warm(self, snapshot: Snapshot) -> None:
        """Index a document that was just opened, when nothing else is to do."""
        key = ("warm", *self.key(snapshot.document.uri))
        self.worker.submit(key, snapshot.document.version, lambda stopped: _index(snapshot, stopped), background=True)

    def _work(self, snapshot: Snapshot, offset: int, begun: float) -> Callable[[Callable[[], bool]], Answer]:
        def work(stopped: Callable[[], bool]) -> Answer:
            from python_slm.tasks.complete import NO_ANSWER  # noqa: PLC0415 - brings ONNX Runtime, as the model does

            session = self.session
            settings = session.settings.completion
            if session.model is None or stopped():
                return NO_ANSWER
            blocks = snapshot.block_index()
            left_ms = settings.deadline_ms - round(1000 * (self.clock() - begun))
            return session.model.completer(
                snapshot.document,
                offset,
                settings=replace(settings, deadline_ms=max(1, left_ms)),
                cancelled=stopped,
                path=snapshot.path,
                blocks=blocks,
                count=settings.suggestions,
            )

        return work


def _index(snapshot: Snapshot, stopped: Callable[[], bool]) -> None:
    if not stopped():
        snapshot.block_index()
