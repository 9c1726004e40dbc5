"""The project's n-grams, kept up with its files: path → tokens, in one index that is replaced and never changed.

Everything here is for one thread; the memories that it hands out may go to others. It holds 16 bytes a token, about
5 MB for a megabyte of source, and as much again for a moment while it changes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from python_slm.engine.ngrams import Ngrams
from python_slm.engine.recall import DEPTH
from python_slm.project.secret import holds_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from python_slm.project.files import ProjectFile
    from python_slm.tokenizer import Tokenizer

_PIECE_CHARACTERS = 32_000
"""Characters tokenized between two looks at ``cancelled``: 15 ms."""
_BATCH_TOKENS = 100_000
"""Tokens gathered before the index is made anew, which costs 20 ms a million tokens."""
_NO_TOKENS = np.empty(0, np.int32)
_TOP_LEVEL = re.compile(r"(?<=\n)(?=\S)")
_LINE_START = re.compile(r"\n(?=\S)")


class ProjectMemory:
    """What the files of a project say, as an index of token ids."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._index = Ngrams.empty(tokenizer.vocab_size)
        self._spans: dict[str, tuple[int, int]] = {}
        self._mtimes: dict[str, int] = {}
        self._pending: dict[str, NDArray[np.int32] | None] = {}
        self._due = False

    def update(self, path: str, text: str) -> None:
        """``path`` says ``text`` now. Of a text that is told again, only the top-level statements that changed cost."""
        parts = [] if holds_key(text) else _TOP_LEVEL.split(text)
        self._put(path, np.concatenate([_NO_TOKENS, *map(self._tokenizer.encode_kept, parts)]))
        self._due = True

    def forget(self, path: str) -> None:
        """``path`` is no part of the project any more."""
        self._drop(path)
        self._due = True

    def _drop(self, path: str) -> None:
        self._mtimes.pop(path, None)
        if path in self._spans:
            self._pending[path] = None
        else:
            self._pending.pop(path, None)

    def refresh(self, files: Iterable[ProjectFile], cancelled: Callable[[], bool]) -> bool:
        """Read those of ``files`` that changed on disk, and forget all others; False when cancelled before the end.

        What was read stays: the next call goes on there, and puts it in the index. Cancelling stops it within 50 ms.
        """
        listed = list(files)
        names = {file.name for file in listed}
        for path in self.paths - names:
            self._drop(path)
        for file in listed:
            if self._mtimes.get(file.name) == file.mtime_ns:
                continue
            if cancelled():
                return False
            text = file.text()
            tokens = _tokens(self._tokenizer, text or "", cancelled)
            if tokens is None:
                return False
            self._put(file.name, tokens)
            self._mtimes[file.name] = file.mtime_ns
        self._settle()
        return True

    def memory(self, without: str = "") -> Ngrams:
        """What is known now, for ``engine.recall``, but for one file: the open one, whose newer text is known better.

        The first call after ``update`` or ``forget`` costs 20 ms a million tokens, others nothing.
        """
        if self._due:
            self._settle()
        return self._index.without(self._spans.get(without, (0, 0)))

    @property
    def paths(self) -> set[str]:
        """The files that it knows."""
        changed = {path: tokens is not None for path, tokens in self._pending.items()}
        return {path for path in (*self._spans, *changed) if changed.get(path, True)}

    @property
    def tokens(self) -> int:
        """Tokens that it knows, those still to be indexed left out."""
        return len(self._index.keys)

    def _put(self, path: str, tokens: NDArray[np.int32]) -> None:
        self._mtimes.pop(path, None)
        self._pending[path] = tokens
        waiting = sum(len(each) for each in self._pending.values() if each is not None)
        if waiting > max(_BATCH_TOKENS, self.tokens // 4):  # so that many files cost no more than a few rounds
            self._settle()

    def _settle(self) -> None:
        """Bring what was put and dropped into the index."""
        self._due = False
        if not self._pending:
            return
        removed = [self._spans.pop(path) for path in self._pending if path in self._spans]
        added = {path: tokens for path, tokens in self._pending.items() if tokens is not None}
        self._index, spans = self._index.changed(list(added.values()), removed)
        self._spans |= zip(added, spans, strict=True)
        self._pending.clear()
        if len(self._index.tokens) > 2 * (self.tokens + 2 * DEPTH * len(self._spans)):
            self._index, spans = self._index.compact(list(self._spans.values()))
            self._spans = dict(zip(self._spans, spans, strict=True))


def _tokens(tokenizer: Tokenizer, text: str, cancelled: Callable[[], bool]) -> NDArray[np.int32] | None:
    """Token ids (tokens,) int32, in pieces that begin with unindented lines; None when cancelled.

    A text with a private key in it is none to learn from.
    """
    ids: list[int] = []
    text = "" if holds_key(text) else text
    start = 0
    while start < len(text):
        if cancelled():
            return None
        cut = _LINE_START.search(text, start + _PIECE_CHARACTERS)
        end = cut.end() if cut else len(text)
        ids += tokenizer.encode(text[start:end])
        start = end
    return np.array(ids, np.int32)
