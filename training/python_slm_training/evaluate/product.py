"""The product under test: the same call that the language server makes, and the bare engine for infilling."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from python_slm import prompt
from python_slm.engine.decode import GenerationConfig
from python_slm.settings import CompletionSettings
from python_slm.syntax.blocks import BlockIndex
from python_slm.tasks.complete import complete
from python_slm.text import Document
from python_slm_training.evaluate.infilling import SOLUTION_PATH, cut

if TYPE_CHECKING:
    from python_slm.engine.decode import Decoder
    from python_slm_training.evaluate.infilling import Problem


SETTINGS = replace(CompletionSettings(), deadline_ms=10_000)
"""A user's defaults, but for the deadline: quality must not depend on what else the machine does. Answers later than
the default deadline are counted apart."""


class Product:
    """Completes as the language server does, which keeps the block index of the file being edited."""

    def __init__(self, decoder: Decoder, settings: CompletionSettings = SETTINGS) -> None:
        self._decoder = decoder
        self._settings = settings
        self._path = ""
        self._blocks: BlockIndex | None = None

    def __call__(self, path: str, text: str, offset: int) -> list[str]:
        """Texts to insert at ``offset``, best first, as ``completers.Completer`` says."""
        known = self._blocks if path == self._path else None
        self._path, self._blocks = path, known.updated(text) if known else BlockIndex.of(text)
        found = complete(
            Document(f"file:///{path}", text),
            offset,
            decoder=self._decoder,
            settings=self._settings,
            cancelled=lambda: False,
            path=path,
            blocks=self._blocks,
        )
        edits = [(text[one.start : offset], text[offset : one.end], one.text) for one in found]
        return [
            new[len(before) : len(new) - len(after)]
            for before, after, new in edits
            if new.startswith(before) and new.endswith(after)
        ]


class EngineWriter:
    """Fills the middle with the engine alone: greedy, no post-processing but the cut of ``infilling.cut``."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder

    def __call__(self, problem: Problem) -> str:
        """The middle; context that does not fit loses the text farthest from the gap."""
        tokenizer = self._decoder.model.tokenizer
        ends = frozenset(prompt.end_ids(tokenizer))
        most = problem.variant.most_tokens
        prefix, suffix = problem.prefix, problem.suffix
        ids = prompt.complete_ids(tokenizer, prefix, suffix, path=SOLUTION_PATH)
        while len(ids) > self._decoder.model.capacity - most:
            suffix = suffix[: len(suffix) * 3 // 4]
            prefix = prefix[len(prefix) // 4 :]
            ids = prompt.complete_ids(tokenizer, prefix, suffix, path=SOLUTION_PATH)
        generation = self._decoder.generate(
            ids,
            GenerationConfig(max_new_tokens=most, end_ids=ends),
            heal=True,
            stop=lambda text: cut(text, problem.variant),
            cancelled=lambda: False,
            deadline=None,
        )
        return generation.text
