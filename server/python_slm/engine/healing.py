"""Token healing: a prompt that ends inside a token.

``prin`` is tokenized otherwise than the start of ``print(``, so the model would be asked for something it never saw.
The last token is taken back, and the answer must begin with its bytes: any token that begins with them will do, and so
will one that is a part of them, if the rest follows.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class TokenIndex:
    """The vocabulary in byte order, from each id's bytes; ids without bytes (special tokens) never match."""

    def __init__(self, token_bytes: Sequence[bytes]) -> None:
        entries = sorted((data, index) for index, data in enumerate(token_bytes) if data)
        self._bytes = [data for data, _ in entries]
        self._ids = np.array([index for _, index in entries], np.int64)

    def compatible(self, owed: bytes) -> NDArray[np.int64]:
        """Ids of the tokens that begin with ``owed``, or that ``owed`` begins with."""
        start = bisect_left(self._bytes, owed)
        end = start
        while end < len(self._bytes) and self._bytes[end].startswith(owed):
            end += 1
        shorter = [
            position
            for length in range(1, len(owed))
            if (position := bisect_left(self._bytes, owed[:length])) < len(self._bytes)
            and self._bytes[position] == owed[:length]
        ]
        return self._ids[[*shorter, *range(start, end)]]
