"""One ``ruff server`` a connection, spoken to over its stdio: fed texts, asked for what it finds in them.

It dies with us, however we end: nobody else holds the other end of its stdin. One that dies, or has no answer in time,
is started again after a pause that grows with every death; until then there is no answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pygls.uris import from_fs_path

from python_slm.errors import ProtocolError
from python_slm.lsp.transport import Framing
from python_slm.text import Document, alike_at_ends

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ANSWER_S = 5.0
"""A server that has no answer by then is taken to hang."""
_START_S = 10.0
_PAUSE_S, _MOST_PAUSE_S = 0.2, 60.0
_STUMBLES = ("Check the logs for more details", "See the logs for more details")
_HEALTHY_S = 60.0
"""One that lived this long was well: its death is the first."""
_CHUNK_BYTES = 1 << 18
_SURROGATE = re.compile("[\ud800-\udfff]")
_CAPABILITIES = {
    "general": {"positionEncodings": ["utf-32"]},
    "textDocument": {
        "diagnostic": {"dynamicRegistration": False, "relatedDocumentSupport": False},
        "publishDiagnostics": {"relatedInformation": True, "tagSupport": {"valueSet": [1, 2]}, "dataSupport": True},
    },
    "workspace": {"workspaceEdit": {"documentChanges": True}, "didChangeWatchedFiles": {"dynamicRegistration": True}},
}

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Running:
    """A process, what it was told and what it was asked."""

    process: asyncio.subprocess.Process
    begun: float
    texts: dict[str, Document] = field(default_factory=dict)
    waiting: dict[int, asyncio.Future[Any]] = field(default_factory=dict)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    reader: asyncio.Task[None] | None = None

    def send(self, method: str, params: Any, number: int | None = None) -> None:
        """Write a message; the pipe's buffer takes it whole, so that none waits between two that belong together."""
        body = {"jsonrpc": "2.0", "method": method, "params": params}
        self.write(body if number is None else {**body, "id": number})

    def write(self, message: object) -> None:
        """Any message."""
        stream = self.process.stdin
        if stream is None or stream.is_closing():
            raise EOFError
        body = json.dumps(message).encode()
        stream.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    async def ask(self, method: str, params: Any, seconds: float) -> Any:
        """The answer to a request. Raises TimeoutError, EOFError when the process is gone, ProtocolError if refused."""
        number = next(self.numbers)
        answer = self.waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self.send(method, params, number)
            return await asyncio.wait_for(answer, seconds)
        except asyncio.CancelledError:
            with contextlib.suppress(EOFError, OSError):
                self.send("$/cancelRequest", {"id": number})
            raise
        finally:
            self.waiting.pop(number, None)

    def tell(self, document: Document) -> None:
        """Have the process know ``document`` as it is now, by the one stretch that changed."""
        before = self.texts.get(document.uri)
        self.texts[document.uri] = document
        if before is None:
            item = {"uri": document.uri, "languageId": "python", "version": 1, "text": document.text}
            self.send("textDocument/didOpen", {"textDocument": item})
        elif before.text != document.text:
            known = {"uri": document.uri, "version": next(self.numbers)}
            self.send("textDocument/didChange", {"textDocument": known, "contentChanges": [change(before, document)]})


