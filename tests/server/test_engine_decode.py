"""The token loop, on the scripted model where the text matters and on a real random one where the numbers do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from python_slm.engine.cache import PrefixCache
from python_slm.engine.continuation import Continuation
from python_slm.engine.decode import Decoder, Generation, GenerationConfig
from python_slm.engine.healing import TokenIndex
from python_slm.engine.model import Model
from python_slm.engine.ngrams import Ngrams
from python_slm.engine.recall import Recall
from python_slm.engine.sampling import best, choose, log_probabilities
from python_slm.errors import PromptError
from python_slm.prompt import END_OF_TEXT
from tests.fakes import ScriptedModel, byte_tokenizer
from tests.tiny_model import export_tiny

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.engine.model import LanguageModel

TOKENIZER = byte_tokenizer()
GREEDY = GenerationConfig(max_new_tokens=24, end_ids=frozenset({TOKENIZER.special(END_OF_TEXT)}))
PROMPT = TOKENIZER.encode("def area(radius):\n    return ")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return Model.load(export_tiny(tmp_path_factory.mktemp("tiny")), threads=1)


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """In float32: its logits do not depend on how many tokens are read at once."""
    return Model.load(export_tiny(tmp_path_factory.mktemp("exact"), bits=None), threads=1)


def generate(
    decoder: Decoder, prompt: str | Sequence[int], options: GenerationConfig = GREEDY, **asked: Any
) -> Generation:
    ids = TOKENIZER.encode(prompt) if isinstance(prompt, str) else prompt
    return decoder.generate(ids, options, **_asked(asked))


def generate_many(
    decoder: Decoder, prompt: str | Sequence[int], count: int, options: GenerationConfig = GREEDY, **asked: Any
) -> list[Generation]:
    ids = TOKENIZER.encode(prompt) if isinstance(prompt, str) else prompt
    return list(decoder.generate_many(ids, options, count=count, **_asked(asked)))


def _asked(asked: dict[str, Any]) -> dict[str, Any]:
    return {"heal": False, "stop": lambda _: None, "cancelled": lambda: False, "deadline": None} | asked


def greedy_without_cache(model: LanguageModel, prompt: Sequence[int], count: int) -> list[int]:
    ids = list(prompt)
    for _ in range(count):
        ids.append(int(model.forward(ids, past=0).argmax()))
    return ids[len(prompt) :]


# Greedy


def test_greedy_with_cache_equals_greedy_without(real: Model) -> None:
    found = generate(Decoder(real), PROMPT)
    assert list(found.ids) == greedy_without_cache(real, PROMPT, 24)
    assert found.stopped == "length"


def test_end_token_ends_the_text_and_is_not_in_it() -> None:
    found = generate(Decoder(ScriptedModel({"x = ": "1\n"})), "x = ")
    assert (found.text, found.stopped) == ("1\n", "end")
    assert found.ids == tuple(TOKENIZER.encode("1\n"))


def test_logprob_is_the_sum_over_tokens(real: Model) -> None:
    found = generate(Decoder(real), PROMPT)
    rows = real.score([*PROMPT, *found.ids], past=0)[len(PROMPT) - 1 : -1]
    want = sum(float(log_probabilities(row)[token]) for row, token in zip(rows, found.ids, strict=True))
    assert found.logprob == pytest.approx(want, abs=1e-2)


def test_ends_tell_which_bytes_each_token_said() -> None:
    found = generate(Decoder(ScriptedModel({"s = ": "'é'\nx"})), "s = ", stop=lambda text: 3 if "\n" in text else None)
    assert (found.text, found.ends) == ("'é'", (1, 2, 3, 4, 5))


def test_healed_bytes_are_no_part_of_the_text() -> None:
    found = generate(Decoder(ScriptedModel({"x = ": "prints"})), "x = pr", heal=True)
    assert (found.text, found.ends) == ("ints", (0, 0, 1, 2, 3, 4))


def test_length_is_bounded() -> None:
    found = generate(Decoder(ScriptedModel({"a": "b" * 50})), "a", replace(GREEDY, max_new_tokens=3))
    assert (found.text, found.stopped) == ("bbb", "length")


# Stops


def test_stop_cuts_the_text_where_it_says() -> None:
    def first_line(text: str) -> int | None:
        return text.find("\n") if "\n" in text else None

    model = ScriptedModel({"x = ": "one\ntwo\nthree"})
    found = generate(Decoder(model), "x = ", stop=first_line)
    assert (found.text, found.stopped) == ("one", "stop")
    assert model.forwards == len("one\n")


def test_stop_sees_whole_characters_only() -> None:
    seen: list[str] = []
    model = ScriptedModel({"s = ": "'naïve 🐍'"})
    found = generate(Decoder(model), "s = ", stop=seen.append)
    assert found.text == "'naïve 🐍'"
    assert all("\ufffd" not in text for text in seen)


def test_text_cut_by_length_ends_in_a_whole_character() -> None:
    for length in range(1, 5):
        found = generate(Decoder(ScriptedModel({"s": "a🐍"})), "s", replace(GREEDY, max_new_tokens=length))
        assert found.text == "a"


@given(st.binary(max_size=40))
def test_text_of_any_bytes_never_ends_inside_a_character(data: bytes) -> None:
    whole = Continuation(data=data).text
    assert data.decode("utf-8", "replace").startswith(whole)
    assert len(data) - len(whole.encode()) < 4 or "\ufffd" in whole


# Reuse


def test_typing_on_reads_only_the_new_token(real: Model) -> None:
    decoder = Decoder(real)
    generate(decoder, PROMPT, replace(GREEDY, max_new_tokens=1))
    longer = [*PROMPT, *TOKENIZER.encode("3")]
    found = generate(decoder, longer)
    assert found.reused_tokens == len(PROMPT)
    assert list(found.ids) == greedy_without_cache(real, longer, 24)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.lists(st.integers(30, 33), min_size=1, max_size=12), min_size=1, max_size=12))
def test_cache_answers_as_if_it_were_empty(real: Model, prompts: list[list[int]]) -> None:
    """Whatever was read before, in whatever order."""
    cache = PrefixCache(real)
    answers = [cache.logits_after(prompt) for prompt in prompts]
    for prompt, answer in zip(prompts, answers, strict=True):
        assert answer == pytest.approx(real.forward(prompt, past=0), abs=1e-3)


def test_failed_forward_leaves_nothing_half_known() -> None:
    model = ScriptedModel({"ab": "c"})
    cache = PrefixCache(model)
    cache.logits_after(TOKENIZER.encode("xyz"))

    def fail() -> None:
        raise RuntimeError("out of memory")

    model.on_forward = fail
    with pytest.raises(RuntimeError):
        cache.logits_after(TOKENIZER.encode("xab"))
    assert cache.common(TOKENIZER.encode("xyz")) == 1


# Cancellation and deadline


def test_cancel_stops_before_the_next_token() -> None:
    model = ScriptedModel({"a": "bcdefgh"})
    found = generate(Decoder(model), "a", cancelled=lambda: model.forwards >= 3)
    assert (found.text, found.stopped, model.forwards) == ("bcd", "cancelled", 3)


def test_cancel_stops_between_chunks_of_a_prompt_and_what_was_read_is_kept() -> None:
    model = ScriptedModel({"a": "b"})
    decoder = Decoder(model)
    prompt = TOKENIZER.encode("x" * 1000)
    found = generate(decoder, prompt, cancelled=lambda: model.forwards >= 2)
    assert (found.text, found.stopped, model.forwards) == ("", "cancelled", 2)
    assert generate(decoder, prompt).reused_tokens == 512


def test_deadline_returns_what_there_is() -> None:
    now = 0.0
    model = ScriptedModel({"a": "bcdefgh"})

    def tick() -> None:
        nonlocal now
        now += 0.010

    model.on_forward = tick
    found = generate(Decoder(model, clock=lambda: now), "a", deadline=0.035)
    assert (found.text, found.stopped) == ("bcde", "deadline")
    assert found.prefill_ms == pytest.approx(10)
    assert found.decode_ms == pytest.approx(30)


def test_deadline_in_the_past_costs_no_forward() -> None:
    model = ScriptedModel({"a": "b"})
    assert generate(Decoder(model, clock=lambda: 5.0), "a", deadline=4.0).stopped == "deadline"
    assert model.forwards == 0


# Limits


@pytest.mark.parametrize("length", [0, 489, 2000])
def test_prompt_that_leaves_no_room_is_refused_with_numbers(real: Model, length: int) -> None:
    with pytest.raises(PromptError, match=rf"prompt of {length} tokens: the model reads 512, of which 24.*1 to 488"):
        generate(Decoder(real), [40] * length)


def test_longest_prompt_is_answered_to_the_last_token(real: Model) -> None:
    assert len(generate(Decoder(real), [40] * 488).ids) == 24


@pytest.mark.parametrize(
    "wrong",
    [{"max_new_tokens": 0}, {"beams": 0}, {"draft_tokens": -1}, {"temperature": -1.0}, {"top_p": 0.0}, {"top_p": 1.5}],
)
def test_options_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        GenerationConfig(**wrong)


# Healing


def test_healing_index_finds_extensions_and_parts() -> None:
    index = TokenIndex([b"", b"p", b"pr", b"print", b"prin", b"x", b"private", b"q"])
    assert sorted(index.compatible(b"pr").tolist()) == [1, 2, 3, 4, 6]
    assert sorted(index.compatible(b"print").tolist()) == [1, 2, 3, 4]
    assert index.compatible(b"zz").tolist() == []


@settings(deadline=None)
@given(st.lists(st.binary(max_size=4), max_size=30), st.binary(min_size=1, max_size=4))
def test_healing_index_is_what_its_docstring_says(vocabulary: list[bytes], owed: bytes) -> None:
    tokens = list(dict.fromkeys(vocabulary))
    want = [i for i, token in enumerate(tokens) if token and (token.startswith(owed) or owed.startswith(token))]
    assert sorted(TokenIndex(tokens).compatible(owed).tolist()) == want


def test_healed_text_excludes_what_was_typed() -> None:
    found = generate(Decoder(ScriptedModel({"pri": "nt(x)"})), "pri", heal=True)
    assert found.text == "nt(x)"
    assert found.prompt_tokens == 1


def test_healing_uses_a_longer_token_that_begins_with_the_typed_bytes(words: WordModel) -> None:
    """``pr`` + ``in`` is typed; the model knows ``int``, as one token, after ``pr``."""
    found = generate(Decoder(words), [words.id(b"pr"), words.id(b"in")], heal=True)
    assert words.text(found.ids) == b"int("
    assert found.text == "t("


def test_healing_may_go_through_parts_of_the_removed_token(words: WordModel) -> None:
    words.wants = [b"i", b"nt", b"("]
    found = generate(Decoder(words), [words.id(b"pr"), words.id(b"in")], heal=True)
    assert (words.text(found.ids), found.text) == (b"int(", "t(")


def test_healing_overrules_a_model_that_wants_something_else(words: WordModel) -> None:
    words.wants = [b"x", b"("]
    found = generate(Decoder(words), [words.id(b"pr"), words.id(b"in")], heal=True)
    assert words.text(found.ids).startswith(b"in")


def test_special_token_at_the_end_is_not_healed() -> None:
    prompt = [*TOKENIZER.encode("a"), TOKENIZER.special(END_OF_TEXT)]
    found = generate(Decoder(ScriptedModel({"a": "b"})), prompt, heal=True)
    assert (found.text, found.prompt_tokens) == ("b", 2)


def test_single_token_prompt_is_not_healed_away() -> None:
    assert generate(Decoder(ScriptedModel({"a": "b"})), "a", heal=True).text == "b"


class WordModel:
    """Prefers the tokens of ``wants``, in turn, over a small vocabulary of words."""

    words = (b"", b"p", b"r", b"i", b"n", b"t", b"(", b"x", b"pr", b"in", b"int", b"nt")

    def __init__(self) -> None:
        self.wants = [b"int", b"("]
        self.tokenizer: Any = self
        self.token_bytes = self.words
        self.vocab_size = len(self.words)
        self.capacity = 100
        self.device = "cpu"
        self.prompt = 1

    def id(self, word: bytes) -> int:
        return self.words.index(word)

    def text(self, ids: Sequence[int]) -> bytes:
        return b"".join(self.words[index] for index in ids)

    def forward(self, ids: Sequence[int], *, past: int) -> np.ndarray[Any, np.dtype[np.float32]]:
        logits = np.linspace(0, 0.1, self.vocab_size, dtype=np.float32)
        step = past + len(ids) - self.prompt
        logits[self.id(self.wants[step]) if step < len(self.wants) else 0] = 9
        return logits

    def score(
        self, ids: Sequence[int], *, past: int, positions: Sequence[int]
    ) -> np.ndarray[Any, np.dtype[np.float32]]:
        return np.stack([self.forward(ids[: place + 1], past=past) for place in positions])


@pytest.fixture
def words() -> WordModel:
    return WordModel()


# Sampling and beams


def test_same_seed_same_text_and_another_seed_another(real: Model) -> None:
    warm = replace(GREEDY, temperature=1.0)
    texts = [generate(Decoder(real), PROMPT, replace(warm, seed=seed)).ids for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_nucleus_leaves_out_the_unlikely() -> None:
    logprobs = np.log(np.array([0.5, 0.3, 0.15, 0.05], np.float32))
    random = np.random.default_rng(0)
    config = GenerationConfig(temperature=1.0, top_p=0.7)
    drawn = [choose(logprobs, config, random) for _ in range(2000)]
    assert set(drawn) == {0, 1}
    assert drawn.count(0) / 2000 == pytest.approx(0.625, abs=0.04)


def test_beams_find_at_least_what_greedy_finds(tmp_path_factory: pytest.TempPathFactory) -> None:
    improved = 0
    for seed in range(6):
        model = Model.load(export_tiny(tmp_path_factory.mktemp("beam"), seed=seed), threads=1)
        options = GenerationConfig(max_new_tokens=6)
        greedy = generate(Decoder(model), PROMPT, options)
        beam = generate(Decoder(model), PROMPT, replace(options, beams=5))
        assert beam.logprob >= greedy.logprob - 1e-3
        improved += beam.logprob > greedy.logprob + 1e-3
    assert improved


def test_beam_of_one_is_greedy(real: Model) -> None:
    assert generate(Decoder(real), PROMPT, replace(GREEDY, beams=1)).ids == generate(Decoder(real), PROMPT).ids


def test_beam_search_ends_and_cancels() -> None:
    model = ScriptedModel({"x = ": "1\n"})
    options = replace(GREEDY, beams=3)
    assert generate(Decoder(model), "x = ", options).text == "1\n"
    model.forwards = 0
    found = generate(Decoder(model), "x = ", options, cancelled=lambda: model.forwards >= 2)
    assert (found.stopped, model.forwards) == ("cancelled", 2)


def test_best_is_sorted_and_leaves_out_the_impossible() -> None:
    assert [index for index, _ in best(np.array([-3, -1, -np.inf, -2], np.float32), 4)] == [1, 3, 0]


# Alternatives


def test_first_alternative_is_the_greedy_answer_and_all_differ(real: Model) -> None:
    decoder = Decoder(real)
    greedy = generate(decoder, PROMPT)
    found = generate_many(decoder, PROMPT, 4)
    assert found[0].text == greedy.text
    assert len({each.text for each in found}) == len(found) == 4
    rest = [each.mean_logprob for each in found[1:]]
    assert rest == sorted(rest, reverse=True)


def test_alternatives_read_the_prompt_once(real: Model) -> None:
    found = generate_many(Decoder(real), PROMPT, 4)
    assert found[0].reused_tokens == 0
    assert all(each.reused_tokens >= len(PROMPT) - 1 for each in found[1:])


def test_alternative_says_what_greedy_would_after_its_first_tokens(real: Model) -> None:
    """Its tokens are the model's own likeliest ones from the branch on."""
    for each in generate_many(Decoder(real), PROMPT, 4)[1:]:
        assert list(each.ids[4:]) == greedy_without_cache(real, [*PROMPT, *each.ids[:4]], 20)


