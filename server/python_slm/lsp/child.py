"""A process of ours as the event loop sees it: a JSON object a line each way, one question at a time.

What is late is killed and begun anew; what has grown large is replaced once it has answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
from typing import Any

import psutil

MAX_DEATHS = 5
"""Processes that may die in a row before no more are started: something here does not let them run."""
_LINE_BYTES = 1 << 26

_log = logging.getLogger(__name__)


class Child:
    """``python -m module``, started when first asked. Everything here is for the event loop's thread.

    ``answer_s``: a process that has no answer by then is killed. ``most_bytes``: resident memory from which on one is
    replaced once it has answered.
    """

    def __init__(self, module: str, answer_s: float, most_bytes: int) -> None:
        self._module, self._answer_s, self._most_bytes = module, answer_s, most_bytes
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._deaths = 0

    @property
    def pid(self) -> int | None:
        """Of the process that runs; None when none does."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def ask(self, question: dict[str, Any]) -> dict[str, Any] | None:
        """The answer; None when the process was late, died, or died too often before. Cancelled, the process ends."""
        async with self._turn:
            if self._deaths >= MAX_DEATHS:
                return None
            try:
                answer = await asyncio.wait_for(self._exchange(question), self._answer_s)
            except (OSError, EOFError, TimeoutError, ValueError) as error:
                self._deaths += 1
                _log.info("%s gave no answer: %s", self._module, type(error).__name__)
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
        """A library that forgets nothing it has read is begun anew before it takes what the editor needs."""
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

    async def _exchange(self, question: dict[str, Any]) -> dict[str, Any]:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(question).encode() + b"\n")
        await process.stdin.drain()
        line = await process.stdout.readline()
        if not line:
            raise EOFError
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # the folder it is started in may be a workspace with a json.py
            "-m",
            self._module,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_LINE_BYTES,
        )
