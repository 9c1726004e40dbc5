"""Token healing: a prompt that ends inside a token.

``prin`` is tokenized otherwise than the start of ``print(``, so the model would be asked for something it never saw.
The tokens of the unfinished word are taken back, and the answer must begin with their bytes: any token that begins with
them will do, and so will one that is a part of them, if the rest follows.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


_MOST_TOKENS = 4
"""Longest unfinished word that is taken back; longer ones are rare, and every byte owed narrows the choice."""


def unfinished(prompt: Sequence[int], token_bytes: Sequence[bytes]) -> int:
    """How many tokens at the end of ``prompt`` spell a word that may go on: at least the last, if it has bytes.

    Letters that follow letters belong to one word, as in the tokenizer's pattern. The first token always stays.
    """
    count = 0
    while count < min(_MOST_TOKENS, len(prompt) - 1):
        data = token_bytes[prompt[-1 - count]]
        if not data or (count and not _ends_in_letter(data)):
            break
        count += 1
        if not _is_letter(data[0]):
            break
    return count


def _is_letter(byte: int) -> bool:
    return byte >= 0x80 or chr(byte).isalpha()  # noqa: PLR2004 - a part of a character beyond ASCII


def _ends_in_letter(data: bytes) -> bool:
    return _is_letter(data[-1])


class TokenIndex:
    """The vocabulary in byte order, from each id's bytes; ids without bytes (special tokens) never match."""

    def __init__(self, token_bytes: Sequence[bytes]) -> None:
        entries = sorted((data, index) for index, data in enumerate(token_bytes) if data)
        self._bytes = [data for data, _ in entries]
        self._ids = np.array([index for _, index in entries], np.int64)

    def compatible(self, owed: bytes) -> NDArray[np.int64]:
        """Ids of the tokens that begin with ``owed``, or that ``owed`` begins with."""
        start, end = bisect_left(self._bytes, owed), bisect_left(self._bytes, _after(owed))
        shorter = [
            position
            for length in range(1, len(owed))
            if (position := bisect_left(self._bytes, owed[:length])) < len(self._bytes)
            and self._bytes[position] == owed[:length]
        ]
        return np.concatenate([self._ids[np.array(shorter, np.int64)], self._ids[start:end]])


def _after(beginning: bytes) -> bytes:
    """The first byte string behind all that begin so; no token has more than 255 times 0xff."""
    kept = beginning.rstrip(b"\xff")
    return kept[:-1] + bytes([kept[-1] + 1]) if kept else b"\xff" * 256