def test_alternatives_keep_the_healed_bytes(words: WordModel) -> None:
    found = generate_many(Decoder(words), [words.id(b"pr"), words.id(b"in")], 3, heal=True)
    assert len(found) > 1
    assert all(words.text(each.ids).startswith(b"in") for each in found)


def test_one_is_one(real: Model) -> None:
    assert len(generate_many(Decoder(real), PROMPT, 1)) == 1


def test_cancelled_alternatives_leave_the_first() -> None:
    model = ScriptedModel({"a": "bc"})
    found = generate_many(Decoder(model), "a", 3, cancelled=lambda: model.forwards >= 3)
    assert [each.text for each in found] == ["bc"]


def test_alternatives_are_decoded_only_when_asked_for(real: Model) -> None:
    read: list[int] = []
    decoder = Decoder(real)
    answers = decoder.generate_many(PROMPT, GREEDY, count=4, **_asked({"stop": lambda text: read.append(len(text))}))
    first = next(answers)
    tokens = len(read)
    assert tokens <= len(first.ids)
    assert len(list(answers)) == 3
    assert len(read) > tokens


def test_no_alternative_is_begun_once_there_are_enough(real: Model) -> None:
    answers = iter([False, True])
    found = generate_many(Decoder(real), PROMPT, 4, enough=lambda: next(answers))
    assert len(found) == 2


