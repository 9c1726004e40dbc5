"""TCP and WebSocket: every connection is a session of its own, and one ending does not end the others."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.client import connect

from python_slm.lsp.transport import Framing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

URI = "file:///project/area.py"


class Talk:
    """JSON-RPC over any pair of functions that send and receive one body."""

    def __init__(self, send: Callable[[bytes], Awaitable[None]], receive: Callable[[], Awaitable[bytes | str]]) -> None:
        self._send, self._receive, self._number = send, receive, 0

    async def notify(self, method: str, params: Any = None) -> None:
        await self._send(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode())

    async def request(self, method: str, params: Any = None) -> Any:
        self._number += 1
        message = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
        await self._send(json.dumps(message).encode())
        while True:
            reply = json.loads(await asyncio.wait_for(self._receive(), 20))
            if reply.get("id") == self._number and "method" not in reply:
                return reply["result"]

    async def begin(self, text: str) -> None:
        await self.request("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        await self.notify("initialized", {})
        item = {"uri": URI, "languageId": "python", "version": 1, "text": text}
        await self.notify("textDocument/didOpen", {"textDocument": item})

    async def inline(self, line: int, character: int) -> Any:
        where = {"textDocument": {"uri": URI}, "position": {"line": line, "character": character}}
        return await self.request("textDocument/inlineCompletion", {**where, "context": {"triggerKind": 1}})


@asynccontextmanager
async def tcp_client(port: int) -> AsyncIterator[Talk]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    framing, bodies = Framing(), list[bytes]()

    async def send(body: bytes) -> None:
        writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    async def receive() -> bytes:
        while not bodies:
            data = await reader.read(65536)
            if not data:
                raise EOFError
            bodies.extend(framing.feed(data))
        return bodies.pop(0)

    yield Talk(send, receive)
    writer.close()
    await writer.wait_closed()


@asynccontextmanager
async def ws_client(port: int) -> AsyncIterator[Talk]:
    async with connect(f"ws://127.0.0.1:{port}") as websocket:

        async def send(body: bytes) -> None:
            await websocket.send(body.decode())

        yield Talk(send, websocket.recv)


@asynccontextmanager
async def server(option: str, model: Path) -> AsyncIterator[int]:
    """A ``slm lsp`` on a free port; the port."""
    command = [sys.executable, "-m", "python_slm", "lsp", option, "127.0.0.1:0", "--model", str(model)]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    try:
        line = await asyncio.wait_for(process.stderr.readline(), 20)
        assert line.startswith(b"listening on 127.0.0.1:")
        yield int(line.rpartition(b":")[2])
        assert process.returncode is None
    finally:
        process.terminate()
        rest = (await process.communicate())[1]
    assert rest == b""


@pytest.mark.parametrize(("option", "talk"), [("--tcp", tcp_client), ("--ws", ws_client)])
async def test_connections_are_sessions_of_their_own(option: str, talk: Any, tiny_model: Path) -> None:
    async with server(option, tiny_model) as port:
        async with talk(port) as first, talk(port) as second:
            await first.begin("def first():\n    ")
            await second.begin("def second(width):\n    return ")
            one, two = await asyncio.gather(first.inline(1, 4), second.inline(1, 11))
            assert isinstance(one["items"], list)
            assert isinstance(two["items"], list)
            assert await first.request("shutdown") is None
            await first.notify("exit")
            assert isinstance((await second.inline(1, 11))["items"], list)
        async with talk(port) as third:
            await third.begin("x = ")
            assert isinstance((await third.inline(0, 4))["items"], list)


@pytest.mark.parametrize(("option", "talk"), [("--tcp", tcp_client), ("--ws", ws_client)])
async def test_connection_that_breaks_leaves_the_server_running(option: str, talk: Any, tiny_model: Path) -> None:
    async with server(option, tiny_model) as port:
        for _ in range(3):
            async with talk(port) as client:
                await client.begin("x = ")
                where = {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 4}}
                await client.notify("textDocument/didChange", where)
        async with talk(port) as client:
            await client.begin("x = ")
            assert isinstance((await client.inline(0, 4))["items"], list)
