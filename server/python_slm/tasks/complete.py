"""Complete the code at the cursor: context → prompt → tokens → text → checked edit."""

from __future__ import annotations

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
    from collections.abc import Callable, Mapping, Sequence

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


@dataclass(frozen=True)
class Completion:
    """Replace ``document.text[start:end]`` by ``text``. ``score`` is the mean log-probability of its tokens.

    ``additional`` edits lie elsewhere and belong to it, such as an import. ``copied`` says what of the training corpus
    it repeats; None also where no index of the corpus was asked. ``confidence`` and ``features`` are the show filter's
    (see ``checks.show``), of the first completion alone.
    """

    text: str
    start: int
    end: int
    score: float
    additional: tuple[Edit, ...] = ()
    copied: Copy | None = None
    confidence: float | None = None
    features: Mapping[str, float] = field(default_factory=dict)


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
    surroundings: Surroundings = NOTHING_KNOWN,
    corpus: CorpusIndex | None = None,
    show: Check | None = None,
    sources: ContextSettings = ContextSettings(),  # noqa: B008 - immutable
    clock: Callable[[], float] = time.perf_counter,
) -> Answer:
    """At most ``count`` completions at ``offset``. ``sources`` are the surroundings that the prompt and recall may use.

    ``corpus`` is asked whether they are copies, unless the settings say not to. ``show`` decides whether there is
    anything worth showing: it judges the first completion, and where it drops that one, nothing is shown.
    """
    begun = clock()
    deadline = begun + settings.deadline_ms / 1000
    tokenizer = decoder.model.tokenizer
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
    stop = postprocess.stop_at(place.cursor, multiline=settings.multiline)
    recall, recalled_tokens = _recall(place, tokenizer, sources)
    prompted = clock()
    generations = decoder.generate_many(
        ids,
        GenerationConfig(
            max_new_tokens=settings.max_new_tokens,
            temperature=settings.temperature,
            end_ids=frozenset(prompt.end_ids(tokenizer)),
            draft_tokens=settings.draft_tokens,
        ),
        count=count,
        heal=True,
        stop=stop,
        cancelled=cancelled,
        deadline=deadline,
        recall=recall,
    )
    if cancelled():
        return NO_ANSWER
    stages = {"context": 1000 * (gathered - begun), "prompt": 1000 * (prompted - gathered)}
    reader = Reader()
    valid = (ExistingNames(reader), PossibleArguments(reader), InstalledImports(reader))
    safe = (Secrets(), Insecure(Ruff()))
    checks: tuple[Check, ...] = (Parses(), *valid, *((show,) if show else ()), *safe, Copies(corpus))
    answer = _checked(place, generations, checks, stages, clock, show=show)
    tokens = {**found.tokens, **recalled_tokens}
    return replace(answer, trace=replace(answer.trace, context_tokens=tokens, known=surroundings.sizes))


def _recall(place: Place, tokenizer: Tokenizer, sources: ContextSettings) -> tuple[Recall | None, dict[str, int]]:
    """What recall knows here, and how much of it other places say."""
    if not place.settings.recall:
        return None, {}
    own = context.remembered(place.document, place.offset, tokenizer, place.index)
    others = context.recalled(place.surroundings, tokenizer, context.enabled(sources) & context.RECALLED)
    project = place.surroundings.memory if place.settings.memory else None
    return Recall(np.concatenate([own, others]), project=project), {"recalled": len(others)} if len(others) else {}


def _checked(
    place: Place,
    generations: Sequence[Generation],
    checks: Sequence[Check],
    stages: dict[str, float],
    clock: Callable[[], float],
    *,
    show: Check | None,
) -> Answer:
    """The generations that survive post-processing and all checks, each text once.

    ``show``, one of the checks, is for the first that does: what a user asks to see beside it is not held back.
    """
    begun = clock()
    completions: dict[str, Completion] = {}
    fates = []
    for generation in generations:
        asked = [check for check in checks if check is not show or not completions]
        candidate, rulings = _ruled(place, generation, asked, clock)
        if candidate is not None and candidate.text in completions:
            candidate = None
        if candidate is not None:
            completions[candidate.text] = Completion(
                candidate.text,
                candidate.start,
                candidate.end,
                generation.mean_logprob,
                candidate.additional,
                candidate.copied,
                candidate.confidence,
                candidate.features,
            )
        shown = len(candidate.text) if candidate else 0
        fates.append(_fate(generation, shown, rulings))
        if show and candidate is None and rulings[-1].check == show.name:
            break
    stages = {
        **stages,
        "prefill": sum(generation.prefill_ms for generation in generations),
        "decode": sum(generation.decode_ms for generation in generations),
        "check": 1000 * (clock() - begun),
    }
    first = generations[0]
    return Answer(tuple(completions.values()), Trace(first.prompt_tokens, first.reused_tokens, stages, tuple(fates)))


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
        return None, [Ruling("postprocess", "dropped", "nothing to insert", 0.0)]
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
