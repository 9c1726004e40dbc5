"""Completions for a position, from the cache or the worker: what inline completion and completion share."""

from __future__ import annotations

import asyncio
import math
import time
import weakref
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from python_slm.lsp.cache import SuggestionCache
from python_slm.lsp.docstring_completion import DocstringCompletion
from python_slm.lsp.trace import Outcome, Request, RequestTrace, traced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from python_slm.lsp.gate import Gate
    from python_slm.lsp.session import Session, Snapshot
    from python_slm.lsp.surroundings import SessionSurroundings
    from python_slm.lsp.worker import Job, Worker
    from python_slm.speaking import Trigger
    from python_slm.tasks.complete import Answer, Completion


_GRACE_S = 0.25
"""What the block index or one forward pass may take over the deadline."""


@dataclass(frozen=True)
class Suggester:
    """Answers requests for completions of one session's documents and reports how each ended."""

    session: Session
    worker: Worker
    gate: Gate
    surroundings: SessionSurroundings
    report: Callable[[RequestTrace], None]
    clock: Callable[[], float] = time.perf_counter
    cache: SuggestionCache = field(default_factory=SuggestionCache)
    docstrings: DocstringCompletion = field(default_factory=DocstringCompletion)
    _newest: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Text and offset that the worker was last asked about, by document."""

    async def suggest(
        self, snapshot: Snapshot, offset: int, method: str, trigger: Trigger = "typing"
    ) -> list[Completion] | None:
        """Completions at ``offset``, best first; none after the deadline; None when a newer request took over.

        What an earlier answer knows already is not asked again. Cancelling the task stops the work within one token,
        unless another request waits for the same answer.
        """
        begun = self.clock()
        request = requested(snapshot, offset, method, trigger)
        reason = self.gate.silence(snapshot, offset, trigger)
        known = [] if reason else self._known(snapshot, offset, trigger)
        if known is None or (trigger == "hand" and not known and not reason):  # nothing, or nothing worth showing
            return await self._asked(snapshot, offset, begun, request)
        self._supersede(snapshot, offset)
        waited_ms = 1000 * (self.clock() - begun)
        request = request.ended("quiet" if reason else "cached", len(known), waited_ms, reason)
        self.report(RequestTrace(request, checks=0, told=0, stop_ms=None, model=self._model_name))
        return known

    def refuse(self, uri: str, method: str, trigger: Trigger = "typing") -> None:
        """Note a request in a document that the session has no text of."""
        request = Request(method, uri, 0, trigger).ended("quiet", 0, 0.0, self.session.why_not(uri))
        self.report(RequestTrace(request, checks=0, told=0, stop_ms=None, model=self._model_name))

    def prefetch(self, snapshot: Snapshot, offset: int) -> None:
        """Ask for what will be asked at ``offset`` when nothing else is to do; any request stops it."""
        if self.gate.silence(snapshot, offset, "hand"):
            return
        if self._known(snapshot, offset, "hand") is not None:
            return
        stamp, subject = self._stamp(snapshot), self._subject(snapshot, offset)
        key = ("ahead", *self.key(snapshot.document.uri))
        job = self.worker.submit(key, subject, self._work(snapshot, offset, None, math.inf), background=True)
        answer = asyncio.wrap_future(job.future)
        answer.add_done_callback(lambda done: self._remember(snapshot, offset, stamp, done))

    def warm(self, snapshot: Snapshot) -> None:
        """Index a document that was just opened, and read it once, when nothing else is to do.

        Nobody knows yet where its cursor will be; but the first answer of all takes half as long again.
        """
        self.prefetch(snapshot, len(snapshot.document.text))

    def key(self, uri: str) -> tuple[int, str]:
        """What the worker knows a document by; two clients may have the same file open."""
        return id(self.session), uri

    def stop(self, uri: str) -> None:
        """Stop all work on a document and forget what was suggested in it."""
        self.cache.forget(uri)
        self._newest.pop(uri, None)
        key = self.key(uri)
        self.worker.stop(key, ("ahead", *key))

    async def _asked(self, snapshot: Snapshot, offset: int, begun: float, request: Request) -> list[Completion] | None:
        settings, stamp = self.session.settings.completion, self._stamp(snapshot)
        by_hand = request.trigger == "hand"
        others_ms = math.inf if by_hand else settings.alternatives_ms
        work = self._work(snapshot, offset, begun, others_ms, filtered=not by_hand)
        self._newest[snapshot.document.uri] = snapshot.document.text, offset
        job = self.worker.submit(self.key(snapshot.document.uri), (*self._subject(snapshot, offset), others_ms), work)
        answer = asyncio.wrap_future(job.future)
        answer.add_done_callback(lambda done: self._remember(snapshot, offset, stamp, done))
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
            ended = request.ended(outcome, len(found or ()), 1000 * (self.clock() - begun))
            answer.add_done_callback(lambda _: self.report(traced(ended, job, found or (), self._model_name)))
        return found

    def _supersede(self, snapshot: Snapshot, offset: int) -> None:
        """A request that needs no work is newer all the same: an answer to another place would come too late."""
        uri = snapshot.document.uri
        if self._newest.get(uri) != (snapshot.document.text, offset):
            self.worker.stop(self.key(uri))

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
        return ("superseded", None) if result is None else ("answered", distinct(result.completions))

    def _remember(self, snapshot: Snapshot, offset: int, stamp: object, answer: asyncio.Future[Answer | None]) -> None:
        """Keep an answer that the model had time for, unless what it depends on has changed meanwhile."""
        if answer.cancelled() or answer.exception() is not None or stamp != self._stamp(snapshot):
            return
        result = answer.result()
        if result is None or not result.trace.fates or result.trace.fates[0].stopped in ("deadline", "cancelled"):
            return
        thorough = not result.trace.hurried
        self.cache.keep(snapshot.document, offset, (stamp, thorough), distinct(result.completions))

    def _known(self, snapshot: Snapshot, offset: int, trigger: Trigger) -> list[Completion] | None:
        """What an earlier answer says; who asks by hand wants all alternatives that there are."""
        stamp = self._stamp(snapshot)
        thorough = self.cache.find(snapshot.document, offset, (stamp, True))
        if thorough is not None or trigger == "hand":
            return thorough
        return self.cache.find(snapshot.document, offset, (stamp, False))

    def _stamp(self, snapshot: Snapshot) -> object:
        """Everything that makes an answer wrong when it changes, but the buffer itself.

        What other files say by the way is left out: it changes while one types, and no answer becomes wrong by it.
        """
        settings, model = self.session.settings, self.session.model
        known = self.surroundings.stamp(snapshot.document.uri)
        return settings.completion, settings.context, known, model and weakref.ref(model)

    def _subject(self, snapshot: Snapshot, offset: int) -> tuple[object, ...]:
        return snapshot.document.text, offset, self.session.settings.completion

    @property
    def _model_name(self) -> str:
        return self.session.model.name if self.session.model else ""

    def _work(
        self, snapshot: Snapshot, offset: int, begun: float | None, others_ms: float, *, filtered: bool = True
    ) -> Callable[[Callable[[], bool]], Answer]:
        """The job for the worker. Its times count from ``begun``, for one that nobody waits for from its start.

        What is not ``filtered`` is shown whole, however unlikely it is to be right: somebody asked.
        """

        def work(stopped: Callable[[], bool]) -> Answer:
            from python_slm.tasks.complete import NO_ANSWER, Answer, Trace  # noqa: PLC0415 - brings ONNX Runtime

            session = self.session
            settings = session.settings.completion
            shown = settings.show_filter and filtered
            start = self.clock() if begun is None else begun
            if stopped():
                return NO_ANSWER
            blocks = snapshot.block_index()
            docstring = self.docstrings.completion(snapshot, offset, session.root_of(snapshot.document.uri))
            if docstring is not None:
                return Answer((docstring,), Trace())
            if session.model is None:
                return NO_ANSWER
            gone_ms = round(1000 * (self.clock() - start))
            return session.model.completer(
                snapshot.document,
                offset,
                settings=replace(settings, deadline_ms=max(1, settings.deadline_ms - gone_ms), show_filter=shown),
                cancelled=stopped,
                path=snapshot.path,
                blocks=blocks,
                count=settings.suggestions,
                others_ms=others_ms - gone_ms,
                surroundings=self.surroundings.of(snapshot),
                sources=session.settings.context,
            )

        return work


def requested(snapshot: Snapshot, offset: int, method: str, trigger: Trigger) -> Request:
    """A request at ``offset``, before anything became of it."""
    document = snapshot.document
    line = document.line_at(offset)
    column = offset - document.line_starts[line]
    return Request(method, document.uri, document.version, trigger, snapshot.path, line + 1, column + 1)


def distinct(found: Iterable[Completion]) -> list[Completion]:
    """``found`` without those that say the same as a likelier one, or its beginning, or go on from it."""
    kept: list[Completion] = []
    for one in found:
        text = one.text.strip()
        others = [other.text.strip() for other in kept if (other.start, other.end) == (one.start, one.end)]
        if not any(text.startswith(other) or other.startswith(text) for other in others):
            kept.append(one)
    return kept
