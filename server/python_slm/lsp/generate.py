"""``python-slm/generate``: a function from a description, told as it grows.

Parameters: ``description``, ``maxTokens``, and LSP's ``partialResultToken``, under which ``$/progress`` brings
``{text}``, each time the whole of it so far. The result is ``{text, tokens, milliseconds, stopped, parses}``.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams, JsonRpcRequestCancelled

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_slm.lsp.server import Server
    from python_slm.tasks.generate import Generated

GENERATE = "python-slm/generate"
_TELL_S = 0.04
_DEFAULT_TOKENS = 96


def register(server: Server) -> None:
    """Write functions for those who describe them."""
    server.feature(GENERATE)(generate)


async def generate(ls: Server, params: Any) -> dict[str, Any]:
    """Write it on the worker's thread, where any request for ghost text goes first."""
    from python_slm.tasks.generate import MOST_TOKENS  # noqa: PLC0415 - brings libcst, which initialize need not wait for

    description = getattr(params, "description", None)
    tokens = getattr(params, "maxTokens", _DEFAULT_TOKENS)
    if not isinstance(description, str) or not description.strip():
        raise JsonRpcInvalidParams("description: say in words what the function should do")
    if not isinstance(tokens, int) or isinstance(tokens, bool) or not 1 <= tokens <= MOST_TOKENS:
        raise JsonRpcInvalidParams(f"maxTokens: an integer from 1 to {MOST_TOKENS}")
    begun = time.perf_counter()
    loop = asyncio.get_running_loop()
    tell = partial(_tell, ls, getattr(params, "partialResultToken", None))
    heard = _Sparing(lambda text: loop.call_soon_threadsafe(tell, text))
    job = ls.worker.submit(("generate", id(ls.session)), object(), partial(_work, ls, description, tokens, heard))
    try:
        done = await asyncio.wrap_future(job.future)
    except asyncio.CancelledError:
        job.leave()
        raise
    if done is None:
        raise JsonRpcRequestCancelled("a newer request took its place")
    took = 1000 * (time.perf_counter() - begun)
    return {
        "text": done.text,
        "tokens": done.tokens,
        "milliseconds": took,
        "stopped": _ENDS.get(done.stopped, done.stopped),
        "parses": done.parses,
    }


_ENDS = {"stop": "the function was complete", "length": "the length was reached", "end": "the model had no more to say"}


class _Sparing:
    """Passes on a text now and then, so that a fast model does not flood the client."""

    def __init__(self, tell: Callable[[str], object]) -> None:
        self._tell = tell
        self._last = 0.0

    def __call__(self, text: str) -> None:
        now = time.perf_counter()
        if now - self._last >= _TELL_S:
            self._last = now
            self._tell(text)


def _work(
    ls: Server, description: str, tokens: int, heard: Callable[[str], None], stopped: Callable[[], bool]
) -> Generated:
    from python_slm.errors import ModelMissingError  # noqa: PLC0415
    from python_slm.tasks.generate import generate as write  # noqa: PLC0415

    model = ls.session.model
    if model is None:
        raise ModelMissingError("there is no model to write with; 'slm doctor' says why")
    return write(description, decoder=model.decoder, max_tokens=tokens, heard=heard, cancelled=stopped)


def _tell(ls: Server, token: str | int | None, text: str) -> None:
    if isinstance(token, str | int):
        ls.progress(types.ProgressParams(token, {"text": text}))
