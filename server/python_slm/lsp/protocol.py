"""pygls's protocol with what it leaves open: every request gets an answer, in every state, and exit has its code."""

from __future__ import annotations

import inspect
import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cattrs.errors import BaseValidationError
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.protocol import LanguageServerProtocol, lsp_method
from pygls.protocol.json_rpc import JsonRPCNotification, JsonRPCRequestMessage, JsonRPCResponseMessage

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from concurrent.futures import Future

    from python_slm.lsp.server import Server

_log = logging.getLogger(__name__)


class ExpectedError(JsonRpcException):
    """An answer like others, of which no log needs to speak: the request came too late, or cannot be granted."""


@dataclass(frozen=True)
class Written:
    """A result, or parameters, as JSON in ASCII: for what is large and often told."""

    text: str


class Protocol(LanguageServerProtocol):
    """One connection's messages. ``exit_code`` is set once the client said ``exit``: 0 after ``shutdown``, else 1."""

    _server: Server
    exit_code: int | None = None
    _initialized = False

    @property
    def was_shut_down(self) -> bool:
        """The client said ``shutdown``."""
        return self._shutdown

    def receive(self, body: bytes) -> None:
        """Handle one JSON-RPC message; whatever is wrong with it is answered or logged, never raised."""
        try:
            message = json.loads(body)
        except (ValueError, RecursionError) as error:
            self._refuse(None, types.ErrorCodes.ParseError, f"not JSON: {error}")
            return
        if not isinstance(message, dict) or not self._is_jsonrpc(message):
            self._refuse(None, types.ErrorCodes.InvalidRequest, "not a JSON-RPC 2.0 message")
        elif "method" in message and not self._admits(message):
            return
        else:
            self._dispatch(message)

    def _is_jsonrpc(self, message: dict[str, Any]) -> bool:
        return (
            message.get("jsonrpc") == self.VERSION
            and isinstance(message.get("method", ""), str)
            and isinstance(message.get("id", 0), str | int | None)
        )

    def _admits(self, message: dict[str, Any]) -> bool:
        """Whether the life cycle allows this request or notification now; refuses it otherwise."""
        method = message["method"]
        if method == types.EXIT:
            return True
        if not self._initialized and method != types.INITIALIZE:
            self._refuse(message.get("id"), types.ErrorCodes.ServerNotInitialized, f"{method} before initialize")
            return False
        if self._shutdown or (self._initialized and method == types.INITIALIZE):
            state = "after shutdown" if self._shutdown else "twice"
            self._refuse(message.get("id"), types.ErrorCodes.InvalidRequest, f"{method} {state}")
            return False
        self._initialized = True
        return True

    def _dispatch(self, message: dict[str, Any]) -> None:
        try:
            structured = self.structure_message(message)
        except JsonRpcException as error:
            if "method" in message and "id" in message:
                self._refuse(message["id"], types.ErrorCodes.InvalidParams, f"{message['method']}: {error.__cause__}")
            elif message.get("method") == types.TEXT_DOCUMENT_DID_CHANGE:
                self._lose(message.get("params"))
        else:
            self.handle_message(structured)

    def notify_written(self, method: str, params: Written) -> None:
        """Send a notification."""
        self._write(f'{{"jsonrpc": "2.0", "method": "{method}", "params": {params.text}}}')

    def _send_response(self, msg_id: Any, result: Any = None, error: types.ResponseError | None = None) -> None:
        if error is None and isinstance(result, Written):
            self._result_types.pop(msg_id, None)
            self._write(f'{{"jsonrpc": "2.0", "id": {json.dumps(msg_id)}, "result": {result.text}}}')
        else:
            super()._send_response(msg_id, result, error)

    def _write(self, body: str) -> None:
        if self.writer is None:
            return
        header = f"Content-Length: {len(body)}\r\n\r\n" if self._include_headers else ""
        writing = self.writer.write((header + body).encode("ascii"))
        if inspect.isawaitable(writing):
            self._server.in_background(_awaited(writing))

    def _send_handler_result(self, future: Future[Any], *, msg_id: Any) -> None:
        error = None if future.cancelled() else future.exception()
        if not isinstance(error, ExpectedError):
            super()._send_handler_result(future, msg_id=msg_id)
            return
        self._request_futures.pop(msg_id, None)
        self._send_response(msg_id, error=error.to_response_error())

    def structure_message(self, data: dict[str, Any]) -> Any:
        """The typed message. Raises JsonRpcInvalidParams; pygls would log the whole of it, users' text too."""
        fallback: type[Any]
        if "method" not in data:
            fallback = types.ResponseErrorMessage if "error" in data else JsonRPCResponseMessage
            kind = None if "error" in data else self._result_types.pop(data.get("id", 0), None)
        else:
            fallback = JsonRPCRequestMessage if "id" in data else JsonRPCNotification
            kind = types.METHOD_TO_TYPES.get(data["method"], (None,))[0]
        try:
            return self._converter.structure(data, kind or fallback)
        except (BaseValidationError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise JsonRpcInvalidParams(f"{type(error).__name__}") from error

    def _lose(self, params: Any) -> None:
        """A change that cannot be read leaves our text unlike the client's."""
        document = params.get("textDocument") if isinstance(params, dict) else None
        uri = document.get("uri") if isinstance(document, dict) else None
        if isinstance(uri, str):
            self._server.session.lose(uri)

    def _refuse(self, msg_id: Any, code: types.ErrorCodes, text: str) -> None:
        """Answer a request with an error; a notification only gets a line in the log."""
        _log.warning("refused: %s", text)
        if msg_id is not None or code is types.ErrorCodes.ParseError:
            self._send_response(msg_id, error=types.ResponseError(code=code, message=text))

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_args: Any) -> None:  # type: ignore[override]
        """Remember the exit code; the transport ends the conversation."""
        self.exit_code = 0 if self._shutdown else 1

    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *_args: Any) -> None:  # type: ignore[override]
        """Stop all work; nothing but ``exit`` is welcome from now on."""
        self._server.stop_work()
        self._shutdown = True


async def _awaited(writing: Awaitable[None]) -> None:
    await writing
