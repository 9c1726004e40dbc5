"""Prompts that end inside a word."""

from __future__ import annotations

import pytest

from python_slm.engine.healing import TokenIndex, unfinished

WORDS = [b"", b"re", b"tur", b"n", b" return", b" re", b".", b"_", b"na", b"me", b"(", b"1", b" ", b"\xc3", b"\xa9"]


@pytest.mark.parametrize(
    ("tokens", "count"),
    [
        ([b"(", b" re", b"tur"], 2),
        ([b"(", b"re", b"tur", b"n"], 3),
        ([b"na", b".", b"na"], 1),
        ([b"na", b"_", b"na"], 1),
        ([b"na", b"("], 1),
        ([b"na", b"1"], 1),
        ([b"", b"na"], 1),
        ([b"na", b""], 0),
        ([b"na"], 0),
        ([b".", b"na", b"\xc3", b"\xa9"], 3),
        ([b".", b"na", b"me", b"na", b"me", b"na"], 4),
    ],
)
def test_takes_back_the_word_that_may_go_on(tokens: list[bytes], count: int) -> None:
    assert unfinished([WORDS.index(token) for token in tokens], WORDS) == count


def test_tokens_that_fit_what_is_owed() -> None:
    fitting = TokenIndex(WORDS).compatible(b" retur")
    assert sorted(WORDS[index] for index in fitting.tolist()) == [b" ", b" re", b" return"]
