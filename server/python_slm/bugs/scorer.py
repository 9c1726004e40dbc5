"""How likely the model finds a function as it is, and rewritten: one pass for all, one more for each of a few.

The screen costs nothing: at the first token by which a rewrite differs, the logits of the pass over the original say
how likely both are. What promises something is read to its end, with the prefix that it shares kept in the cache. What
the rest of the file says after the same tokens (``engine.recall``) is mixed in as a second opinion.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from python_slm import prompt
from python_slm.engine.recall import NOTHING, Recall

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from python_slm.engine.decode import Decoder

_HEADER_TOKENS = 32
_BEFORE_TOKENS = 48
"""Read ahead of the function: the lines above it, mostly its class or the end of its neighbour."""
_NEAR_TOKENS = 16
"""Behind a rewrite; what is farther away says more about the function than about the rewrite."""
_MOST_TAIL = 128
"""Tokens of a rewritten rest that are read."""
_BACK = (0, 1, 2, 4, 8, 16, 32)
_AHEAD = 2
_MOST_WINDOWS = 6


@dataclass(frozen=True)
class Change:
    """A rewrite in tokens: ``alternative`` in place of ``first:last`` of the text's; they differ from ``at`` on."""

    first: int
    last: int
    alternative: tuple[int, ...]
    at: int


@dataclass(eq=False)
class Window:
    """Tokens ``start:stop`` of a text as they were read behind ``header``; ``logits`` (stop - start, vocab)."""

    header: list[int]
    start: int
    stop: int
    logits: NDArray[np.float32]
    totals: NDArray[np.float32]
    """Logarithms of the sums that make probabilities of the logits, (stop - start,)."""


@dataclass(eq=False)
class Reading:
    """A text that the model has read. Offsets are bytes."""

    data: bytes
    ids: list[int]
    ends: NDArray[np.int64]
    windows: list[Window]
    recall: Recall
    _mixed: dict[int, NDArray[np.float32]] = field(default_factory=dict)

    def window(self, token: int) -> Window | None:
        """The one that has most before a token, and reads it."""
        inside = [each for each in self.windows if each.start <= token < each.stop]
        return (
            inside[-1]
            if inside and (inside[-1].start == 0 or token - inside[-1].start >= _NEAR_TOKENS)
            else (inside[0] if inside else None)
        )

    def row(self, window: Window, token: int) -> NDArray[np.float32]:
        """Log probabilities (vocab,) of what could stand in a token's place."""
        place = token - window.start
        found: NDArray[np.float32] = window.logits[place] - window.totals[place]
        return found

    def mixed(self, window: Window, token: int) -> NDArray[np.float32]:
        """The same with what the file says."""
        if token not in self._mixed:
            before = [*window.header, *self.ids[window.start : token]]
            self._mixed[token] = self.recall.mixed(self.row(window, token), before)
        return self._mixed[token]