# Drafts


MEMORIES = st.lists(st.integers(30, 40), max_size=40)


def drafting(memory: Sequence[int], project: Sequence[int] = (), **shares: Any) -> Recall:
    index = Ngrams.empty(TOKENIZER.vocab_size).changed([np.array(project, np.int32)])[0]
    return Recall(np.array(memory, np.int32), project=index, **shares)


class Eager(Recall):
    """Drafts anything at all."""

    def __init__(self, guesses: Sequence[int], memory: Sequence[int]) -> None:
        super().__init__(np.array(memory, np.int32))
        self._guesses = list(guesses)

    def draft(self, ids: Sequence[int], most: int) -> list[int]:
        self._guesses = self._guesses[len(ids) % 3 :] + self._guesses[: len(ids) % 3]
        return self._guesses[:most]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(30, 40), min_size=1, max_size=20),
    MEMORIES,
    st.lists(st.integers(30, 260), max_size=9),
    st.data(),
)
def test_drafts_change_no_greedy_answer(
    exact: Model, prompt: list[int], memory: list[int], guesses: list[int], data: st.DataObject
) -> None:
    """Whatever is guessed, and however much of it."""
    options = replace(GREEDY, draft_tokens=data.draw(st.integers(1, 8)))
    plain = generate(Decoder(exact), prompt, recall=Recall(np.array(memory, np.int32)))
    if data.draw(st.booleans()):  # the model's own words among the guesses
        guesses = [*plain.ids[:5], *guesses]
    found = generate(Decoder(exact), prompt, options, recall=Eager(guesses, memory))
    assert found.ids == plain.ids
    assert (found.text, found.stopped, found.ends) == (plain.text, plain.stopped, plain.ends)
    assert found.logprobs == pytest.approx(plain.logprobs, abs=1e-3)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(30, 33), min_size=1, max_size=12), MEMORIES, MEMORIES)
