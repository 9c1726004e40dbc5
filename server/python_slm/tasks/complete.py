"""Complete the code at the cursor: context → prompt → tokens → text → checked edit."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from python_slm import context, postprocess, prompt
from python_slm.checks.base import Candidate, Place, Verdict
from python_slm.checks.calls import PossibleArguments
from python_slm.checks.copies import Copies
from python_slm.checks.imports import InstalledImports
from python_slm.checks.insecure import Insecure, Ruff
from python_slm.checks.names import ExistingNames
from python_slm.checks.parses import Parses, fits
from python_slm.checks.secrets import Secrets
from python_slm.checks.written import Reader
from python_slm.engine.decode import GenerationConfig
from python_slm.engine.recall import Recall
from python_slm.project.surroundings import NOTHING_KNOWN
from python_slm.settings import ContextSettings
from python_slm.syntax.blocks import BlockIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from python_slm.checks.base import Check, Outcome
    from python_slm.engine.decode import Decoder, Generation
    from python_slm.project.surroundings import Surroundings
    from python_slm.provenance import Copy, CorpusIndex
    from python_slm.settings import CompletionSettings
    from python_slm.text import Document, Edit
    from python_slm.tokenizer import Tokenizer

_COMPLETE = ("end", "stop")


@dataclass(frozen=True)
class Ruling:
    """What one check made of one candidate; none of the user's code is in it."""

    check: str
    outcome: Outcome
    reason: str
    milliseconds: float


@dataclass(frozen=True)
class Fate:
    """What became of one thing that the model said. ``characters`` are shown; 0 when it is not.

    Of the ``drafted`` tokens that were guessed ahead of the model, ``accepted`` were what it chose.
    """

    new_tokens: int
    stopped: str
    mean_logprob: float
    characters: int
    rulings: tuple[Ruling, ...]
    drafted: int = 0
    accepted: int = 0


@dataclass(frozen=True)
class Trace:
    """How an answer came about, also an empty one. Tokens are counts; ``stages_ms`` maps stages to milliseconds."""

    prompt_tokens: int = 0
    reused_tokens: int = 0
    stages_ms: dict[str, float] = field(default_factory=dict)
    fates: tuple[Fate, ...] = ()
    context_tokens: dict[str, int] = field(default_factory=dict)
    """Tokens by where they come from, the text before the cursor left out; see ``context.Context``."""
    known: dict[str, int] = field(default_factory=dict)
    """How many definitions, chunks and installed modules the surroundings had, and whether a memory (0 or 1)."""
    hurried: bool = False
    """Alternatives were left out for want of time."""


@dataclass(frozen=True)
class Completion:
    """Replace ``document.text[start:end]`` by ``text``. ``score`` is the mean log-probability of its tokens.

    ``additional`` edits lie elsewhere and belong to it, such as an import. ``copied`` says what of the training corpus
    it repeats; None also where no index of the corpus was asked. ``confidence`` and ``features`` are the show filter's
    (see ``checks.show``), of the first completion alone. ``snippet`` is its text with places to fill in, as LSP writes
    them, where there are any.
    """

    text: str
    start: int
    end: int
    score: float
    additional: tuple[Edit, ...] = ()
    copied: Copy | None = None
    confidence: float | None = None
    features: Mapping[str, float] = field(default_factory=dict)
    snippet: str = ""


@dataclass(frozen=True)
class Answer:
    """Distinct completions, the likeliest first; none when cancelled or when there is nothing to say."""

    completions: tuple[Completion, ...]
    trace: Trace


NO_ANSWER = Answer((), Trace())


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
    others_ms: float = math.inf,
    surroundings: Surroundings = NOTHING_KNOWN,
    corpus: CorpusIndex | None = None,
    show: Check | None = None,
    sources: ContextSettings = ContextSettings(),  # noqa: B008 - immutable
    clock: Callable[[], float] = time.perf_counter,
) -> Answer:
    """At most ``count`` completions at ``offset``. ``sources`` are the surroundings that the prompt and recall may use.

    ``corpus`` is asked whether they are copies, unless the settings say not to. ``show`` decides whether there is
    anything worth showing: it judges the first completion, and where it drops that one, nothing is shown. Once there is
    one, others are left out where they would keep it waiting for more than ``others_ms`` after the call.
    """
    begun, tokenizer = clock(), decoder.model.tokenizer
    deadline = begun + settings.deadline_ms / 1000
    budget = min(settings.prompt_tokens, decoder.model.capacity - settings.max_new_tokens - 1)
    index = blocks or BlockIndex.of(document.text)
    found = context.gather(
        document,
        offset,
        tokenizer=tokenizer,
        budget_tokens=budget,
        path=path,
        blocks=index,
        surroundings=surroundings,
        sources=context.enabled(sources) & context.PROMPTED,
    )
    gathered = clock()
    ids = prompt.complete_ids(tokenizer, found.prefix, found.suffix, path=found.path, chunks=found.chunks)
    place = Place(document, offset, index, settings, path, surroundings, lambda: cancelled() or clock() >= deadline)
    recall, recalled_tokens = _recall(place, tokenizer, sources)
    prompted = clock()
    judging = _Judging(place, _checks(show, corpus), show, count, begun + others_ms / 1000, clock)
    generations = decoder.generate_many(
        ids,
        _options(settings, tokenizer),
        count=count,
        heal=True,
        stop=postprocess.stop_at(place.cursor, multiline=settings.multiline),
        cancelled=cancelled,
        deadline=deadline,
        enough=judging.enough,
        recall=recall,
    )
    stages = {"context": 1000 * (gathered - begun), "prompt": 1000 * (prompted - gathered)}
    trace = judging.judge(generations, stages)
    if cancelled():
        return NO_ANSWER
    trace = replace(trace, context_tokens=found.tokens | recalled_tokens, known=surroundings.sizes)
    return Answer(tuple(judging.completions.values()), trace)


