"""Which tokens the model's KV buffer holds, and how a new prompt uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from python_slm.engine.model import LanguageModel

CHUNK_TOKENS = 256
"""Tokens read between two looks at the clock; smaller chunks make a long prompt slower, larger ones a cancel later."""


class PrefixCache:
    """The ids in the KV buffer. Reading a sequence computes only what follows the longest prefix already there."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self._ids: list[int] = []

    def common(self, ids: Sequence[int]) -> int:
        """How many leading ids need no computation: at most all but one, for the last one's logits are wanted."""
        held = self._ids
        limit = min(len(held), len(ids) - 1)
        if list(ids[:limit]) == held[:limit]:  # every token of an answer comes this way: 3 µs against 20 for the loop
            return limit
        return next(index for index in range(limit) if held[index] != ids[index])

    def logits_after(
        self, ids: Sequence[int], interrupted: Callable[[], bool] = lambda: False
    ) -> NDArray[np.float32] | None:
        """Logits (vocab,) of what follows ``ids``; None when ``interrupted`` became true between two chunks.

        What was read before the interruption stays, so asking again goes on from there.
        """
        rows = self.logits_along(ids, (), interrupted)
        return None if rows is None else np.asarray(rows[0], np.float32)

    def logits_along(
        self, ids: Sequence[int], draft: Sequence[int], interrupted: Callable[[], bool] = lambda: False
    ) -> NDArray[np.float32] | None:
        """Logits (1 + draft, vocab) of what follows ``ids`` and each token of ``draft`` after them, read in one pass.

        None as ``logits_after``.
        """
        past = self.common(ids)
        while True:
            if interrupted():
                return None
            last = len(ids) - past <= CHUNK_TOKENS
            chunk = [*ids[past : past + CHUNK_TOKENS], *(draft if last else ())]
            del self._ids[past:]
            logits = self._read(chunk, past, len(draft) if last else 0)
            self._ids.extend(chunk)
            if last:
                return logits
            past += len(chunk)

    def _read(self, chunk: Sequence[int], past: int, drafted: int) -> NDArray[np.float32]:
        if not drafted:
            return self._model.forward(chunk, past=past)[None]
        return self._model.score(chunk, past=past, positions=range(len(chunk) - drafted - 1, len(chunk)))
