"""A real HTTP server on 127.0.0.1 that can misbehave as real ones do: slow down, break off, redirect, run out."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlsplit

from python_slm_training.collect.answers import AnswerStore
from python_slm_training.collect.http import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass(frozen=True)
class Request:
    """What a client sent. Header names are as it wrote them; ``query`` keeps the last of equal names."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    raw_query: str = ""


@dataclass(frozen=True)
class Reply:
    """What to answer. ``cut`` sends only so many bytes of the body, though Content-Length announces all of it."""

    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    zipped: bool = False

    @classmethod
    def of_json(
        cls, data: Any, status: int = 200, headers: Mapping[str, str] | None = None, *, zipped: bool = False
    ) -> Self:
        named = {"Content-Type": "application/json", **(headers or {})}
        return cls(json.dumps(data), status, named, zipped=zipped)


@dataclass
class Server:
    """Answers of each path, in turn; the last is repeated. ``seen`` are the requests so far."""

    url: str
    routes: dict[str, list[Reply | Callable[[Request], Reply]]] = field(default_factory=dict)
    seen: list[Request] = field(default_factory=list)
    prefix: tuple[str, Callable[[Request], Reply]] | None = None

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def on(self, path: str, *replies: Reply | Callable[[Request], Reply]) -> None:
        self.routes[path] = list(replies)

    def paths(self) -> list[str]:
        return [request.path for request in self.seen]

    def reply(self, request: Request) -> Reply:
        self.seen.append(request)
        if self.prefix and request.path.startswith(self.prefix[0]):
            return self.prefix[1](request)
        replies = self.routes.get(request.path)
        if not replies:
            return Reply("no such page", 404)
        reply = replies[0] if len(replies) == 1 else replies.pop(0)
        return reply if isinstance(reply, Reply) else reply(request)


@contextmanager
def serving() -> Iterator[Server]:
    """A server in a thread of this process."""
    server = Server("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            place = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Transfer-Encoding") == "chunked":
                body = _chunks(self.rfile)
            query = dict(parse_qsl(place.query, keep_blank_values=True))
            request = Request(self.command, place.path, query, dict(self.headers), body, place.query)
            _send(self, server.reply(request))

        do_POST = do_GET  # noqa: N815  # the name that http.server calls

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        server.url = f"http://127.0.0.1:{listening.server_address[1]}"
        listening.daemon_threads = True
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()


def _chunks(file: Any) -> bytes:
    pieces = []
    while size := int(file.readline(), 16):
        pieces.append(file.read(size))
        file.readline()
    file.readline()
    return b"".join(pieces)


def _send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    body = reply.body.encode() if isinstance(reply.body, str) else reply.body
    if reply.zipped:
        body = gzip.compress(body)
    handler.send_response(reply.status)
    if reply.zipped:
        handler.send_header("Content-Encoding", "gzip")
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    if reply.cut is not None:
        handler.send_header("Connection", "close")
        handler.close_connection = True
    with suppress(BrokenPipeError, ConnectionResetError):  # a client that was killed
        handler.end_headers()
        handler.wfile.write(body[: reply.cut])


def git_backend(repositories: Path) -> Callable[[Request], Reply]:
    """Bare repositories below a folder as git itself serves them over HTTP (git-http-backend, a CGI program)."""
    program = Path(subprocess.check_output(["git", "--exec-path"], text=True).strip()) / "git-http-backend"

    def reply(request: Request) -> Reply:
        environment = {
            **os.environ,
            "GIT_PROJECT_ROOT": str(repositories),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": request.path,
            "QUERY_STRING": request.raw_query,
            "REQUEST_METHOD": request.method,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "HTTP_GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
            "CONTENT_LENGTH": str(len(request.body)),
        }
        done = subprocess.run([program], input=request.body, env=environment, capture_output=True, check=True)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        return Reply(body, int(headers.pop("Status", "200").split()[0]), headers)

    return reply


@dataclass
class Clock:
    """Time that passes only by sleeping; it starts now, so that dates in headers make sense."""

    now: float = field(default_factory=time.time)
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class Patient:
    """A client that sleeps in no time, with what it said and how long it would have slept."""

    client: Client
    clock: Clock
    said: list[str]


def client_at(folder: Path, **settings: Any) -> Patient:
    """A client whose answers are kept in ``folder``."""
    clock, said = Clock(), list[str]()
    client = Client(AnswerStore(folder), said.append, clock=clock, sleep=clock.sleep, **settings)
    client.session.trust_env = False  # a proxy in the environment of the tests is not for 127.0.0.1
    return Patient(client, clock, said)