def _options(settings: CompletionSettings, tokenizer: Tokenizer) -> GenerationConfig:
    return GenerationConfig(
        max_new_tokens=settings.max_new_tokens,
        temperature=settings.temperature,
        end_ids=frozenset(prompt.end_ids(tokenizer)),
        draft_tokens=settings.draft_tokens,
    )


def _checks(show: Check | None, corpus: CorpusIndex | None) -> tuple[Check, ...]:
    reader = Reader()
    valid = (ExistingNames(reader), PossibleArguments(reader), InstalledImports(reader))
    safe = (Secrets(), Insecure(Ruff()))
    return (Parses(), *valid, *((show,) if show else ()), *safe, Copies(corpus))


def _recall(place: Place, tokenizer: Tokenizer, sources: ContextSettings) -> tuple[Recall | None, dict[str, int]]:
    """What recall knows here, and how much of it other places say."""
    if not place.settings.recall:
        return None, {}
    own = context.remembered(place.document, place.offset, tokenizer, place.index)
    others = context.recalled(place.surroundings, tokenizer, context.enabled(sources) & context.RECALLED)
    project = place.surroundings.memory if place.settings.memory else None
    return Recall(np.concatenate([own, others]), project=project), {"recalled": len(others)} if len(others) else {}


@dataclass
class _Judging:
    """What survives post-processing and all checks, each text once, in the order that the model said it in.

    ``show``, one of the checks, is for the first that does: what a user asks to see beside it is not held back.
    """

    place: Place
    checks: Sequence[Check]
    show: Check | None
    count: int
    until: float
    clock: Callable[[], float]
    completions: dict[str, Completion] = field(default_factory=dict)

    def enough(self) -> bool:
        """There is something to show, and more would keep it waiting."""
        return bool(self.completions) and self.clock() >= self.until

    def judge(self, generations: Iterable[Generation], stages_ms: dict[str, float]) -> Trace:
        """Judge until there is enough, or nothing to be shown; the trace of it after the stages before."""
        fates: list[Fate] = []
        spent = dict.fromkeys(("prefill", "decode", "check"), 0.0)
        first: Generation | None = None
        for generation in generations:
            if self.enough():
                break
            first = first or generation
            begun = self.clock()
            fates.append(self._judged(generation))
            spent["prefill"] += generation.prefill_ms
            spent["decode"] += generation.decode_ms
            spent["check"] += 1000 * (self.clock() - begun)
            if self.show and not self.completions and fates[-1].rulings[-1].check == self.show.name:
                break
        read = (first.prompt_tokens, first.reused_tokens) if first else (0, 0)
        hurried = self.enough() and len(fates) < self.count
        return Trace(*read, stages_ms=stages_ms | spent, fates=tuple(fates), hurried=hurried)

    def _judged(self, generation: Generation) -> Fate:
        asked = [check for check in self.checks if check is not self.show or not self.completions]
        candidate, rulings = _ruled(self.place, generation, asked, self.clock)
        if candidate is not None and candidate.text in self.completions:
            candidate = None
        if candidate is not None:
            self.completions[candidate.text] = _completion(candidate)
        return _fate(generation, len(candidate.text) if candidate else 0, rulings)


def _completion(candidate: Candidate) -> Completion:
    return Completion(
        candidate.text,
        candidate.start,
        candidate.end,
        candidate.generation.mean_logprob,
        candidate.additional,
        candidate.copied,
        candidate.confidence,
        candidate.features,
    )


def _fate(generation: Generation, shown: int, rulings: Sequence[Ruling]) -> Fate:
    return Fate(
        len(generation.ids),
        generation.stopped,
        generation.mean_logprob,
        shown,
        tuple(rulings),
        generation.drafted,
        generation.accepted,
    )


def _ruled(
    place: Place, generation: Generation, checks: Sequence[Check], clock: Callable[[], float]
) -> tuple[Candidate | None, list[Ruling]]:
    """What is left of a generation after every check, and what each made of it."""
    complete, ended = generation.stopped in _COMPLETE, generation.stopped == "end"
    found = postprocess.insertion(generation.text, place.cursor, complete=complete, ended=ended)
    rulings: list[Ruling] = []
    if not found.text:
        return None, [Ruling("postprocess", "dropped", found.why, 0.0)]
    candidate: Candidate | None = Candidate(found.text, place.offset, place.offset + found.replaced, generation)
    for check in checks:
        if candidate is None:
            break
        begun = clock()
        verdict = check.examine(candidate, place)
        if verdict.candidate and verdict.candidate.text != candidate.text and not fits(verdict.candidate, place):
            verdict = Verdict.drop(f"{verdict.reason}; what is left does not parse")
        rulings.append(Ruling(check.name, verdict.outcome, verdict.reason, 1000 * (clock() - begun)))
        candidate = verdict.candidate
    return candidate, rulings
