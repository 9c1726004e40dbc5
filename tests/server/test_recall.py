"""The file's own n-grams in the model's distribution."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from python_slm.engine.recall import NOTHING, Recall

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
