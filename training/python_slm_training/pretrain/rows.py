"""Training rows: row ``i`` is a pure function of (shards, seed, i), so a resumed run sees exactly the same data.

Documents lie in a seeded order of each epoch, one after the other; a row reads a window of that line, cut at document
ends into pieces, and each piece is told left to right or with a hidden middle. No piece crosses a row. Windows are
read in a seeded order of their own: in order, one batch would hold two or three documents, and the model unlearns
between batches (seen: losses of neighbouring batches 4.7 and 7.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from python_slm.prompt import END_OF_TEXT, plain_ids, psm_ids, spm_ids
from python_slm.tokenizer import Tokenizer
from python_slm_training.pretrain.spans import choose_span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.random import Generator
    from numpy.typing import NDArray

    from python_slm_training.tokenize.shards import Shards

IGNORED = -100
"""Label of a position without a target, as torch's cross entropy spells it."""

_SPECIALS = 4  # most special tokens in one example: prefix, suffix, middle, end
_SEAM = 4  # most ids that cutting a piece at two places adds when it is encoded again
_SHORTEST = 16  # ids; a smaller piece teaches nothing
_LONGEST_PATH = 24  # ids


class Piece(NamedTuple):
    """Ids ``start:stop`` of a document."""

    document: int
    start: int
    stop: int


class Row(NamedTuple):
    """Ids and the ids to predict from them, both (context_length,) int64; labels are already shifted."""

    ids: NDArray[np.int64]
    labels: NDArray[np.int64]


class Plan:
    """Which pieces of which documents a window holds: documents in a seeded order, anew in each epoch."""

    def __init__(self, lengths: NDArray[np.int64], *, seed: int) -> None:
        self._lengths, self._seed = lengths, seed
        self.tokens = int(lengths.sum())
        """Tokens in one epoch."""

    def pieces(self, start: int, length: int) -> Iterator[Piece]:
        """Pieces that cover ``length`` tokens of the endless line of epochs, from ``start`` on."""
        while length > 0:
            epoch, offset = divmod(start, self.tokens)
            order, ends = self._epoch(epoch)
            place = int(np.searchsorted(ends, offset, "right"))
            document = int(order[place])
            size = int(self._lengths[document])
            begin = offset - (int(ends[place]) - size)
            taken = min(length, size - begin)
            yield Piece(document, begin, begin + taken)
            start, length = start + taken, length - taken

    def _epoch(self, epoch: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Documents in order and where each ends on the epoch's line."""
        if epoch not in self._epochs:
            self._epochs.clear()
            order = np.random.default_rng([self._seed, epoch]).permutation(len(self._lengths))
            self._epochs[epoch] = order, np.cumsum(self._lengths[order])
        return self._epochs[epoch]

    @cached_property
    def _epochs(self) -> dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]]:
        return {}


@dataclass(frozen=True)
class RowOptions:
    """How pieces become rows; see ``pretrain.config.Config``."""

    context_length: int
    fim_rate: float
    spm_share: float
    line_share: float
    path_rate: float
    seed: int


class Rows:
    """A map-style dataset without an end: ``rows[i]`` for any i ≥ 0. Picklable, for worker processes."""

    def __init__(self, shards: Shards, options: RowOptions) -> None:
        self._shards, self._options = shards, options
        self._plan = Plan(np.diff(shards.index.starts), seed=options.seed)

    def __getstate__(self) -> dict[str, Any]:
        """Without what each process makes for itself."""
        return {name: self.__dict__[name] for name in ("_shards", "_options", "_plan")}

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return Tokenizer.from_file(self._shards.folder / "tokenizer.json")

    @property
    def rows_per_epoch(self) -> int:
        """Rows after which every document has been read once."""
        return self._plan.tokens // self._stride

    @property
    def _stride(self) -> int:
        return self._options.context_length - _SPECIALS - _SEAM

    def __getitem__(self, number: int) -> Row:
        """Row ``number``, always the same."""
        options = self._options
        rng = np.random.default_rng([options.seed, 1, number])
        length = options.context_length + 1
        ids: list[int] = []
        for piece in self._plan.pieces(self._window(number) * self._stride, self._stride):
            room = length - len(ids)
            if room < _SHORTEST:
                break
            ids += self._example(piece, room, rng)
        return self._padded(ids, length)

    def _window(self, number: int) -> int:
        """Which window of the endless line row ``number`` reads: each of an epoch's windows once."""
        epoch, place = divmod(number, max(1, self.rows_per_epoch))
        if epoch not in self._orders:
            self._orders.clear()
            rng = np.random.default_rng([self._options.seed, 2, epoch])
            self._orders[epoch] = rng.permutation(max(1, self.rows_per_epoch))
        return epoch * max(1, self.rows_per_epoch) + int(self._orders[epoch][place])

    @cached_property
    def _orders(self) -> dict[int, NDArray[np.int64]]:
        return {}

    def _example(self, piece: Piece, room: int, rng: Generator) -> list[int]:
        """At most ``room`` ids that tell a piece, or nothing where it is too small."""
        infill, headed = rng.random() < self._options.fim_rate, rng.random() < self._options.path_rate
        path = self._path(piece.document) if headed else ""
        header = len(self._tokenizer.encode(path)) + 2 if path else 0
        budget = room - header - _SPECIALS - _SEAM
        stop = min(piece.stop, piece.start + budget)
        if stop - piece.start < _SHORTEST:
            return []
        text = self._text(Piece(piece.document, piece.start, stop))
        if infill and text:
            ids = self._infilled(text, path, rng)
            if len(ids) <= room:
                return ids
        ids = plain_ids(self._tokenizer, text, path=path)
        if stop < self._size(piece.document):
            ids.pop()  # the document goes on: it did not end here
        return ids[:room]

    def _infilled(self, text: str, path: str, rng: Generator) -> list[int]:
        start, end = choose_span(text, rng, line_share=self._options.line_share)
        make = spm_ids if rng.random() < self._options.spm_share else psm_ids
        return make(self._tokenizer, text[:start], text[end:], text[start:end], path=path)

    def _text(self, piece: Piece) -> str:
        """The piece's text, without the characters that its ends cut in two."""
        ids = self._shards.tokens(piece.document, piece.start, piece.stop).tolist()
        return self._tokenizer.decode_bytes(ids).decode("utf-8", "ignore")

    def _path(self, document: int) -> str:
        path = self._shards.index.path(document)
        return path if len(self._tokenizer.encode(path)) <= _LONGEST_PATH else ""

    def _size(self, document: int) -> int:
        return int(self._shards.index.starts[document + 1] - self._shards.index.starts[document])

    def _padded(self, ids: list[int], length: int) -> Row:
        end = self._tokenizer.special(END_OF_TEXT)
        row = np.full(length, end, np.int64)
        row[: len(ids)] = ids
        labels = row[1:].copy()
        labels[max(0, len(ids) - 1) :] = IGNORED
        return Row(row[:-1], labels)
