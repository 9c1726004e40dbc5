"""Complete the code at the cursor: context → prompt → tokens → text → checked edit."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_slm import context, postprocess, prompt
from python_slm.engine.decode import GenerationConfig
from python_slm.engine.recall import Recall
from python_slm.syntax.blocks import BlockIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from python_slm.engine.decode import Decoder, Generation
    from python_slm.provenance import Copy, CorpusIndex
    from python_slm.settings import CompletionSettings
    from python_slm.text import Document

_COMPLETE = ("end", "stop")


@dataclass(frozen=True)
class Trace:
    """Where a suggestion came from. Tokens are counts; ``stages_ms`` maps a stage's name to milliseconds.

    ``copied`` says what of the training corpus it repeats; None also where no index of the corpus was asked.
    """

    prompt_tokens: int
    reused_tokens: int
    new_tokens: int
    stopped: str
    stages_ms: dict[str, float] = field(default_factory=dict)
    copied: Copy | None = None


@dataclass(frozen=True)
class Completion:
    """Replace ``document.text[start:end]`` by ``text``. ``score`` is the mean log-probability of its tokens."""

    text: str
    start: int
    end: int
    score: float
    trace: Trace


def complete(
    document: Document,
    offset: int,
    *,
    decoder: Decoder,
    settings: CompletionSettings,
    cancelled: Callable[[], bool],
    path: str = "",
    blocks: BlockIndex | None = None,
    count: int = 1,
    corpus: CorpusIndex | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Completion]:
    """At most ``count`` distinct completions at ``offset``, the likeliest first; none when cancelled.

    ``corpus`` is asked whether they are copies, unless the settings say not to.
    """
    begun = clock()
    tokenizer = decoder.model.tokenizer
    budget = min(settings.prompt_tokens, decoder.model.capacity - settings.max_new_tokens - 1)
    index = blocks or BlockIndex.of(document.text)
    found = context.gather(document, offset, tokenizer=tokenizer, budget_tokens=budget, path=path, blocks=index)
    gathered = clock()
    ids = prompt.complete_ids(tokenizer, found.prefix, found.suffix, path=found.path, chunks=found.chunks)
    cursor = postprocess.Cursor.at(document.text, offset)
    stop = (
        postprocess.block_stop(cursor.body_indent)
        if settings.multiline and cursor.opens_block
        else postprocess.single_line_stop
    )
    recall = Recall(context.remembered(document, offset, tokenizer, index)) if settings.recall else None
    prompted = clock()
    generations = decoder.generate_many(
        ids,
        GenerationConfig(
            max_new_tokens=settings.max_new_tokens,
            temperature=settings.temperature,
            end_ids=frozenset(prompt.end_ids(tokenizer)),
        ),
        count=count,
        heal=True,
        stop=stop,
        cancelled=cancelled,
        deadline=begun + settings.deadline_ms / 1000,
        recall=recall,
    )
    if cancelled():
        return []
    stages = {"context": 1000 * (gathered - begun), "prompt": 1000 * (prompted - gathered)}
    place = _Place(document.text, offset, cursor, index)
    source = _Source(None if settings.provenance == "off" else corpus, suppress=settings.provenance == "suppress")
    return _checked(place, generations, stages, clock, source)


@dataclass(frozen=True)
class _Place:
    """Where a completion goes, and what the buffer is without it."""

    text: str
    offset: int
    cursor: postprocess.Cursor
    index: BlockIndex

    def fitting(self, text: str) -> str:
        """The most of ``text``, in whole lines, that leaves the fewest problems; nothing if they outnumber today's."""
        best, fewest = "", len(self.index.problems) + 1
        while text and fewest:
            problems = self._problems_with(text)
            if problems < fewest:
                best, fewest = text, problems
            text = text.rpartition("\n")[0].rstrip()
        return best

    def _problems_with(self, text: str) -> int:
        before = self.text[: self.offset] + text
        return len(self.index.updated(before + _body_of(before) + self.text[self.offset :]).problems)


@dataclass(frozen=True)
class _Source:
    """Who is asked whether a suggestion is a copy, and whether a copy is kept back."""

    corpus: CorpusIndex | None
    suppress: bool

    def of(self, place: _Place, text: str) -> Copy | None:
        return self.corpus.find(place.text[: place.offset], text) if self.corpus and text else None


def _checked(
    place: _Place,
    generations: Sequence[Generation],
    stages: dict[str, float],
    clock: Callable[[], float],
    source: _Source,
) -> list[Completion]:
    """The generations that survive post-processing and the check in place, each text once."""
    completions: dict[str, Completion] = {}
    for generation in generations:
        begun = clock()
        text = place.fitting(
            postprocess.finish(generation.text, place.cursor, complete=generation.stopped in _COMPLETE)
        )
        checked = clock()
        copied = source.of(place, text)
        if not text or text in completions or (copied and source.suppress):
            continue
        spent = {
            **stages,
            "prefill": generation.prefill_ms,
            "decode": generation.decode_ms,
            "check": 1000 * (checked - begun),
            **({"provenance": 1000 * (clock() - checked)} if source.corpus else {}),
        }
        trace = Trace(
            generation.prompt_tokens, generation.reused_tokens, len(generation.ids), generation.stopped, spent, copied
        )
        completions[text] = Completion(text, place.offset, place.offset, generation.mean_logprob, trace)
    return list(completions.values())


def _body_of(before: str) -> str:
    """What a block that was only just opened still needs to parse: a body, where ``before`` ends in a colon."""
    line = before.rpartition("\n")[2]
    return f"\n{line[: len(line) - len(line.lstrip())]} pass" if line.endswith(":") else ""
