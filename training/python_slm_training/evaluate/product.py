"""A model under test: as the language server uses it, as a bare text engine, and as a judge of given text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from python_slm import prompt
from python_slm.engine.decode import GenerationConfig
from python_slm.project.surroundings import NOTHING_KNOWN
from python_slm.settings import CompletionSettings, ContextSettings
from python_slm.syntax.blocks import BlockIndex
from python_slm.tasks.complete import complete
from python_slm.text import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from python_slm.checks.base import Check
    from python_slm.engine.decode import Decoder
    from python_slm.tasks.complete import Completion
    from python_slm.tokenizer import Tokenizer
    from python_slm_training.evaluate.neighbours import Neighbours
    from python_slm_training.evaluate.sources import SourceFile


SETTINGS = replace(CompletionSettings(), deadline_ms=10_000)
"""A user's defaults, but for the deadline: quality must not depend on what else the machine does. Answers later than
the default deadline are counted apart."""
_HEADER_TOKENS = 64
_CHUNK = 256


class Product:
    """Completes as the language server does, which knows the file's project and keeps its block index."""

    def __init__(
        self,
        decoder: Decoder,
        settings: CompletionSettings = SETTINGS,
        *,
        show: Check | None = None,
        neighbours: Neighbours | None = None,
        sources: ContextSettings = ContextSettings(),  # noqa: B008 - immutable
    ) -> None:
        self._sources = sources
        self._decoder = decoder
        self._neighbours = neighbours
        self._settings = settings
        self._show = show
        self._file: SourceFile | None = None
        self._blocks: BlockIndex | None = None

    def __call__(self, file: SourceFile, text: str, offset: int) -> list[str]:
        """Texts to insert at ``offset``, best first, as ``completers.Completer`` says."""
        found = self.completions(file, text, offset)
        edits = [(text[one.start : offset], text[offset : one.end], one.text) for one in found]
        return [
            new[len(before) : len(new) - len(after)]
            for before, after, new in edits
            if new.startswith(before) and new.endswith(after)
        ]

    def completions(self, file: SourceFile, text: str, offset: int) -> Sequence[Completion]:
        """The suggestions at ``offset`` as the server has them, with the edits that belong to them."""
        known = self._blocks if file is self._file else None
        self._file, self._blocks = file, known.updated(text) if known else BlockIndex.of(text)
        return complete(
            Document(f"file:///{file.path}", text),
            offset,
            decoder=self._decoder,
            settings=self._settings,
            cancelled=lambda: False,
            path=file.path,
            blocks=self._blocks,
            count=self._settings.suggestions,
            surroundings=self._neighbours.of(file, text, offset) if self._neighbours else NOTHING_KNOWN,
            show=self._show,
            sources=self._sources,
        ).completions


class Writer:
    """The engine alone: greedy, no post-processing but the caller's cut."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._tokenizer = decoder.model.tokenizer

    def fill(self, prefix: str, suffix: str, *, path: str, most: int, stop: Callable[[str], int | None]) -> str:
        """The middle, at most ``most`` tokens; context that does not fit loses the text farthest from the gap."""
        ids = prompt.complete_ids(self._tokenizer, prefix, suffix, path=path)
        while len(ids) > self._decoder.model.capacity - most:
            suffix = suffix[: len(suffix) * 3 // 4]
            prefix = prefix[len(prefix) // 4 :]
            ids = prompt.complete_ids(self._tokenizer, prefix, suffix, path=path)
        return self._generate(ids, most, stop)

    def go_on(self, text: str, *, path: str, most: int, stop: Callable[[str], int | None]) -> str:
        """What follows ``text``, read left to right, at most ``most`` tokens; text that does not fit loses its start.

        A quarter of the model's context is kept for the answer, more where the text is short.
        """
        capacity = self._decoder.model.capacity
        header = [*prompt.begin_ids(self._tokenizer), *prompt.file_ids(self._tokenizer, path)]
        kept = min(most, capacity // 4)
        ids = [*header, *self._tokenizer.encode(text)[-(capacity - kept - len(header)) :]]
        return self._generate(ids, min(most, capacity - len(ids)), stop)

    def answer(self, task: str, source: str, *, path: str, most: int) -> str:
        """The answer to a task of ``prompt.TASKS``; a source that does not fit loses its end."""
        ids = prompt.task_ids(self._tokenizer, task, source, path=path)
        while len(ids) > self._decoder.model.capacity - most:
            source = source[: len(source) * 7 // 8]
            ids = prompt.task_ids(self._tokenizer, task, source, path=path)
        return self._generate(ids, most, lambda _: None, heal=False)

    def _generate(self, ids: list[int], most: int, stop: Callable[[str], int | None], *, heal: bool = True) -> str:
        ends = frozenset(prompt.end_ids(self._tokenizer))
        generation = self._decoder.generate(
            ids,
            GenerationConfig(max_new_tokens=most, end_ids=ends),
            heal=heal,
            stop=stop,
            cancelled=lambda: False,
            deadline=None,
        )
        return generation.text


class Scorer(Protocol):
    """A model that gives logits at every position; ``python_slm.engine.model.Model`` is one."""

    @property
    def tokenizer(self) -> Tokenizer:
        """What its ids mean."""

    @property
    def capacity(self) -> int:
        """Most tokens it reads."""

    def score(self, ids: Sequence[int], *, past: int, positions: Sequence[int] | None = None) -> NDArray[np.float32]:
        """Logits (n, vocab) after each of ``ids``, which come after ``past`` tokens."""


@dataclass(frozen=True)
class Surprise:
    """How unexpected each token of a text was: ``nats`` (tokens,), ending at byte ``ends`` (tokens,) of the text."""

    nats: NDArray[np.float64]
    ends: NDArray[np.int64]

    def after(self, byte: int) -> Surprise:
        """The tokens that end behind ``byte``."""
        kept = self.ends > byte
        return Surprise(self.nats[kept], self.ends[kept])


def surprise(model: Scorer, text: str, *, path: str = "") -> Surprise:
    """−log p of each token of ``text`` given its path and all before it.

    A text longer than the context is read in windows that overlap by half, each token with at least half a context
    before it. The path, or the end of the text before, is read first and not counted.
    """
    tokenizer = model.tokenizer
    header = [*prompt.begin_ids(tokenizer), *prompt.file_ids(tokenizer, path)][:_HEADER_TOKENS]
    header = header or [prompt.end_id(tokenizer)]
    ids = tokenizer.encode(text)
    ends = np.cumsum([len(tokenizer.token_bytes[token]) for token in ids], dtype=np.int64)
    room = model.capacity - len(header)
    nats = np.zeros(len(ids))
    done = 0
    while done < len(ids):
        start = 0 if done == 0 else done - room // 2
        window = ids[start : start + room]
        found = _nats(model, [*header, *window], len(header))
        nats[done : start + len(window)] = found[done - start :]
        done = start + len(window)
    return Surprise(nats, ends)


def _nats(model: Scorer, ids: Sequence[int], first: int) -> NDArray[np.float64]:
    """−log p of ``ids[first:]``, (tokens,)."""
    found = [np.zeros(0)]
    for start in range(0, len(ids) - 1, _CHUNK):
        read = ids[start : min(start + _CHUNK, len(ids) - 1)]
        logits = model.score(read, past=start)
        targets = np.array(ids[start + 1 : start + 1 + len(read)])
        highest = logits.max(axis=1)
        total = np.log(np.exp(logits - highest[:, None]).sum(axis=1)) + highest
        found.append((total - logits[np.arange(len(read)), targets]).astype(np.float64))
    return np.concatenate(found)[first - 1 :]
