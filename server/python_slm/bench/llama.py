"""The rival: llama.cpp on the same weights, as ``slm export --variant gguf-q8_0`` wrote them."""

from __future__ import annotations

import statistics
import time
from contextlib import closing
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from python_slm.bench.decode import TYPED_TOKENS, Times, retyped
from python_slm.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path


def opened(path: Path, capacity: int, threads: int, *, flash: bool) -> AbstractContextManager[LlamaCpp]:
    """llama.cpp with a model, closed at the end. Raises MissingExtraError, with the command, when it is not there.

    With ``flash`` attention it reads a prompt faster, without it it writes faster.
    """
    if find_spec("llama_cpp") is None:
        raise MissingExtraError("no comparison with llama.cpp: it is not installed; pip install llama-cpp-python")
    return closing(LlamaCpp(path, capacity, threads, flash=flash))


class LlamaCpp:
    """An engine for ``bench.decode``, with llama.cpp's usual batches."""

    def __init__(
        self, path: Path, capacity: int, threads: int, *, flash: bool, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        import llama_cpp  # noqa: PLC0415 - optional

        self._model = llama_cpp.Llama(
            str(path), n_ctx=capacity, n_threads=threads, n_threads_batch=threads, flash_attn=flash, verbose=False
        )
        self._row: Callable[[], Any] = lambda: llama_cpp.llama_get_logits_ith(self._model.ctx, -1)
        self._clock = clock

    def time(self, ids: Sequence[int], new_tokens: int) -> Times:
        """See ``bench.decode.Engine``."""
        model, times = self._model, [self._clock()]
        model.reset()
        model.eval(list(ids))
        token = self._likeliest()
        times.append(self._clock())
        for _ in range(new_tokens - 1):
            model.eval([token])
            token = self._likeliest()
            times.append(self._clock())
        model.n_tokens = len(ids) - TYPED_TOKENS
        model.eval(retyped(ids)[-TYPED_TOKENS:])
        self._likeliest()
        times.append(self._clock())
        read, *steps, reread = np.diff(times).tolist()
        return Times(read, reread, statistics.median(steps))

    def close(self) -> None:
        """Give its memory back."""
        self._model.close()

    def _likeliest(self) -> int:
        return int(np.ctypeslib.as_array(self._row(), shape=(self._model.n_vocab(),)).argmax())