class RuffChild:
    """Starts ``ruff server`` when first asked. ``say`` shows the user what ruff wants shown."""

    def __init__(
        self,
        find: Callable[[], str | None],
        roots: Callable[[], Sequence[str]],
        say: Callable[[str], None],
        *,
        answer_s: float = ANSWER_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._find = find
        self._roots = roots
        self._say = say
        self._answer_s = answer_s
        self._clock = clock
        self._running: _Running | None = None
        self._starting = asyncio.Lock()
        self._deaths = 0
        self._not_before = 0.0
        self._closed = False

    @property
    def pid(self) -> int | None:
        """Of the process that runs; None when none does."""
        return self._running.process.pid if self._running else None

    async def diagnostics(self, document: Document) -> list[dict[str, Any]] | None:
        """What ruff finds, as LSP has it, columns in code points; None when there is no answer now."""
        running = None
        try:
            running = await self._process()
            if running is None:
                return None
            running.tell(_sendable(document))
            asked = {"textDocument": {"uri": document.uri}}
            answer = await running.ask("textDocument/diagnostic", asked, self._answer_s)
        except ProtocolError as error:
            _log.info("ruff server refused: %s", error)
            return None
        except (TimeoutError, EOFError, OSError) as error:
            self._died(running, type(error).__name__)
            return None
        items = answer.get("items") if isinstance(answer, dict) else None
        return items if isinstance(items, list) else None

    def close(self, uri: str) -> None:
        """A document was closed."""
        running = self._running
        if running is not None and running.texts.pop(uri, None) is not None:
            self._notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    def files_changed(self, changes: Sequence[tuple[str, int]]) -> None:
        """Files of configuration changed on disk: uri and LSP's sort of change."""
        listed = [{"uri": uri, "type": kind} for uri, kind in changes]
        self._notify("workspace/didChangeWatchedFiles", {"changes": listed})

    def folders_changed(self, added: Sequence[str], removed: Sequence[str]) -> None:
        """Folders, by path, were added to the workspace or taken out of it."""
        event = {"added": _folders(added), "removed": _folders(removed)}
        self._notify("workspace/didChangeWorkspaceFolders", {"event": event})

    def kill(self) -> None:
        """End the process at once, and start none any more."""
        self._closed = True
        self._end()

    def _notify(self, method: str, params: Any) -> None:
        running = self._running
        if running is not None:
            with contextlib.suppress(EOFError, OSError):
                running.send(method, params)

    async def _process(self) -> _Running | None:
        async with self._starting:
            if self._running is not None:
                return self._running
            program = None if self._closed or self._clock() < self._not_before else self._find()
            if program is None:
                return None
            running = await self._start(program)
            if self._closed:
                running.process.kill()
                return None
            self._running = running
            return running

    async def _start(self, program: str) -> _Running:
        process = await asyncio.create_subprocess_exec(
            program,
            "server",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=next(iter(self._roots()), None),
        )
        running = _Running(process, self._clock())
        running.reader = asyncio.get_running_loop().create_task(self._read(running))
        parameters = {
            "processId": None,
            "rootUri": None,
            "workspaceFolders": _folders(self._roots()) or None,
            "capabilities": _CAPABILITIES,
            "initializationOptions": {"settings": {"logLevel": "error"}},
        }
        try:
            await running.ask("initialize", parameters, _START_S)
            running.send("initialized", {})
        except BaseException:
            process.kill()
            raise
        return running

    async def _read(self, running: _Running) -> None:
        """Hand out answers until the process ends."""
        stream, framing = running.process.stdout, Framing()
        assert stream is not None
        try:
            while data := await stream.read(_CHUNK_BYTES):
                for body in framing.feed(data):
                    self._take(running, json.loads(body))
        except (ValueError, ProtocolError, OSError) as error:
            _log.warning("ruff server cannot be understood: %s", type(error).__name__)
        for answer in running.waiting.values():
            if not answer.done():
                answer.set_exception(EOFError())
        if running is self._running:
            self._died(running, "ended")

    def _take(self, running: _Running, message: dict[str, Any]) -> None:
        number, method = message.get("id"), message.get("method")
        if method is not None and number is not None:
            running.write({"jsonrpc": "2.0", "id": number, "result": None})
        elif method == "window/showMessage":
            self._pass_on(str(message["params"].get("message")))
        elif method is None and isinstance(number, int):
            answer = running.waiting.pop(number, None)
            if answer is not None and not answer.done():
                if "error" in message:
                    answer.set_exception(ProtocolError(str(message["error"].get("message"))))
                else:
                    answer.set_result(message.get("result"))

    def _pass_on(self, text: str) -> None:
        """Tell the user what a configuration lacks; that ruff stumbled over one request helps nobody but the log."""
        if any(words in text for words in _STUMBLES):
            _log.warning("ruff server: %s", text)
        else:
            self._say(f"ruff: {text}")

    def _died(self, running: _Running | None, how: str) -> None:
        """Note a death, once: another process may be started after a pause."""
        if running is not None and running is not self._running:
            return
        if running is not None and self._clock() - running.begun > _HEALTHY_S:
            self._deaths = 0
        pause_s = min(_PAUSE_S * 4**self._deaths, _MOST_PAUSE_S)
        self._deaths += 1
        self._not_before = self._clock() + pause_s
        self._end()
        if not self._closed:
            _log.warning("ruff server: %s; it is started again in %.1f s at the earliest", how, pause_s)

    def _end(self) -> None:
        running, self._running = self._running, None
        if running is None:
            return
        if running.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                running.process.kill()
        if running.process.stdin is not None:
            running.process.stdin.close()


def change(before: Document, after: Document) -> dict[str, Any]:
    """The one stretch by which two texts differ, as a content change of LSP in code points."""
    old, new = before.text, after.text
    start, end = alike_at_ends(old, new)
    while start and old[start - 1] == "\r":  # within a line end there are no positions
        start -= 1
    while end and old[len(old) - end] == "\n" and "\r" in old + new:
        end -= 1
    first, last = before.position_at(start, "utf-32"), before.position_at(len(old) - end, "utf-32")
    return {
        "range": {
            "start": {"line": first.line, "character": first.character},
            "end": {"line": last.line, "character": last.character},
        },
        "text": new[start : len(new) - end],
    }


def _sendable(document: Document) -> Document:
    """Lone surrogates, which no JSON parser but Python's takes, become U+FFFD."""
    if document.text.isascii() or not _SURROGATE.search(document.text):
        return document
    return Document(document.uri, _SURROGATE.sub("\ufffd", document.text), document.version)


def _folders(paths: Sequence[str]) -> list[dict[str, str]]:
    return [{"uri": uri, "name": path} for path in paths if (uri := from_fs_path(path))]
