"""The resolver's process as the event loop sees it: one question at a time; what is late is killed and begun anew."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psutil

from python_slm.project.resolver import from_json

if TYPE_CHECKING:
    from python_slm.project.surroundings import Definition

QUESTION_S = 10.0
"""A process that has no answer by then is killed. A project's first question takes seconds: jedi reads builtins."""
MAX_DEATHS = 5
"""Processes that may die in a row before no more are started: something here does not let them run."""
MOST_BYTES = 256 << 20
"""Resident memory from which on a process is replaced once it has answered: above what large libraries take."""
_LINE_BYTES = 1 << 24

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
        self._question_s = question_s
        self._most_bytes = most_bytes
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._deaths = 0

    @property
    def pid(self) -> int | None:
        """Of the process that runs; None when none does."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def ask(self, question: Question) -> Resolved | None:
        """The answer; None when the process was late, died, or died too often before."""
        async with self._turn:
            if self._deaths >= MAX_DEATHS:
                return None
            try:
                answer = await asyncio.wait_for(self._exchange(question), self._question_s)
            except (OSError, EOFError, TimeoutError, ValueError, TypeError, KeyError) as error:
                self._deaths += 1
                _log.info("the resolver's process gave no answer: %s", type(error).__name__)
                await self._end()
                return None
            except asyncio.CancelledError:
                self.kill()  # its answer would be taken for the next question's
                raise
            self._deaths = 0
            if self._is_fat:
                await self._end()  # the next question starts another
            return answer

    @property
    def _is_fat(self) -> bool:
        """It forgets nothing that jedi has read, so it is begun anew before it takes what the editor needs."""
        try:
            return self.pid is not None and psutil.Process(self.pid).memory_info().rss > self._most_bytes
        except psutil.Error:
            return False

    def kill(self) -> None:
        """End the process at once; the next question starts another."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()

    async def close(self) -> None:
        """Answer nothing any more, and wait until nothing of the process is left."""
        self._deaths = MAX_DEATHS
        await self._end()

    async def _end(self) -> None:
        process = self._process
        self.kill()
        if process is None or process.stdin is None or process.stdout is None:
            return
        await process.wait()
        process.stdin.close()
        with contextlib.suppress(ConnectionError):
            await process.stdin.wait_closed()

    async def _exchange(self, question: Question) -> Resolved:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(question.__dict__).encode() + b"\n")
        await process.stdin.drain()
        line = await process.stdout.readline()
        if not line:
            raise EOFError
        answer: dict[str, Any] = json.loads(line)
        found = [from_json(one) for one in answer["definitions"]]
        installed = answer["installed"]
        return Resolved(
            {one.name: one for one in found},
            frozenset(answer["left"]),
            None if installed is None else frozenset(installed),
        )

    @staticmethod
    async def _start() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # the folder it is started in may be a workspace with a json.py
            "-m",
            "python_slm.project.resolver",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_LINE_BYTES,
        )