class Scorer:
    """Reads with a decoder, whose cache it shares: what a completion has read is read again after this."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._tokenizer = decoder.model.tokenizer
        self._lengths = np.array([len(each) for each in self._tokenizer.token_bytes], np.int64)

    def encode(self, text: str) -> list[int]:
        """Tokens of a text."""
        return self._tokenizer.encode(text)

    def read(
        self,
        text: str,
        *,
        before: str,
        path: str,
        rest: Sequence[Sequence[int]],
        cancelled: Callable[[], bool],
    ) -> Reading | None:
        """Read a function. ``before`` stands above it, ``rest`` is the rest of the file, in tokens. None: cancelled."""
        ids = self.encode(text)
        recall = Recall(_memory(rest))
        found = Reading(
            text.encode("utf-8", "replace"),
            ids,
            np.cumsum(self._lengths[ids]),
            [],
            recall,
        )
        named = [
            *prompt.begin_ids(self._tokenizer),
            *prompt.file_ids(self._tokenizer, path),
        ][:_HEADER_TOKENS]
        named = named or [prompt.end_id(self._tokenizer)]
        above = self.encode(before)[-_BEFORE_TOKENS:] if before else []
        room = self._decoder.model.capacity - len(named)
        start = 0
        while start < len(ids) and len(found.windows) < _MOST_WINDOWS:
            header = [
                *named,
                *(above if start == 0 and len(ids) + len(above) <= room else []),
            ]
            stop = min(len(ids), start + self._decoder.model.capacity - len(header))
            sequence = [*header, *ids[start:stop]]
            logits = self._decoder.along(sequence, len(header), cancelled)
            if logits is None:
                return None
            found.windows.append(Window(header, start, stop, logits, _totals(logits)))
            if stop == len(ids):
                break
            start += room // 2
        return found

    def change(self, reading: Reading, start: int, end: int, text: str) -> Change | None:
        """What a rewrite of the bytes ``start:end`` is in tokens; None where it changes none."""
        starts = reading.ends - self._lengths[reading.ids]
        token = min(
            int(np.searchsorted(reading.ends, start, side="right")),
            len(reading.ids) - 1,
        )
        last = min(int(np.searchsorted(starts, end, side="left")) + _AHEAD, len(reading.ids))
        for back in _BACK:
            first = max(0, token - back)
            low, high = int(starts[first]), int(reading.ends[last - 1])
            if self._tokenizer.encode_bytes(reading.data[low:high]) == reading.ids[first:last]:
                new = reading.data[low:start] + text.encode() + reading.data[end:high]
                alternative = self._tokenizer.encode_bytes(new)
                return _change(reading.ids, first, last, alternative)
            if not first:
                break
        whole = self._tokenizer.encode_bytes(reading.data[:start] + text.encode() + reading.data[end:])
        return _change(reading.ids, 0, len(reading.ids), whole)

    def screen(self, reading: Reading, change: Change) -> dict[str, float]:
        """What the pass over the original says of the first token that differs; nothing where it was not read."""
        window = reading.window(change.at)
        if window is None:
            return {}
        was = reading.ids[change.at]
        becomes = change.alternative[change.at - change.first]
        row, mixed = reading.row(window, change.at), reading.mixed(window, change.at)
        chances = np.exp(row)
        return {
            "screen": float(row[becomes] - row[was]),
            "screen_mixed": float(mixed[becomes] - mixed[was]),
            "surprise": float(-row[was]),
            "surprise_mixed": float(-mixed[was]),
            "chance": float(mixed[becomes]),
            "entropy": float(-(chances * row).sum()),
        }

    def rescore(self, reading: Reading, change: Change, cancelled: Callable[[], bool]) -> dict[str, float] | None:
        """Log probability of the rewritten rest minus that of the rest as it is; None: cancelled."""
        window = reading.window(change.at)
        if window is None:
            return {}
        offset = change.at - change.first
        tail = [*change.alternative[offset:], *reading.ids[change.last : window.stop]]
        head = [*window.header, *reading.ids[window.start : change.at]]
        tail = tail[: min(_MOST_TAIL, self._decoder.model.capacity - len(head))]
        logits = self._decoder.along([*head, *tail], len(head), cancelled)
        if logits is None:
            return None
        rows = logits - _totals(logits)[:, None]
        then = rows[np.arange(len(tail)), tail]
        kept = len(tail) - (len(change.alternative) - offset)
        old = np.array(reading.ids[change.at : min(change.last + max(kept, 0), window.stop)])
        places = np.arange(len(old)) + change.at - window.start
        was = window.logits[places, old] - window.totals[places]
        ours = min(len(tail), len(change.alternative) - offset + _NEAR_TOKENS)
        theirs = min(len(old), change.last - change.at + _NEAR_TOKENS)
        mixed_was = sum(float(reading.mixed(window, change.at + k)[old[k]]) for k in range(theirs))
        mixed_then = sum(float(reading.recall.mixed(rows[k], [*head, *tail[:k]])[tail[k]]) for k in range(ours))
        return {
            "whole": float(then.sum() - was.sum()),
            "near": float(then[:ours].sum() - was[:theirs].sum()),
            "behind": float(then[1:].sum() - was[1:].sum()),
            "near_mixed": mixed_then - mixed_was,
            "score_was": float(was[:theirs].sum()),
            "score_then": float(then[:ours].sum()),
            "longer": float(len(change.alternative) - (change.last - change.first)),
        }


def _change(ids: Sequence[int], first: int, last: int, alternative: Sequence[int]) -> Change | None:
    for place, (one, other) in enumerate(zip(ids[first:last], alternative, strict=False)):
        if one != other:
            return Change(first, last, tuple(alternative), first + place)
    return None


def _totals(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    highest = logits.max(axis=1)
    found: NDArray[np.float32] = np.log(np.exp(logits - highest[:, None]).sum(axis=1)) + highest
    return found


def _memory(rest: Sequence[Sequence[int]]) -> NDArray[np.int32]:
    parts: list[NDArray[np.int32]] = []
    for ids in rest:
        parts += [np.array(ids, np.int32), np.array([NOTHING], np.int32)]
    return np.concatenate(parts) if parts else np.empty(0, np.int32)
