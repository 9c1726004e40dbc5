"""What is found in the documents of a connection: syntax and ruff at once, the rest when typing pauses.

``known`` and ``fast`` are for whoever offers something about a finding; ``shown`` is what the user is to see. All of
it belongs to the event loop. What is at once is done by ``reading``, the rest by background jobs of the worker, which
every request for a completion stops.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from python_slm.errors import SLMError
from python_slm.findings import graded
from python_slm.linter.carry import Carried
from python_slm.lsp.linting import Linting
from python_slm.lsp.producers import PRODUCERS
from python_slm.lsp.reading import Read, Reading
from python_slm.project.secret import holds_key, is_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from python_slm.findings import Finding
    from python_slm.lsp.producers import Producer
    from python_slm.lsp.session import Session, Snapshot
    from python_slm.lsp.worker import Worker
    from python_slm.settings import DiagnosticsSettings
    from python_slm.text import Document


class Show(Protocol):
    """Hears that what is to be shown of a document may have changed."""

    def __call__(self, uri: str, *, late: bool) -> None:
        """``late``: it is more than a change brings at once, so that no client would ask for it by itself."""


LANGUAGE = "python"
TYPING_S = 1.0
"""Nothing is said of the word at the last edit's end before this long after it."""
_AGAIN_S = 0.1
"""After a background job was stopped by a request."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Typed:
    """Where the newest edit ended, and when."""

    offset: int
    at: float


@dataclass
class _Watched:
    """What is known of one open document, of which ``document`` is the newest version."""

    document: Document
    typed: _Typed | None = None
    fast_of: Document | None = None
    """The version that ``fast`` is of."""
    fast: Read = field(default_factory=Read)
    slow: dict[str, tuple[Finding, ...]] = field(default_factory=dict)
    """By producer, carried along with every edit; ``exact`` are those that have seen the newest version."""
    exact: set[str] = field(default_factory=set)
    reading: asyncio.Task[None] | None = None
    """Makes ``fast`` of ``document``, for everybody who waits for it."""
    follower: asyncio.Task[None] | None = None

    def fast_now(self) -> Sequence[Finding]:
        """``fast`` as an edit since has left it."""
        if self.fast_of is None or self.fast_of is self.document:
            return self.fast.findings
        return Carried.between(self.fast_of.text, self.document.text).findings(self.fast.findings)

    def stop_reading(self) -> None:
        """The version that is being read is not the newest any more."""
        _cancel(self.reading)
        self.reading = None


class Diagnosis:
    """``show`` is told whenever something may have changed; ``say`` shows the user a message."""

    def __init__(
        self,
        session: Session,
        worker: Worker,
        say: Callable[[str], None],
        show: Show,
        *,
        linting: Linting | None = None,
        producers: Sequence[Producer] = PRODUCERS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._worker = worker
        self._say = say
        self._show = show
        self.linting = linting or Linting(lambda: session.roots, say)
        self._reading = Reading(self.linting)
        self._producers = producers
        self._clock = clock
        self._watched: dict[str, _Watched] = {}
        self._round = itertools.count()
        self._told: set[str] = set()

    def known(self, uri: str) -> tuple[Finding, ...]:
        """Findings that hold for exactly the newest version, as loud as the user wants them."""
        watched = self._current(uri)
        if watched is None:
            return ()
        exact = (one for name in watched.exact for one in watched.slow.get(name, ()))
        fast = watched.fast.findings if watched.fast_of is watched.document else ()
        return self._graded([*fast, *exact])

    async def fast(self, snapshot: Snapshot) -> tuple[Finding, ...]:
        """Syntax errors and what ruff finds in this version; none when a newer one has taken its place."""
        watched = await self.looked_at(snapshot)
        return self._graded(watched.fast.findings) if watched else ()

    def shown(self, uri: str) -> tuple[Finding, ...]:
        """What to show now: what is known, what an edit elsewhere left as it was, nothing of the word being typed."""
        watched = self._current(uri)
        if watched is None:
            return ()
        slow = (one for name in sorted(watched.slow) for one in watched.slow[name])
        found = self._graded([*watched.fast_now(), *slow])
        word = self._word(watched)
        if word is not None:
            found = tuple(one for one in found if not (word[0] <= one.start and one.end <= word[1]))
        return tuple(sorted(found, key=lambda one: (one.start, one.end)))

    def opened(self, snapshot: Snapshot) -> None:
        """A document was opened."""
        if snapshot.language == LANGUAGE and not is_secret(snapshot.path) and not is_secret(snapshot.document.uri):
            watched = self._watched[snapshot.document.uri] = _Watched(snapshot.document)
            self._follow(snapshot.document.uri, watched)

    def changed(self, snapshot: Snapshot, offset: int | None) -> None:
        """A document was edited, up to ``offset`` if that is known."""
        watched = self._watched.get(snapshot.document.uri)
        if watched is None:
            self.opened(snapshot)  # it could not be followed before
            return
        moved = Carried.between(watched.document.text, snapshot.document.text)
        watched.slow = {name: tuple(moved.findings(found)) for name, found in watched.slow.items()}
        watched.exact.clear()
        watched.document = snapshot.document
        watched.stop_reading()
        watched.typed = None if offset is None else _Typed(offset, self._clock())
        self._follow(snapshot.document.uri, watched)

    def lost(self, uri: str) -> None:
        """A document cannot be followed: it is too long, or a change was not understood."""
        self._tell(f"{uri}: no diagnostics: {self._session.why_not(uri)}")
        self.closed(uri)
        self._show(uri, late=True)

    def closed(self, uri: str) -> None:
        """A document was closed."""
        watched = self._watched.pop(uri, None)
        if watched is not None:
            _cancel(watched.follower)
            watched.stop_reading()
            self._worker.stop(*(self._key(uri, one.name) for one in self._producers))
            self.linting.close(uri)

    def reconsider(self) -> None:
        """Settings or the project's configuration changed: look at everything again."""
        self.linting.forget()
        for uri, watched in self._watched.items():
            watched.fast, watched.fast_of = Read(), None
            watched.stop_reading()
            watched.exact.clear()
            self._follow(uri, watched, late=True)

    def configuration_changed(self, changes: Sequence[tuple[str, int]]) -> None:
        """Files of configuration changed on disk: uri and LSP's sort of change."""
        self.linting.child.files_changed(changes)
        self.reconsider()

    def folders_changed(self, added: Sequence[str], removed: Sequence[str]) -> None:
        """Folders, by path, were added to the workspace or taken out of it."""
        self.linting.child.folders_changed(added, removed)
        self.reconsider()

    def close(self) -> None:
        """The connection is over."""
        for uri in list(self._watched):
            self.closed(uri)
        self._reading.close()

    @property
    def _settings(self) -> DiagnosticsSettings:
        return self._session.settings.diagnostics

    def _graded(self, found: Sequence[Finding]) -> tuple[Finding, ...]:
        return tuple(graded(found, self._settings.severity))

    def _current(self, uri: str) -> _Watched | None:
        return self._watched.get(uri) if self._settings.enable else None

    def _word(self, watched: _Watched) -> tuple[int, int] | None:
        """The word that is being typed; None after a while, and where the last edit left no word behind."""
        typed = watched.typed
        if typed is None or self._clock() - typed.at >= TYPING_S:
            return None
        text = watched.document.text
        start = end = min(typed.offset, len(text))
        while start and _is_word(text[start - 1]):
            start -= 1
        while end < len(text) and _is_word(text[end]):
            end += 1
        return (start, end) if start < end else None

    def _follow(self, uri: str, watched: _Watched, *, late: bool = False) -> None:
        _cancel(watched.follower)
        watched.follower = asyncio.get_running_loop().create_task(self._look(uri, watched, late=late))
        watched.follower.add_done_callback(_ended)

    async def _look(self, uri: str, watched: _Watched, *, late: bool) -> None:
        """From a change to all that is to be said of it."""
        snapshot = self._session.snapshot(uri)
        if not self._settings.enable or snapshot is None:
            self._show(uri, late=True)
            return
        await self.looked_at(snapshot)
        self._show(uri, late=late)
        await asyncio.sleep(self._settings.delay_ms / 1000)
        for producer in self._producers:
            await self._produce(producer, uri, watched, snapshot)
        typed = watched.typed
        if typed is not None:
            await asyncio.sleep(max(0.0, TYPING_S - (self._clock() - typed.at)))
            self._show(uri, late=True)

    async def _produce(self, producer: Producer, uri: str, watched: _Watched, snapshot: Snapshot) -> None:
        """Run one producer, again and again while requests stop it."""
        if not producer.wanted(self._session):
            watched.slow.pop(producer.name, None)
            return

        def work(stopped: Callable[[], bool]) -> list[Finding] | None:
            return None if holds_key(snapshot.document.text) else producer.find(self._session, snapshot, stopped)

        found: list[Finding] | None = None
        while True:
            key = self._key(uri, producer.name)
            job = self._worker.submit(key, next(self._round), work, background=True)
            try:
                found = await asyncio.wrap_future(job.future)
            except asyncio.CancelledError:
                job.leave()
                raise
            except SLMError as error:
                self._complain(str(error))
                break
            if found is not None or not job.stopped:
                break
            await asyncio.sleep(_AGAIN_S)
        watched.slow[producer.name] = tuple(found or ())
        watched.exact.add(producer.name)
        self._show(uri, late=True)

    async def looked_at(self, snapshot: Snapshot) -> _Watched | None:
        """Waits for syntax and ruff of this version; None when it is not the newest any more."""
        watched = self._current(snapshot.document.uri)
        if watched is None or watched.document is not snapshot.document:
            return None
        if watched.fast_of is not snapshot.document:
            if watched.reading is None or watched.reading.done():
                watched.reading = asyncio.get_running_loop().create_task(self._read(watched, snapshot))
                watched.reading.add_done_callback(_ended)
            await asyncio.wait([watched.reading])
        return watched if watched.fast_of is snapshot.document else None

    async def _read(self, watched: _Watched, snapshot: Snapshot) -> None:
        watched.fast = await self._reading.read(snapshot, watched.fast, ruff=self._settings.ruff)
        watched.fast_of = snapshot.document

    def _complain(self, text: str) -> None:
        """Show the user, once."""
        if text not in self._told:
            self._told.add(text)
            self._say(text)

    def _tell(self, text: str) -> None:
        """Log it, once."""
        if text not in self._told:
            self._told.add(text)
            _log.warning("%s", text)

    def _key(self, uri: str, name: str) -> tuple[object, ...]:
        return name, id(self._session), uri


def _is_word(character: str) -> bool:
    return character == "_" or character.isalnum()


def _cancel(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()


def _ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("diagnosis failed", exc_info=error)
