"""stdio, TCP and WebSocket: bytes to messages, one server object a connection, and an orderly end."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import re
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from pygls.io_ import StdoutWriter
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from python_slm.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from typing import BinaryIO, TypeAlias

    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request, Response

    from python_slm.lsp.server import Server

    Admit: TypeAlias = Callable[[ServerConnection, Request], Response | None]

MAX_MESSAGE_BYTES = 256 * 2**20
_CHUNK_BYTES = 2**18
_CHUNKS_AHEAD = 16
_CONTENT_LENGTH = re.compile(rb"^content-length:[ \t]*(\d+)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)

_log = logging.getLogger(__name__)


class Framing:
    """Cuts a stream of bytes into the bodies of LSP's base protocol."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._wanted: int | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """The bodies that ``data`` completes. Raises ProtocolError when a message is above MAX_MESSAGE_BYTES."""
        self._buffer += data
        bodies: list[bytes] = []
        while self._wanted is not None or self._read_header():
            if self._wanted is None:
                continue
            if len(self._buffer) < self._wanted:
                break
            bodies.append(bytes(self._buffer[: self._wanted]))
            del self._buffer[: self._wanted]
            self._wanted = None
        return bodies

    def _read_header(self) -> bool:
        """Take one header block off the buffer, if there is a whole one."""
        header, separator, _ = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return False
        del self._buffer[: len(header) + len(separator)]
        found = _CONTENT_LENGTH.search(bytes(header))
        if found is None:
            _log.warning("skipped a header without Content-Length")
            return True
        self._wanted = int(found[1])
        if self._wanted > MAX_MESSAGE_BYTES:
            raise ProtocolError(f"a message of {self._wanted} bytes; the limit is {MAX_MESSAGE_BYTES}")
        return True


async def converse(server: Server, bodies: AsyncIterator[bytes]) -> int:
    """Handle messages until ``exit`` or the end of the stream; the exit code: 0 only after ``shutdown``."""
    protocol = server.protocol
    try:
        async for body in bodies:
            protocol.receive(body)
            if protocol.exit_code is not None:
                break
            await asyncio.sleep(0)  # a request looks at its document before the next message changes it
    except ProtocolError as error:
        _log.error("connection closed: %s", error)
    finally:
        server.stop_work()
        server.session.forget()
    return 0 if protocol.was_shut_down else 1


async def serve_stdio(connect: Callable[[], Server], stdin: BinaryIO, stdout: BinaryIO) -> int:
    """Serve one client on two byte streams; returns the exit code."""
    server = connect()
    server.protocol.set_writer(_QuietWriter(stdout))
    return await converse(server, _bodies_from_thread(stdin))


def claim_stdio() -> tuple[BinaryIO, BinaryIO]:
    """The process's stdin and stdout for the protocol alone: what else prints, native code too, goes to stderr."""
    sys.stdout.flush()
    stdin, stdout = os.fdopen(os.dup(0), "rb", buffering=0), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # ``os._exit`` leaves no time to flush
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a descriptor, not a path
        os.dup2(nothing.fileno(), 0)
    return stdin, stdout


class _QuietWriter(StdoutWriter):
    """A client that is gone gets nothing, without a word; the end of its stdin ends the server."""

    def write(self, data: bytes) -> None:
        with suppress(BrokenPipeError, ConnectionResetError, ValueError):
            super().write(data)


async def _bodies_from_thread(stdin: BinaryIO) -> AsyncIterator[bytes]:
    """Bodies from a blocking stream. The thread is a daemon: a read that never returns must not hold up exit."""
    loop = asyncio.get_running_loop()
    chunks: asyncio.Queue[bytes] = asyncio.Queue()
    room = threading.Semaphore(_CHUNKS_AHEAD)

    def read() -> None:
        data = b"start"
        while data:
            room.acquire()
            data = stdin.read(_CHUNK_BYTES)
            try:
                loop.call_soon_threadsafe(chunks.put_nowait, data)
            except RuntimeError:  # the loop is closed
                return

    threading.Thread(target=read, name="python-slm stdin", daemon=True).start()
    framing = Framing()
    while data := await chunks.get():
        room.release()
        for body in framing.feed(data):
            yield body


async def serve_tcp(connect: Callable[[], Server], host: str, port: int, listening: Callable[[str, int], None]) -> None:
    """Serve every client that connects, until cancelled; ``listening`` is told the address, port 0 chosen."""

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server = connect()
        server.protocol.set_writer(writer)
        with suppress(ConnectionError):
            await converse(server, _bodies_from_stream(reader))
        with suppress(ConnectionError):
            writer.close()
            await writer.wait_closed()

    tcp = await asyncio.start_server(connection, host, port)
    listening(*tcp.sockets[0].getsockname()[:2])
    async with tcp:
        await tcp.serve_forever()


async def _bodies_from_stream(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    framing = Framing()
    while data := await reader.read(_CHUNK_BYTES):
        for body in framing.feed(data):
            yield body


async def serve_websocket(
    connect: Callable[[], Server],
    host: str,
    port: int,
    listening: Callable[[str, int], None],
    admit: Admit | None = None,
) -> None:
    """The same over WebSocket, a message a frame. ``admit`` sees every HTTP request before: its answer, or None."""

    async def connection(websocket: ServerConnection) -> None:
        server = connect()
        server.protocol.set_writer(_TextFrames(websocket), include_headers=False)
        with suppress(ConnectionClosed):
            await converse(server, _bodies_from_frames(websocket))

    async with serve(connection, host, port, max_size=MAX_MESSAGE_BYTES, process_request=admit) as web:
        listening(*next(iter(web.sockets)).getsockname()[:2])
        await web.serve_forever()


async def _bodies_from_frames(websocket: ServerConnection) -> AsyncIterator[bytes]:
    async for frame in websocket:
        yield frame.encode("utf-8", "surrogatepass") if isinstance(frame, str) else frame


class _TextFrames:
    """Writes text frames; pygls's own writer sends binary ones, which browsers' LSP clients do not take."""

    def __init__(self, websocket: ServerConnection) -> None:
        self._websocket = websocket

    async def write(self, data: bytes) -> None:
        with suppress(ConnectionClosed):
            await self._websocket.send(data.decode())

    async def close(self) -> None:
        await self._websocket.close()
