"""The rival: llama.cpp on the same weights, as ``slm export --variant gguf-q8_0`` wrote them."""

from __future__ import annotations

import time
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from python_slm.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


def require_llama() -> None:
    """Raise MissingExtraError, with the command, when llama-cpp-python is not installed."""
    if find_spec("llama_cpp") is None:
        raise MissingExtraError("no comparison with llama.cpp: it is not installed; pip install llama-cpp-python")


def time_llama(
    path: Path, ids: Sequence[int], new_tokens: int, threads: int, *, clock: Callable[[], float] = time.perf_counter
) -> tuple[float, float]:
    """(prefill, decode) seconds: reading ``ids``, then ``new_tokens`` - 1 further greedy steps."""
    import llama_cpp  # noqa: PLC0415 - optional

    model = llama_cpp.Llama(
        str(path), n_ctx=len(ids) + new_tokens, n_batch=256, n_threads=threads, n_threads_batch=threads, verbose=False
    )
    best = (float("inf"), float("inf"))
    for _ in range(3):
        model.reset()
        start = clock()
        model.eval(list(ids))
        token, read = _likeliest(model), clock()
        for _ in range(new_tokens - 1):
            model.eval([token])
            token = _likeliest(model)
        best = min(best, (read - start, clock() - read), key=sum)
    model.close()
    return best


def _likeliest(model: Any) -> int:
    import llama_cpp  # noqa: PLC0415 - optional

    logits = llama_cpp.llama_get_logits_ith(model.ctx, -1)
    return int(np.ctypeslib.as_array(logits, shape=(model.n_vocab(),)).argmax())
