"""What has been generated so far, as a value: beams and alternatives share their beginnings freely."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Continuation:
    """Tokens after a prompt.

    ``owed`` are the healed bytes that are still to come; ``data`` are the bytes after them; ``logprobs`` has one value
    for each of ``ids``, conditional on the healed bytes; ``logprob`` is their sum. ``ends`` are how many bytes of
    ``data`` there were after each of ``ids``.
    """

    ids: tuple[int, ...] = ()
    data: bytes = b""
    owed: bytes = b""
    logprob: float = 0.0
    logprobs: tuple[float, ...] = ()
    ends: tuple[int, ...] = ()

    def extended(self, token: int, token_bytes: bytes, logprob: float) -> Continuation:
        """With one more token, which must be compatible with ``owed``."""
        data = self.data + token_bytes[len(self.owed) :]
        return Continuation(
            (*self.ids, token),
            data,
            self.owed[len(token_bytes) :],
            self.logprob + logprob,
            (*self.logprobs, logprob),
            (*self.ends, len(data)),
        )

    @cached_property
    def text(self) -> str:
        """``data`` up to its last whole character; bytes that are not UTF-8 read as U+FFFD."""
        return text_of(self.data)

    @property
    def mean_logprob(self) -> float:
        """``logprob`` a token; 0 for nothing."""
        return self.logprob / max(1, len(self.ids))


def text_of(data: bytes) -> str:
    """The text up to its last whole character; bytes that are not UTF-8 read as U+FFFD."""
    return codecs.getincrementaldecoder("utf-8")("replace").decode(data)
