"""A small language client over a server's stdin and stdout: what the benchmark types with, and the tests too."""

from __future__ import annotations

import itertools
import json
import subprocess
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import IO

_WAIT_S = 20.0


@dataclass(frozen=True)
class Reply:
    """A server's answer, and when it came (``time.perf_counter``, seconds)."""

    message: dict[str, Any]
    at: float

    @property
    def result(self) -> Any:
        """The result; None when the server answered with an error, or with null."""
        return self.message.get("result")

    @property
    def error(self) -> dict[str, Any] | None:
        """The error, if there is one."""
        found: dict[str, Any] | None = self.message.get("error")
        return found


class LanguageClient:
    """Starts ``command`` and speaks LSP with it. Its ``answers``, by method, else null, go to the server's requests.

    One thread reads; every public method may be called from any other. Waiting too long raises TimeoutError.
    """

    def __init__(
        self, command: Sequence[str], *, stderr: IO[bytes] | int | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - the caller names the server to run
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, env=env
        )
        self.stray: list[bytes] = []
        """Lines on stdout that are no LSP header: there must be none."""
        self.answers: dict[str, Any] = {}
        self._ids = itertools.count(1)
        self._replies: dict[int, Reply] = {}
        self._received: defaultdict[str, list[Any]] = defaultdict(list)
        self._arrived = threading.Condition()
        self._ended = False
        self._sending = threading.Lock()
        self._reader = threading.Thread(target=self._read, name="language client", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(5)
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            try:
                stream.close()
            except BrokenPipeError:
                continue

    def send(self, message: Mapping[str, Any]) -> None:
        """Send any JSON-RPC message."""
        self.send_bytes(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def send_bytes(self, body: bytes) -> None:
        """Send any body under a right header."""
        assert self.process.stdin is not None
        with self._sending:
            self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            self.process.stdin.flush()

    def notify(self, method: str, params: Any = None) -> None:
        """Send a notification."""
        self.send({"method": method, "params": params})

    def begin(self, method: str, params: Any = None) -> int:
        """Send a request; its id, for ``wait`` and ``cancel``."""
        number = next(self._ids)
        self.send({"id": number, "method": method, "params": params})
        return number

    def cancel(self, number: int) -> None:
        """Send ``$/cancelRequest``."""
        self.notify("$/cancelRequest", {"id": number})

    def wait(self, number: int, timeout_s: float = _WAIT_S) -> Reply:
        """The answer to a request that ``begin`` sent."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: number in self._replies or self._ended, timeout_s):
                raise TimeoutError(f"no answer to request {number} within {timeout_s} s")
            if number not in self._replies:
                raise TimeoutError(f"the server ended before it answered request {number}")
            return self._replies.pop(number)

    def answered(self, number: int) -> bool:
        """Whether ``wait`` would return at once."""
        with self._arrived:
            return number in self._replies

    def request(self, method: str, params: Any = None, timeout_s: float = _WAIT_S) -> Reply:
        """Send a request and wait for the answer."""
        return self.wait(self.begin(method, params), timeout_s)

    def received(self, method: str) -> list[Any]:
        """Parameters of all notifications and requests with this method so far."""
        with self._arrived:
            return list(self._received[method])

    def wait_received(self, method: str, count: int = 1, timeout_s: float = _WAIT_S) -> list[Any]:
        """The same, once there are ``count``."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self._received[method]) >= count, timeout_s):
                raise TimeoutError(f"{len(self._received[method])} of {count} {method} within {timeout_s} s")
            return list(self._received[method])

    def initialize(self, *, options: Any = None, capabilities: Any = None, trace: str = "off", **more: Any) -> Any:
        """Shake hands; the server's capabilities."""
        params = {
            "processId": None,
            "rootUri": None,
            "capabilities": {"textDocument": {"inlineCompletion": {}}, **(capabilities or {})},
            "initializationOptions": options,
            "trace": trace,
            **more,
        }
        reply = self.request("initialize", params)
        self.notify("initialized", {})
        return reply.result["capabilities"]

    def open(self, uri: str, text: str, version: int = 0) -> None:
        """Open a Python document."""
        self.notify(
            "textDocument/didOpen",
            {"textDocument": {"uri": uri, "languageId": "python", "version": version, "text": text}},
        )

    def change(self, uri: str, version: int, *changes: Mapping[str, Any]) -> None:
        """Send content changes as they are in LSP."""
        self.notify(
            "textDocument/didChange",
            {"textDocument": {"uri": uri, "version": version}, "contentChanges": list(changes)},
        )

    def begin_inline(self, uri: str, line: int, character: int, **context: Any) -> int:
        """Ask for ghost text."""
        return self.begin(
            "textDocument/inlineCompletion",
            {
                "textDocument": {"uri": uri},
                "position": {"line": line, "character": character},
                "context": {"triggerKind": 2, **context},
            },
        )

    def inline(self, uri: str, line: int, character: int, **context: Any) -> list[str] | None:
        """Ghost texts at a position; None when the server answered null. Raises ValueError for an error."""
        reply = self.wait(self.begin_inline(uri, line, character, **context))
        if reply.error is not None:
            raise ValueError(reply.error["message"])
        return None if reply.result is None else [item["insertText"] for item in reply.result["items"]]

    def end(self, timeout_s: float = 5.0) -> int:
        """``shutdown`` and ``exit``; the exit code."""
        self.request("shutdown")
        self.notify("exit")
        return self.process.wait(timeout_s)

    def _read(self) -> None:
        assert self.process.stdout is not None
        try:
            while (body := self._body(self.process.stdout)) is not None:
                self._take(json.loads(body))
        finally:
            with self._arrived:
                self._ended = True
                self._arrived.notify_all()

    def _body(self, stream: IO[bytes]) -> bytes | None:
        length = None
        while line := stream.readline():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            elif not line.strip() and length is not None:
                return stream.read(length)
            elif line.strip() and name.lower() != b"content-type":
                self.stray.append(line)
        return None

    def _take(self, message: dict[str, Any]) -> None:
        at = time.perf_counter()
        with self._arrived:
            if "method" in message:
                self._received[message["method"]].append(message.get("params"))
            elif message.get("id") is not None:
                self._replies[message["id"]] = Reply(message, at)
            else:
                self._received["error without id"].append(message.get("error"))
            self._arrived.notify_all()
        if "method" in message and "id" in message:
            self.send({"id": message["id"], "result": self.answers.get(message["method"])})