def test_alternatives_are_the_same_with_drafts(
    exact: Model, prompt: list[int], memory: list[int], project: list[int]
) -> None:
    plain, drafted = (
        generate_many(Decoder(exact), prompt, 3, replace(GREEDY, draft_tokens=count), recall=drafting(memory, project))
        for count in (0, 4)
    )
    assert [each.ids for each in drafted] == [each.ids for each in plain]


def test_what_the_file_says_is_read_in_one_pass() -> None:
    line = "self.registry.register(name)"
    model = ScriptedModel({"self.r": line.removeprefix("self.r") + "\n"})
    memory = TOKENIZER.encode(f"x = 1\n{line}\n")
    found = generate(Decoder(model), "self.r", replace(GREEDY, draft_tokens=8), recall=drafting(memory))
    assert found.text == line.removeprefix("self.r") + "\n"
    assert found.accepted == found.drafted > 10
    assert model.forwards == len(found.ids) + 1 - found.accepted
    assert generate(Decoder(model), "self.r", recall=drafting(memory)).drafted == 0


def test_what_the_project_says_is_read_in_one_pass() -> None:
    line = "self.registry.register(name)"
    model = ScriptedModel({"self.r": line.removeprefix("self.r") + "\n"})
    recall = drafting([], TOKENIZER.encode(f"x = 1\n{line}\n"))
    found = generate(Decoder(model), "self.r", replace(GREEDY, draft_tokens=8), recall=recall)
    assert found.accepted > 10
    assert found.text == line.removeprefix("self.r") + "\n"


