"""The thread that runs the model: at most one job a document waits or runs, and the latest wins.

A newer job for the same document stops the older through its ``stopped`` callable; an equal one joins it. A stopped
job's answer is None. Jobs of different documents run in the order they came; background jobs run when nothing else
waits, and any other job stops them.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

Answer = TypeVar("Answer")


class Job(Generic[Answer]):
    """One piece of work for one document, wanted by one or more waiters.

    ``future`` gives the answer, or None if the job was stopped; a stop that the work never heard of, since it had
    nothing left to do, takes nothing away. The future is never cancelled from outside: call ``leave``.
    """

    def __init__(
        self,
        key: Hashable,
        subject: Hashable,
        work: Callable[[Callable[[], bool]], Answer],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.key = key
        self.subject = subject
        self.future: Future[Answer | None] = Future()
        self.future.set_running_or_notify_cancel()
        self.checks = 0
        """How often the work asked whether to stop: the decode loop asks once a token."""
        self.told = 0
        """How often it was told to stop: once it knows, and once more where it makes sure before it answers."""
        self.began = False
        self._work = work
        self._clock = clock
        self._waiters = 1
        self._stopped_at: float | None = None
        self._ended_at: float | None = None

    @property
    def stopped(self) -> bool:
        """Nobody wants the answer any more."""
        return self._stopped_at is not None

    @property
    def stop_ms(self) -> float | None:
        """Milliseconds from the wish to stop until the work did; None unless both happened."""
        if self._stopped_at is None or self._ended_at is None:
            return None
        return 1000 * max(0.0, self._ended_at - self._stopped_at)

    def join(self) -> None:
        """One more waiter for the same answer."""
        self._waiters += 1

    def leave(self) -> None:
        """One waiter less; the last to leave stops the work."""
        self._waiters -= 1
        if self._waiters <= 0:
            self.stop()

    def stop(self) -> None:
        """Ask the work to end; it does so within one token."""
        if self._stopped_at is None:
            self._stopped_at = self._clock()

    def run(self) -> None:
        """Do the work now, on this thread, and settle the future."""
        self.began = not self.stopped
        try:
            answer = self._work(self._asked) if self.began else None
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to those who wait for the answer
            self._ended_at = self._clock()
            self.future.set_exception(error)
        else:
            self._ended_at = self._clock()
            self.future.set_result(answer if self.began and not self.told else None)

    def _asked(self) -> bool:
        self.checks += 1
        self.told += self.stopped
        return self.stopped


class Worker:
    """Owns the thread. ``submit`` and ``stop`` never wait for work."""

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._waiting: dict[Hashable, Job[Any]] = {}
        self._background: dict[Hashable, Job[Any]] = {}
        self._running: Job[Any] | None = None
        self._running_in_background = False
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="python-slm worker", daemon=True)
        self._thread.start()

    def submit(
        self,
        key: Hashable,
        subject: Hashable,
        work: Callable[[Callable[[], bool]], Answer],
        *,
        background: bool = False,
    ) -> Job[Answer]:
        """Queue ``work`` for the document ``key``; the same ``subject`` joins the job there, another replaces it."""
        job = Job(key, subject, work)
        with self._wake:
            older = self._current(key)
            if older is not None and older.subject == subject and not older.stopped:
                older.join()
                return older
            if self._closed:
                job.stop()
            else:
                self._queue(job, older, background=background)
        if job.stopped:
            job.run()
        return job

    def stop(self, *keys: Hashable) -> None:
        """Stop whatever waits or runs for these documents."""
        with self._wake:
            for job in filter(None, [self._current(key) for key in keys]):
                job.stop()
                if job is not self._running:
                    self._settle(job)

    @property
    def busy(self) -> bool:
        """A job that is not in the background waits or runs: somebody wants an answer now."""
        return bool(self._waiting) or (self._running is not None and not self._running_in_background)

    @property
    def ended(self) -> bool:
        """The thread is gone."""
        return not self._thread.is_alive()

    def close(self, timeout_s: float) -> bool:
        """Stop everything and end the thread; False if it still runs after ``timeout_s`` (deep in native code)."""
        with self._wake:
            self._closed = True
            for job in filter(None, [self._running, *self._waiting.values(), *self._background.values()]):
                job.stop()
            self._wake.notify()
        self._thread.join(timeout_s)
        return self.ended

    def _current(self, key: Hashable) -> Job[Any] | None:
        """The job a newer one for ``key`` would replace. Call with the lock held."""
        running = self._running if self._running is not None and self._running.key == key else None
        return self._waiting.get(key) or self._background.get(key) or running

    def _queue(self, job: Job[Any], older: Job[Any] | None, *, background: bool) -> None:
        for rival in (older, self._running if self._running and self._running.key == job.key else None):
            if rival is not None:
                rival.stop()
        if background:
            self._background[job.key] = job
        else:
            self._waiting[job.key] = job  # in the place of an older one: typing must not put a document last
        if older is not None and older is not self._running:
            self._settle(older)
        if not background and self._running is not None and self._running_in_background:
            self._running.stop()
        self._wake.notify()

    def _settle(self, job: Job[Any]) -> None:
        """Answer a stopped job that never began."""
        for queue in (self._waiting, self._background):
            if queue.get(job.key) is job:
                del queue[job.key]
        job.run()

    def _next(self) -> Job[Any] | None:
        """The next job, or None when closed."""
        with self._wake:
            self._running = None
            while not (self._waiting or self._background or self._closed):
                self._wake.wait()
            queue = self._waiting or self._background
            if not queue:
                return None
            self._running_in_background = queue is self._background
            self._running = queue.pop(next(iter(queue)))
            return self._running

    def _run(self) -> None:
        while (job := self._next()) is not None:
            job.run()
