"""The exact token layout of each prompt format: what the model was trained on is what it is asked."""

from __future__ import annotations

import pytest

from python_slm import prompt
from tests.fakes import byte_tokenizer

TOKENIZER = byte_tokenizer()
END, SEP, PREFIX, SUFFIX, MIDDLE = range(5)


def ids(*parts: int | str) -> list[int]:
    """Special tokens as numbers, text as one token a byte."""
    base = len(prompt.SPECIAL_TOKENS)
    alphabet = list(TOKENIZER.token_bytes)[base:]
    found: list[int] = []
    for part in parts:
        found += [part] if isinstance(part, int) else [base + alphabet.index(bytes([byte])) for byte in part.encode()]
    return found


def test_special_tokens_have_the_first_ids_in_order() -> None:
    assert [TOKENIZER.special(token) for token in prompt.SPECIAL_TOKENS] == list(range(30))
    assert prompt.SPECIAL_TOKENS[:5] == (
        "<|endoftext|>",
        "<|file_sep|>",
        "<|fim_prefix|>",
        "<|fim_suffix|>",
        "<|fim_middle|>",
    )


def test_the_version_changes_when_a_format_does() -> None:
    assert prompt.PROMPT_VERSION == 1


def test_plain() -> None:
    assert prompt.plain_ids(TOKENIZER, "x = 1\n", path="a.py") == ids(SEP, "a.py\n", "x = 1\n", END)
    assert prompt.plain_ids(TOKENIZER, "x") == ids("x", END)


def test_prefix_suffix_middle() -> None:
    assert prompt.psm_ids(TOKENIZER, "a(", ")", "é", path="p/q.py") == ids(
        SEP, "p/q.py\n", PREFIX, "a(", SUFFIX, ")", MIDDLE, "é", END
    )


def test_suffix_prefix_middle() -> None:
    assert prompt.spm_ids(TOKENIZER, "a(", ")", "b", path="q.py") == ids(
        SEP, "q.py\n", PREFIX, SUFFIX, ")", MIDDLE, "a(b", END
    )


def test_a_request_has_chunks_then_the_file_and_ends_with_the_text_before_the_cursor() -> None:
    asked = prompt.complete_ids(TOKENIZER, "a(", ")", path="q.py", chunks=[("far.py", "F"), ("near.py", "N\n")])
    assert asked == ids(SEP, "far.py\nF", SEP, "near.py\nN\n", SEP, "q.py\n", PREFIX, SUFFIX, ")", MIDDLE, "a(")


@pytest.mark.parametrize("path", ["", "q.py"])
def test_a_request_begins_a_training_example(path: str) -> None:
    asked = prompt.complete_ids(TOKENIZER, "a(", ")", path=path)
    example = prompt.spm_ids(TOKENIZER, "a(", ")", "b", path=path)
    assert example == [*asked, *ids("b", END)]


def test_typing_only_appends_tokens() -> None:
    before = prompt.complete_ids(TOKENIZER, "def f", ")\n", path="q.py")
    after = prompt.complete_ids(TOKENIZER, "def f(x", ")\n", path="q.py")
    assert after[: len(before)] == before


@pytest.mark.parametrize("token", prompt.SPECIAL_TOKENS)
def test_special_tokens_in_a_users_text_are_plain_text(token: str) -> None:
    asked = prompt.complete_ids(TOKENIZER, f"'{token}", token, path=token, chunks=[(token, token)])
    assert asked == ids(SEP, f"{token}\n{token}", SEP, f"{token}\n", PREFIX, SUFFIX, token, MIDDLE, f"'{token}")


def test_a_completion_ends_where_anything_else_begins() -> None:
    assert prompt.end_ids(TOKENIZER) == [END, SEP, PREFIX, SUFFIX, MIDDLE]
