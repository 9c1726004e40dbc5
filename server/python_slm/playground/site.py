"""The files of the page, and the door of its WebSocket: this machine alone, with the token, from our own page."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from websockets.datastructures import Headers
from websockets.http11 import Response

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request

SOCKET = "/lsp"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    "font-src data:; img-src 'self' data:; connect-src 'self' ws://{host}; base-uri 'none'; frame-ancestors 'none'"
)
"""Monaco writes style elements. Nothing is fetched from anywhere else."""


@dataclass(frozen=True)
class Site:
    """Answers plain requests and lets WebSockets pass, or refuses them; for ``serve(process_request=…)``.

    A name other than this machine's own in ``Host`` is another site's attempt to be taken for ours (DNS rebinding); a
    strange ``Origin`` is another page's script. Both are refused even with the right token.
    """

    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    def url(self, host: str, port: int) -> str:
        """What to open in a browser."""
        return f"http://{host}:{port}/?token={self.token}"

    def __call__(self, _connection: ServerConnection, request: Request) -> Response | None:
        """The answer; None to go on with the WebSocket's handshake."""
        where, host = urlsplit(request.path), request.headers.get("Host", "")
        if urlsplit(f"//{host}").hostname not in {"127.0.0.1", "localhost", "::1"}:
            return _refused(HTTPStatus.FORBIDDEN, "this page is for this machine alone")
        admitted = secrets.compare_digest(parse_qs(where.query).get("token", [""])[0].encode(), self.token.encode())
        if where.path == SOCKET:
            if request.headers.get("Origin") != f"http://{host}":
                return _refused(HTTPStatus.FORBIDDEN, "only the playground's own page may connect")
            return None if admitted else _without_token()
        if where.path == "/":
            return _file("index.html", host) if admitted else _without_token()
        return _file(where.path.removeprefix("/"), host)


def assets() -> Traversable:
    """The folder of the page's files."""
    return files("python_slm.playground") / "assets"


def _file(name: str, host: str) -> Response:
    """A file of the page, by name; there are no folders."""
    suffix = name[name.rfind(".") :]
    if suffix not in _TYPES or "/" in name or "\\" in name or not (file := assets() / name).is_file():
        return _refused(HTTPStatus.NOT_FOUND, "there is no such file")
    headers = {
        "Content-Type": _TYPES[suffix],
        "Content-Security-Policy": _POLICY.format(host=host),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
    return _response(HTTPStatus.OK, headers, file.read_bytes())


def _without_token() -> Response:
    text = "the address lacks its token: open the one that 'slm playground' printed, whole"
    return _refused(HTTPStatus.UNAUTHORIZED, text)


def _refused(status: HTTPStatus, text: str) -> Response:
    return _response(status, {"Content-Type": "text/plain; charset=utf-8"}, f"{text}\n".encode())


def _response(status: HTTPStatus, headers: dict[str, str], body: bytes) -> Response:
    told = Headers({**headers, "Content-Length": str(len(body)), "Connection": "close"})
    return Response(status.value, status.phrase, told, body)
