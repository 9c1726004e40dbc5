"""The file's own n-grams in the model's distribution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from python_slm.engine.recall import DEPTH, NOTHING, Recall, Stretches

UNIFORM = np.log(np.full(10, 0.1, np.float32))


def mixed(memory: list[int], ids: list[int], shares: tuple[float, ...] = (0.2, 0.6)) -> list[float]:
    recall = Recall(np.array(memory, np.int32), shares)
    return [round(float(p), 3) for p in np.exp(recall.mixed(UNIFORM.copy(), ids))]


def test_what_followed_gets_its_share() -> None:
    assert mixed([1, 2, 3], [2])[3] == 0.28
    assert mixed([1, 2, 3], [2])[4] == 0.08


def test_a_longer_match_gets_more_and_shorter_ones_nothing() -> None:
    probabilities = mixed([1, 2, 3, 5, 2, 4], [1, 2])
    assert probabilities[3] == 0.64
    assert probabilities[4] == 0.04


def test_several_followers_share_by_count() -> None:
    probabilities = mixed([2, 3, 2, 3, 2, 4, NOTHING], [2])
    assert probabilities[3] > probabilities[4] > 0.08


def test_nothing_follows_the_end_of_a_stretch() -> None:
    assert mixed([1, 2, NOTHING, 3], [2]) == [0.1] * 10


def test_no_match_crosses_the_end_of_a_stretch() -> None:
    assert mixed([1, NOTHING, 2, 3], [1, 2])[3] == 0.28


def test_an_empty_memory_or_prompt_changes_nothing() -> None:
    assert mixed([], [1]) == mixed([1, 2], []) == [0.1] * 10


@given(st.lists(st.integers(-1, 9), max_size=40), st.lists(st.integers(0, 9), max_size=12))
def test_probabilities_add_up_to_one(memory: list[int], ids: list[int]) -> None:
    total = np.exp(Recall(np.array(memory, np.int32)).mixed(UNIFORM.copy(), ids)).sum()
    assert abs(float(total) - 1) < 1e-4


@settings(max_examples=200)
@given(st.lists(st.integers(-1, 2), max_size=60), st.lists(st.integers(0, 2), max_size=15))
def test_the_longest_match_is_found(memory: list[int], ids: list[int]) -> None:
    places = {
        length: [
            memory[place]
            for place in range(length, len(memory))
            if memory[place - length : place] == ids[len(ids) - length :] and memory[place] != NOTHING
        ]
        for length in range(1, min(DEPTH, len(ids)) + 1)
    }
    want = max((length for length, found in places.items() if found), default=0)
    followers, length = Stretches(np.array(memory, np.int32)).followers(ids)
    assert (sorted(followers.tolist()), length) == (sorted(places[want]) if want else [], want)


def test_the_memory_that_matches_longer_comes_last() -> None:
    """It gets its share of everything, the other one a share of what is left."""
    project = Stretches(np.array([1, 2, 5], np.int32))
    recall = Recall(np.array([2, 6], np.int32), (0.2, 0.6), project=project, second_shares=(0.5, 0.5))
    found = np.exp(recall.mixed(UNIFORM.copy(), [1, 2]))
    assert found[[5, 6, 7]] == pytest.approx([0.62, 0.22, 0.02], abs=1e-5)


def test_of_equal_matches_the_files_comes_last() -> None:
    project = Stretches(np.array([1, 2, 5], np.int32))
    recall = Recall(np.array([1, 2, 6], np.int32), (0.2, 0.6), project=project, second_shares=(0.5, 0.5))
    found = np.exp(recall.mixed(UNIFORM.copy(), [1, 2]))
    assert found[[5, 6, 7]] == pytest.approx([0.22, 0.62, 0.02], abs=1e-5)


def test_a_draft_is_what_followed_the_longest_match_and_shorter_than_that() -> None:
    file, project = [9, 3, 4, 5, 1, 1, 1], Stretches(np.array([7, 8, 3, 4, 5, 6, 6, 6, 6, 6, 6], np.int32))
    recall = Recall(np.array(file, np.int32), project=project)
    assert recall.draft([7, 8, 3, 4, 5], 9) == [6, 6, 6, 6]
    assert recall.draft([7, 8, 3, 4, 5], 2) == [6, 6]
    assert recall.draft([9, 9, 3, 4, 5], 9) == [1, 1, 1]
    assert recall.draft([0, 0, 0, 4, 5], 9) == [], "a short match is no ground for a guess"
