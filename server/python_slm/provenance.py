"""Where a text was copied from: a compact index of the training corpus ('slm data index'), asked about suggestions.

A text is read as Python's words and signs; blanks, line ends and indentation do not count, and neighbours that are
equal count once. The corpus is one long sequence of such tokens, every file beginning at a multiple of ``ALIGNMENT``.
Kept are

* of every ``run_tokens`` tokens in a row at least one gram of ``gram_tokens``, by its hash: where it stands;
* of every two tokens (four where long runs are looked for) one bit, by which a run is followed to both sides.

So every run of at least ``run_tokens`` tokens is found, and what is found is that long: a text that has only the gram
in common would have to guess all the bits beyond it. A length may be a few tokens too long for the same reason. Grams
that stand in several projects are nobody's and are left out; a run of nothing else is no finding.

The file is a header (JSON), then arrays that are mapped into memory, not read::

    cumulative  (buckets / 32 + 1,) uint32    grams before each 32nd bucket
    counts      (buckets,) uint8              grams in a bucket
    entries     packed, one a gram            position / ALIGNMENT, then ``fingerprint_bits`` of the hash
    checks      packed, one bit for ``check_tokens`` tokens
    files       zlib of JSON: where each file starts, its project, path, revision and licence
"""

from __future__ import annotations

import json
import re
import struct
import zlib
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from python_slm.errors import ProvenanceError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

PROVENANCE = "provenance.bin"
"""The index's name in a model folder."""
FORMAT = 1
MAGIC = b"SLMPROV\n"
ALIGNMENT = 4
STRIDE = 32
"""Buckets a cumulative count."""

_TOKEN = re.compile(r"\w+|[^\w\s]")
_WORD = re.compile(r"\w")
_BASE = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_CONTEXT_CHARACTERS = (800, 8000)
"""How far before a suggestion a copy is looked for, and how far where blanks are all there is nearby."""
_MOST_CHECKS = 128
"""How far a run is followed to each side, in bits."""
_OWN_CHECKS = 5
"""Bits that a run goes on for in the suggestion: new code behind a copy is taken for its continuation once in 16."""


@dataclass(frozen=True)
class Copy:
    """A run of at least ``tokens`` Python tokens that stands in the corpus; ``suggested`` of them are the suggestion's.

    ``licence`` is an SPDX expression, ``revision`` what the project's version control or packager calls it.
    """

    tokens: int
    suggested: int
    project: str
    path: str
    revision: str
    licence: str

    @property
    def summary(self) -> str:
        """One line for a person."""
        return (
            f"{self.tokens} Python tokens as in {self.project}, {self.path} ({self.licence or 'licence unknown'}"
            f"{f', {self.revision[:12]}' if self.revision else ''})"
        )


def token_hashes(text: str) -> NDArray[np.uint32]:
    """A hash of each token of a text; of equal neighbours only the first."""
    return _unrepeated([_hash(token) for token in _TOKEN.findall(text)])


def token_ends(text: str) -> NDArray[np.int64]:
    """The offset behind each token that ``token_hashes`` reads; equal neighbours end with the last of them."""
    matches = list(_TOKEN.finditer(text))
    following = [match[0] for match in matches[1:]]
    return np.array([one.end() for one, after in zip_longest(matches, following) if one[0] != after], np.int64)


def _hash(token: str) -> int:
    return zlib.crc32(token.encode("utf-8", "surrogatepass"))


def _unrepeated(hashes: list[int]) -> NDArray[np.uint32]:
    found = np.array(hashes, np.uint32)
    return found[np.concatenate([[True], found[1:] != found[:-1]])] if len(found) else found


def mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Every bit of every value depends on all its bits (splitmix64's finaliser)."""
    values = (values ^ (values >> np.uint64(30))) * _MIX[0]
    values = (values ^ (values >> np.uint64(27))) * _MIX[1]
    return values ^ (values >> np.uint64(31))


def gram_hashes(tokens: NDArray[np.uint32], length: int) -> NDArray[np.uint64]:
    """(tokens − length + 1,): a hash of each run of ``length`` tokens."""
    count = max(0, len(tokens) - length + 1)
    spread = mixed(tokens.astype(np.uint64) + _BASE)
    found = np.zeros(count, np.uint64)
    for place in range(length):
        found = found * _BASE + spread[place : place + count]
    return mixed(found)


def check_bits(tokens: NDArray[np.uint32], length: int) -> NDArray[np.uint8]:
    """(tokens − length + 1,): one bit of a hash of each run of ``length`` tokens."""
    return (gram_hashes(tokens, length) >> np.uint64(63)).astype(np.uint8)


def buckets_of(hashes: NDArray[np.uint64], buckets: int) -> NDArray[np.int64]:
    """The bucket of each hash, by its upper half."""
    return ((hashes >> np.uint64(32)) * np.uint64(buckets) >> np.uint64(32)).astype(np.int64)


class CorpusIndex:
    """An index file, mapped. The names of files are read when there is something to name."""

    def __init__(self, header: Mapping[str, Any], data: NDArray[np.uint8]) -> None:
        self.header = header
        self._data = data
        self._run, self._gram = int(header["run_tokens"]), int(header["gram_tokens"])
        self._checked = int(header["check_tokens"])
        self._position_bits, self._fingerprint_bits = int(header["position_bits"]), int(header["fingerprint_bits"])
        self._cumulative = self._section("cumulative").view("<u4")
        self._counts = self._section("counts")
        self._entries = self._section("entries")
        self._checks = self._section("checks")

    @classmethod
    def open(cls, path: Path) -> Self:
        """Map a file. Raises ProvenanceError when it is missing, damaged or of another version."""
        try:
            return cls(_header(path), np.memmap(path, np.uint8, "r"))
        except (OSError, ValueError, KeyError, struct.error) as error:
            raise ProvenanceError(
                f"{path}: not an index of a corpus ({error}); make it with 'slm data index'"
            ) from error

    @property
    def own_tokens(self) -> int:
        """How many tokens of a copy the suggestion must have: fewer would be guessed too often behind copied text."""
        return _OWN_CHECKS * self._checked

    def summary(self) -> dict[str, Any]:
        """For a manifest: what is indexed, and from which length on a copy is found for certain."""
        names = ("projects", "files", "tokens", "grams", "corpus_bytes")
        return {"guaranteed_tokens": self._run, **{name: self.header[name] for name in names}}

    def find(self, before: str, suggestion: str) -> Copy | None:
        """The longest copy that ``suggestion`` has a part in when it stands behind the text ``before``; else None."""
        if len(_TOKEN.findall(suggestion)) < self.own_tokens:  # most suggestions are a line, and a line is too short
            return None
        tokens, first = self._read(before, suggestion)
        begin = max(0, first - self._run + 1)
        if len(tokens) - begin < self._run or first == len(tokens):
            return None
        where, positions = self._candidates(gram_hashes(tokens[begin:], self._gram))
        if not len(where):
            return None
        return self._longest(tokens, first, where + begin, positions)

    def _read(self, before: str, suggestion: str) -> tuple[NDArray[np.uint32], int]:
        """(tokens of both, the last of ``before`` only; number of the first that the suggestion has part in)."""
        for characters in _CONTEXT_CHARACTERS:
            context, inserted = before[-characters:], suggestion
            if _WORD.match(suggestion):
                begun = len(context)
                while begun and _WORD.match(context, begun - 1):
                    begun -= 1
                context, inserted = context[:begun], context[begun:] + suggestion
            tokens = token_hashes(context)
            if len(tokens) >= self._run:
                break
        return np.concatenate([tokens, token_hashes(inserted)]), len(tokens)

    def _candidates(self, hashes: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(places among ``hashes``, positions in the corpus) of grams whose bucket and fingerprint agree."""
        buckets = buckets_of(hashes, len(self._counts))
        block, inside = np.divmod(buckets, STRIDE)
        rows = self._counts[np.minimum(block[:, None] * STRIDE + np.arange(STRIDE), len(self._counts) - 1)]
        starts = self._cumulative[block] + np.where(np.arange(STRIDE) < inside[:, None], rows, 0).sum(1)
        counts = self._counts[buckets].astype(np.int64)
        where = np.repeat(np.arange(len(hashes)), counts)
        within = np.arange(len(where)) - np.repeat(np.cumsum(counts) - counts, counts)
        values = self._unpack(np.repeat(starts.astype(np.int64), counts) + within)
        bits = self._fingerprint_bits
        agree = (values & ((1 << bits) - 1)) == (hashes[where] & np.uint64((1 << bits) - 1)).astype(np.int64)
        return where[agree], (values[agree] >> bits) * ALIGNMENT

    def _longest(
        self, tokens: NDArray[np.uint32], first: int, where: NDArray[np.int64], positions: NDArray[np.int64]
    ) -> Copy | None:
        """Follow each candidate to both sides, bit by bit, and keep the longest that reaches the suggestion."""
        size = self._checked
        bits = check_bits(tokens, size)
        steps = np.arange(_MOST_CHECKS)
        ahead = size * self._agreeing(bits, where[:, None] + size * steps, positions[:, None] // size + steps)
        behind = size * self._agreeing(
            bits, where[:, None] - size * (steps + 1), positions[:, None] // size - steps - 1
        )
        starts, ends = where - behind, where + ahead
        least = (self._run - size + 1) // size * size  # what is whole of it: tokens at either end may have no bit
        own = ends - np.maximum(starts, first)
        enough = (ends - starts >= least) & (own >= self.own_tokens) & (ahead >= self._gram)
        best: Copy | None = None
        for index in np.flatnonzero(enough)[np.argsort((starts - ends)[enough], kind="stable")]:
            number, low, high = self._file_at(int(positions[index]))
            start = max(int(starts[index]), int(where[index]) - (int(positions[index]) - low))
            end = min(int(ends[index]), int(where[index]) + high - int(positions[index]))
            long = end - start >= least and end - max(start, first) >= self.own_tokens
            if long and (best is None or end - start > best.tokens):
                best = Copy(end - start, end - max(start, first), **self._named(number))
        return best

    def _agreeing(
        self, bits: NDArray[np.uint8], places: NDArray[np.int64], numbers: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """How many bits in a row agree, for each row of places in the text and of numbers among the corpus's bits."""
        inside = (places >= 0) & (places < len(bits)) & (numbers >= 0) & (numbers < 8 * len(self._checks))
        numbers = np.where(inside, numbers, 0)
        kept = self._checks[numbers >> 3] >> (numbers & 7).astype(np.uint8) & 1
        equal = inside & (kept == bits[np.where(inside, places, 0)])
        found: NDArray[np.int64] = np.where(equal.all(1), equal.shape[1], np.argmin(equal, 1))
        return found

    def _unpack(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        width = self._position_bits + self._fingerprint_bits
        first = numbers * width
        octets = self._entries[(first >> 3)[:, None] + np.arange(8)].astype(np.uint64)
        words = (octets << (8 * np.arange(8, dtype=np.uint64))).sum(1, dtype=np.uint64)
        values: NDArray[np.uint64] = (words >> (first & 7).astype(np.uint64)) & np.uint64((1 << width) - 1)
        return values.astype(np.int64)

    def _file_at(self, position: int) -> tuple[int, int, int]:
        """(number, first position, end) of the file that a position lies in."""
        number = int(np.searchsorted(self._starts, position, "right")) - 1
        return number, int(self._starts[number]), int(self._starts[number + 1])

    def _named(self, number: int) -> dict[str, str]:
        files = self._files
        project, revision, licence = files["origins"][files["origin"][number]]
        return {"project": project, "path": files["paths"][number], "revision": revision, "licence": licence}

    @cached_property
    def _files(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(zlib.decompress(self._section("files").tobytes()))
        return found

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        """First position of each file, and the end of the last."""
        sizes = np.array([0, *self._files["sizes"]], np.int64)
        return np.cumsum(-(-sizes // ALIGNMENT) * ALIGNMENT)

    def _section(self, name: str) -> NDArray[np.uint8]:
        start, size = self.header["sections"][name]
        if start + size > len(self._data):
            raise ValueError(f"{name} ends behind the file's end")
        return self._data[start : start + size]


def _header(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        magic, size = struct.unpack("<8sI", file.read(12))
        header: dict[str, Any] = json.loads(file.read(size)) if magic == MAGIC else {}
        length = file.seek(0, 2)
    if header.get("format") != FORMAT or length != header["bytes"]:
        raise ValueError(f"format {header.get('format')}, {length} bytes")
    return header
