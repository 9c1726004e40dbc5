"""The token loop: prompt → text, with what was read before reused and every wait bounded by one token or chunk.

A request that is cancelled or late keeps what it has read in the cache: the next one, usually the same prompt and one
key more, starts there.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from python_slm.engine.cache import PrefixCache
from python_slm.engine.continuation import Continuation, text_of
from python_slm.engine.healing import TokenIndex, unfinished
from python_slm.engine.sampling import GenerationConfig, best, choose, log_probabilities
from python_slm.errors import PromptError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from python_slm.engine.model import LanguageModel
    from python_slm.engine.recall import Recall

__all__ = ["Decoder", "Generation", "GenerationConfig"]

Stopped = Literal["end", "stop", "length", "deadline", "cancelled"]
_BRANCH_TOKENS = 4
"""Alternatives leave the first answer within this many tokens: later they differ too little to be worth showing."""


@dataclass(frozen=True)
class Generation:
    """An answer. ``ids`` are all tokens generated, the healed one and what ``stop`` cut off included; times in ms.

    ``logprobs`` (tokens,) are theirs, of the distribution that they were chosen from; ``ends`` (tokens,) are how many
    bytes of the uncut text they reach to, 0 within healed bytes. Of the ``drafted`` tokens that were read ahead of
    the model's choice, ``accepted`` were what it chose.
    """

    text: str
    ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    logprob: float
    prompt_tokens: int
    reused_tokens: int
    prefill_ms: float
    decode_ms: float
    stopped: Stopped
    ends: tuple[int, ...] = ()
    drafted: int = 0
    accepted: int = 0

    @property
    def mean_logprob(self) -> float:
        """Log probability a token; 0 for an empty answer."""
        return self.logprob / max(1, len(self.ids))


@dataclass(frozen=True)
class _Task:
    """One request, its prompt already healed. ``interrupted`` gives the reason to give up now, or None."""

    prompt: list[int]
    options: GenerationConfig
    owed: bytes
    stop: Callable[[str], int | None]
    interrupted: Callable[[], Literal["cancelled", "deadline"] | None]
    recall: Recall | None


@dataclass(frozen=True)
class _Branch:
    """A road not taken: what stood before it, and its first token. Likelier ones sort first."""

    start: Continuation
    token: int
    logprob: float

    @property
    def total(self) -> float:
        return self.start.logprob + self.logprob


class Decoder:
    """Generates with one model and its one KV buffer. ``clock`` gives seconds, as ``deadline`` does."""

    def __init__(self, model: LanguageModel, clock: Callable[[], float] = time.perf_counter) -> None:
        self.model = model
        self._clock = clock
        self._cache = PrefixCache(model)
        self._token_bytes = model.tokenizer.token_bytes

    @cached_property
    def _index(self) -> TokenIndex:
        return TokenIndex(self._token_bytes)

    def generate(
        self,
        prompt: Sequence[int],
        options: GenerationConfig,
        *,
        heal: bool,
        stop: Callable[[str], int | None],
        cancelled: Callable[[], bool],
        deadline: float | None,
        recall: Recall | None = None,
    ) -> Generation:
        """Continue ``prompt``.

        ``stop(text)`` gives the length to cut the text at, or None to go on; it sees whole characters only. With
        ``heal``, the prompt's unfinished word may be told in other tokens (see ``engine.healing``); the text begins
        after it. ``cancelled`` and ``deadline`` (by the decoder's clock) are looked at before every forward pass: the
        answer is then what there is. ``recall`` has a say in every token. Raises PromptError for an empty prompt and
        one that leaves no room for the answer.
        """
        task = self._task(prompt, options, heal=heal, stop=stop, cancelled=cancelled, deadline=deadline, recall=recall)
        if options.beams > 1:
            return self._beam_search(task)
        return self._run(task, Continuation(owed=task.owed), None)

    def generate_many(
        self,
        prompt: Sequence[int],
        options: GenerationConfig,
        *,
        count: int,
        heal: bool,
        stop: Callable[[str], int | None],
        cancelled: Callable[[], bool],
        deadline: float | None,
        enough: Callable[[], bool] = lambda: False,
        recall: Recall | None = None,
    ) -> Iterator[Generation]:
        """Up to ``count`` distinct answers, the one of ``generate`` first, then by mean log probability.

        The first comes as soon as it is there, and nobody has to ask for more. An alternative leaves it at one of its
        first tokens, where another token was likeliest; the prompt is read once. None is begun once there are
        ``enough``. Fewer come when time is up or the model has nothing else to say. See ``generate``.
        """
        task = self._task(prompt, options, heal=heal, stop=stop, cancelled=cancelled, deadline=deadline, recall=recall)
        return self._answers(task, count, enough)

    def along(
        self, ids: Sequence[int], start: int, cancelled: Callable[[], bool] = lambda: False
    ) -> NDArray[np.float32] | None:
        """Logits (tokens - start, vocab) from which each of ``ids[start:]`` came; None when cancelled.

        ``start`` is at least 1. What was read before is not read again.
        """
        return self._cache.logits_along(ids[:start], ids[start:-1], cancelled)

    def _answers(self, task: _Task, count: int, enough: Callable[[], bool]) -> Iterator[Generation]:
        branches: list[_Branch] = []
        first = self._run(task, Continuation(owed=task.owed), branches if count > 1 else None)
        yield first
        answers = {first.text: first}
        branches.sort(key=lambda branch: -branch.total)
        for branch in branches[: 3 * (count - 1)]:
            if len(answers) >= count or enough() or task.interrupted():
                break
            start = branch.start.extended(branch.token, self._token_bytes[branch.token], branch.logprob)
            answer = self._run(task, start, None)
            if answer.stopped not in ("cancelled", "deadline") and answer.text.strip():
                answers.setdefault(answer.text, answer)
        yield from sorted((each for each in answers.values() if each is not first), key=lambda each: -each.mean_logprob)

    def _task(
        self,
        prompt: Sequence[int],
        options: GenerationConfig,
        *,
        heal: bool,
        stop: Callable[[str], int | None],
        cancelled: Callable[[], bool],
        deadline: float | None,
        recall: Recall | None,
    ) -> _Task:
        room = self.model.capacity - options.max_new_tokens
        if not 0 < len(prompt) <= room:
            raise PromptError(
                f"prompt of {len(prompt)} tokens: the model reads {self.model.capacity}, of which "
                f"{options.max_new_tokens} are kept for the answer; give it 1 to {room}"
            )
        kept = len(prompt) - (unfinished(prompt, self._token_bytes) if heal else 0)
        owed = b"".join(self._token_bytes[token] for token in prompt[kept:])

        def interrupted() -> Literal["cancelled", "deadline"] | None:
            if cancelled():
                return "cancelled"
            return "deadline" if deadline is not None and self._clock() >= deadline else None

        return _Task(list(prompt[:kept]), options, owed, stop, interrupted, recall)

    def _run(self, task: _Task, found: Continuation, branches: list[_Branch] | None) -> Generation:
        timer = _Timer(self._clock)
        random = np.random.default_rng(task.options.seed)
        reused = self._cache.common([*task.prompt, *found.ids])
        stopped, cut = self._checked(task, found)
        drafted = accepted = 0
        while stopped is None:
            draft = self._draft(task, found)
            rows = self._cache.logits_along([*task.prompt, *found.ids], draft, lambda: task.interrupted() is not None)
            timer.first_answer()
            if rows is None:
                stopped = task.interrupted() or "cancelled"
                break
            drafted += len(draft)
            for place, logits in enumerate(rows):
                logprobs = self._mixed(task, found, logits)
                token = choose(logprobs, task.options, random)
                if branches is not None and len(found.ids) < _BRANCH_TOKENS:
                    branches += _branches(task, found, logprobs, token)
                if token in task.options.end_ids:
                    stopped = "end"
                    break
                found = found.extended(token, self._token_bytes[token], float(logprobs[token]))
                stopped, cut = self._checked(task, found)
                if stopped is not None or draft[place : place + 1] != [token]:
                    break
                accepted += 1
        generation = _generation(task, _Finished(found.mean_logprob, found, stopped, cut), reused, timer)
        return replace(generation, drafted=drafted, accepted=accepted)

    def _beam_search(self, task: _Task) -> Generation:
        """The best of ``beams`` texts kept side by side, by mean log probability (the end token's included)."""
        timer = _Timer(self._clock)
        reused = self._cache.common(task.prompt)
        beams, done = [Continuation(owed=task.owed)], list[_Finished]()
        while beams and len(done) < task.options.beams:
            grown: list[Continuation] = []
            for beam in beams:
                logprobs = self._logprobs(task, beam)
                timer.first_answer()
                if logprobs is None:
                    late = task.interrupted() or "cancelled"
                    done += [_Finished(each.mean_logprob, each, late, None) for each in beams]
                    return _best_of(task, done, reused, timer)
                self._grow(task, beam, logprobs, grown, done)
            grown.sort(key=lambda each: -each.logprob)
            beams = []
            for each in grown[: task.options.beams]:
                stopped, cut = self._checked(task, each)
                if stopped is None:
                    beams.append(each)
                else:
                    done.append(_Finished(each.mean_logprob, each, stopped, cut))
        return _best_of(task, done, reused, timer)

    def _grow(
        self,
        task: _Task,
        beam: Continuation,
        logprobs: NDArray[np.float32],
        grown: list[Continuation],
        done: list[_Finished],
    ) -> None:
        ends = task.options.end_ids
        for token, logprob in best(logprobs, task.options.beams + len(ends)):
            if token in ends:
                done.append(_Finished((beam.logprob + logprob) / (len(beam.ids) + 1), beam, "end", None))
            else:
                grown.append(beam.extended(token, self._token_bytes[token], logprob))

    def _draft(self, task: _Task, found: Continuation) -> list[int]:
        """Tokens to try after those found, read along with them; none where a choice is not the likeliest token."""
        options = task.options
        most = min(options.draft_tokens, options.max_new_tokens - len(found.ids) - 1)
        if most < 1 or found.owed or options.temperature or not task.recall:
            return []
        draft = task.recall.draft([*task.prompt, *found.ids], most)
        data = found.data
        for place, token in enumerate(draft):  # a token that ends the text needs no reading, only choosing
            data += self._token_bytes[token]
            if task.stop(text_of(data)) is not None:
                return draft[:place]
        return draft

    def _logprobs(self, task: _Task, found: Continuation) -> NDArray[np.float32] | None:
        logits = self._cache.logits_after([*task.prompt, *found.ids], lambda: task.interrupted() is not None)
        return None if logits is None else self._mixed(task, found, logits)

    def _mixed(self, task: _Task, found: Continuation, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log probabilities (vocab,) of what follows: the model's, with what is remembered, of what may come."""
        logprobs = log_probabilities(logits)
        if task.recall:
            logprobs = task.recall.mixed(logprobs, [*task.prompt, *found.ids])
        return log_probabilities(logprobs, self._index.compatible(found.owed)) if found.owed else logprobs

    @staticmethod
    def _checked(task: _Task, found: Continuation) -> tuple[Stopped | None, int | None]:
        """(why this is finished or None, where to cut its text or None)."""
        if found.ids and not found.owed:
            cut = task.stop(found.text)
            if cut is not None:
                return "stop", cut
        return ("length" if len(found.ids) >= task.options.max_new_tokens else None), None


@dataclass(frozen=True)
class _Finished:
    score: float
    found: Continuation
    stopped: Stopped
    cut: int | None


class _Timer:
    """Milliseconds until the first logits, and from there on."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._start = clock()
        self._first: float | None = None

    def first_answer(self) -> None:
        if self._first is None:
            self._first = self._clock()

    def milliseconds(self) -> tuple[float, float]:
        end = self._clock()
        first = end if self._first is None else self._first
        return 1e3 * (first - self._start), 1e3 * (end - first)


def _branches(task: _Task, found: Continuation, logprobs: NDArray[np.float32], taken: int) -> list[_Branch]:
    ends = task.options.end_ids
    likely = best(logprobs, 8 + len(ends))
    return [_Branch(found, token, logprob) for token, logprob in likely if token != taken and token not in ends]


def _best_of(task: _Task, done: list[_Finished], reused: int, timer: _Timer) -> Generation:
    return _generation(task, max(done, key=lambda each: each.score), reused, timer)


def _generation(task: _Task, done: _Finished, reused: int, timer: _Timer) -> Generation:
    prefill_ms, decode_ms = timer.milliseconds()
    found = done.found
    return Generation(
        found.text[: done.cut],
        found.ids,
        found.logprobs,
        found.logprob,
        len(task.prompt),
        reused,
        prefill_ms,
        decode_ms,
        done.stopped,
        found.ends,
    )
