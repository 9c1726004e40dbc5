"""Answers from a thread of their own, a slice at a time: a completion never waits for a menu, nor a hover for long.

Nor do they slow a completion down: Python's lock and the processor's cores are shared, so between two items, and for a
while, whoever answers here lets it go first.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar

from python_slm.lsp.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

SLICE_MS = 10
"""After this long the thread sees who else waits, once the item at hand is done."""

PATIENCE_S = 0.3
"""So long an answer lets completions go first in all, while they come one after the other."""
_LOOK_S = 0.005

Item = TypeVar("Item")


class Slices:
    """Runs iterators for one connection, on a thread that the first one starts. For the event loop's thread.

    ``busy`` says whether a completion is being made.
    """

    def __init__(
        self, busy: Callable[[], bool] = lambda: False, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._worker: Worker | None = None
        self._busy = busy
        self._clock = clock
        self._newest: dict[Hashable, object] = {}

    async def all_of(self, key: Hashable, items: Callable[[Callable[[], bool]], Iterator[Item]]) -> list[Item] | None:
        """All items of ``items(cancelled)``; None when a newer call with the same key took over.

        When the awaiting task is cancelled the work ends with the item at hand, or sooner if it asks ``cancelled``.
        """
        self._newest[key] = mine = object()
        worker = self._worker = self._worker or Worker()
        state = _State(lambda: self._newest.get(key) is not mine)
        iterator = items(state.cancelled)
        found: list[Item] = []
        try:
            while state.more and not state.cancelled():
                await self._let_others_go(state)
                job = worker.submit((key, mine), len(found), self._step(iterator, found, state))
                try:
                    await asyncio.wrap_future(job.future)
                finally:
                    job.leave()
                if not job.began:  # the worker is closed
                    return None
            return None if state.cancelled() else found
        except asyncio.CancelledError:
            state.left = True
            raise
        finally:
            if self._newest.get(key) is mine:
                del self._newest[key]

    def close(self) -> None:
        """The connection is over: whoever waits gets None."""
        self._newest.clear()
        if self._worker is not None:
            self._worker.close(0)

    async def _let_others_go(self, state: _State) -> None:
        while self._busy() and state.patience_s > 0 and not state.cancelled():
            began = self._clock()
            await asyncio.sleep(_LOOK_S)
            state.patience_s -= max(_LOOK_S, self._clock() - began)

    def _step(self, iterator: Iterator[Item], found: list[Item], state: _State) -> Callable[[Callable[[], bool]], None]:
        def step(_stopped: Callable[[], bool]) -> None:
            end = self._clock() + SLICE_MS / 1000
            for item in iterator:
                found.append(item)
                if state.cancelled() or self._clock() >= end or (state.patience_s > 0 and self._busy()):
                    return
            state.more = False

        return step


class _State:
    def __init__(self, superseded: Callable[[], bool]) -> None:
        self.more = True
        self.left = False
        self.patience_s = PATIENCE_S
        self._superseded = superseded

    def cancelled(self) -> bool:
        return self.left or self._superseded()
