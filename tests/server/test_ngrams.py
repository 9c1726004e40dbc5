"""The index of many files answers as a search through all of them would."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from python_slm.engine.ngrams import MOST_PLACES, Ngrams
from python_slm.engine.recall import DEPTH

TEXTS = st.lists(st.lists(st.integers(0, 3), max_size=30), max_size=6)
QUESTION = st.lists(st.integers(0, 4), max_size=12)


def array(text: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array(text, np.int32)


def index_of(texts: list[list[int]], vocab_size: int = 5) -> Ngrams:
    return Ngrams.empty(vocab_size).changed([array(text) for text in texts])[0]


def searched(texts: list[list[int]], ids: list[int]) -> tuple[list[int], int]:
    """The same, by looking at every place of every text."""
    for length in range(min(DEPTH, len(ids)), 0, -1):
        found = [
            text[place]
            for text in texts
            for place in range(length, len(text))
            if text[place - length : place] == ids[-length:]
        ]
        if found:
            return sorted(found), length
    return [], 0


def answered(index: Ngrams, ids: list[int]) -> tuple[list[int], int]:
    found, length = index.followers(ids)
    return sorted(found.tolist()), length


@settings(max_examples=300)
@given(TEXTS, QUESTION, st.sampled_from([5, 8191, 8192, 65_535, 200_000]))
def test_finds_what_a_search_finds(texts: list[list[int]], ids: list[int], vocab_size: int) -> None:
    assert answered(index_of(texts, vocab_size), ids) == searched(texts, ids)


@given(st.lists(st.lists(st.integers(0, 199_999), max_size=30), max_size=4))
def test_tokens_of_a_large_vocabulary_are_told_apart(texts: list[list[int]]) -> None:
    index = index_of(texts, 200_000)
    for text in texts:
        for end in range(1, len(text)):
            assert answered(index, text[:end]) == searched(texts, text[:end])


@settings(max_examples=200)
@given(TEXTS, TEXTS, QUESTION, st.data())
def test_changed_is_as_if_made_anew(
    before: list[list[int]], added: list[list[int]], ids: list[int], data: st.DataObject
) -> None:
    index, spans = Ngrams.empty(5).changed([array(text) for text in before])
    gone = data.draw(st.sets(st.integers(0, len(before) - 1)) if before else st.just(set[int]()))
    changed, new = index.changed([array(text) for text in added], [spans[each] for each in gone])
    left = [text for each, text in enumerate(before) if each not in gone]
    assert answered(changed, ids) == searched(left + added, ids)
    assert answered(index, ids) == searched(before, ids), "the older index is as it was"

    kept = [span for each, span in enumerate(spans) if each not in gone] + new
    compacted, moved = changed.compact(kept)
    assert answered(compacted, ids) == searched(left + added, ids)
    assert [compacted.tokens[slice(*span)].tolist() for span in moved] == left + added


@settings(max_examples=200)
@given(TEXTS, QUESTION, st.data())
def test_without_a_text_is_as_if_it_were_not_there(texts: list[list[int]], ids: list[int], data: st.DataObject) -> None:
    index, spans = Ngrams.empty(5).changed([array(text) for text in texts])
    if texts:
        one = data.draw(st.integers(0, len(texts) - 1))
        rest = [text for each, text in enumerate(texts) if each != one]
        assert answered(index.without(spans[one]), ids) == searched(rest, ids)


def test_looks_at_a_bounded_number_of_places() -> None:
    found, length = index_of([[1, 2] * 5000]).followers([2, 1])
    assert length == 2
    assert MOST_PLACES / 2 < len(found) <= MOST_PLACES
    assert set(found.tolist()) == {2}


def test_many_places_hidden_leave_the_others() -> None:
    index, spans = Ngrams.empty(9).changed([array([1, 2] * 500), array([5, 1, 2, 1, 7])])
    assert answered(index.without(spans[0]), [2, 1]) == ([7], 2)


# How a match goes on


def test_a_match_goes_on_as_it_did_there() -> None:
    index = index_of([[1, 2, 3, 4, 0, 1], [9, 9, 3, 8, 8, 8]], 10)
    assert index.match([1, 2, 3]).continued(2) == [4, 0]
    assert index.match([1, 2, 3]).continued(9) == [4, 0, 1], "up to the end of the text"


def test_of_several_places_the_commonest_token_goes_on() -> None:
    assert index_of([[1, 2, 3, 4], [1, 2, 5, 6], [1, 2, 5, 7]], 10).match([1, 2]).continued(2) == [5, 7]


def test_nothing_goes_on_where_nothing_matches() -> None:
    assert index_of([[1, 2, 3, 4]], 10).match([7]).continued(3) == []
    assert index_of([], 10).match([7]).continued(3) == []


def test_tells_matches_apart_up_to_twelve_tokens() -> None:
    common = list(range(11))
    texts = [[30, *common, 20], [31, *common, 21], [31, *common, 21]]
    assert answered(index_of(texts, 40), [31, *common]) == ([21, 21], DEPTH)
    assert answered(index_of(texts, 40), common) == ([20, 21, 21], 11)
    assert answered(index_of([[30, *common, 20]] * 20 + texts[1:], 40), [31, *common]) == ([21, 21], DEPTH)