def test_a_wrong_guess_is_rolled_back() -> None:
    model = ScriptedModel({"abcd": "efXY"})
    recall = drafting(TOKENIZER.encode("abcdefghi"), shares=(0.1,) * 8)
    decoder = Decoder(model)
    found = generate(decoder, "abcd", replace(GREEDY, draft_tokens=4), recall=recall)
    assert (found.text, found.drafted > found.accepted) == ("efXY", True)
    assert generate(decoder, "abcdefXY", replace(GREEDY, draft_tokens=4)).text == ""


def test_sampling_and_beams_do_without_drafts(exact: Model) -> None:
    for options in (replace(GREEDY, temperature=1.0), replace(GREEDY, beams=2)):
        plain = generate(Decoder(exact), PROMPT, options, recall=Recall(np.array(PROMPT, np.int32)))
        found = generate(Decoder(exact), PROMPT, replace(options, draft_tokens=4), recall=Eager(PROMPT, PROMPT))
        assert (found.ids, found.drafted) == (plain.ids, 0)


def test_drafts_never_go_beyond_the_length_asked_for() -> None:
    model = ScriptedModel({"a": "b" * 50}, capacity=9)
    options = replace(GREEDY, max_new_tokens=8, draft_tokens=8)
    found = generate(Decoder(model), "a", options, recall=Eager(TOKENIZER.encode("b" * 8), []))
    assert (found.text, found.stopped) == ("b" * 8, "length")


def test_cancel_stops_before_the_next_pass_with_drafts() -> None:
    model = ScriptedModel({"a": "b" * 30})
    found = generate(
        Decoder(model),
        "a",
        replace(GREEDY, draft_tokens=3),
        recall=Eager(TOKENIZER.encode("bbb"), []),
        cancelled=lambda: model.forwards >= 2,
    )
    assert (found.stopped, model.forwards, len(found.ids)) == ("cancelled", 2, 8)
