"""The exact token layout of each prompt format: what the model was trained on is what it is asked."""

from __future__ import annotations

import pytest
from tokenizers import Tokenizer as Backend
from tokenizers import models, pre_tokenizers

from python_slm import prompt
from python_slm.errors import PromptError, TokenizerError
from python_slm.tokenizer import Tokenizer, byte_alphabet
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


def test_a_task() -> None:
    fix, answer = TOKENIZER.special("<|fix|>"), TOKENIZER.special("<|answer|>")
    assert prompt.task_ids(TOKENIZER, "fix", "retrun", path="q.py") == ids(SEP, "q.py\n", fix, "retrun", answer)
    example = prompt.task_example_ids(TOKENIZER, "fix", "retrun", "return", path="q.py")
    assert example == ids(SEP, "q.py\n", fix, "retrun", answer, "return", END)


@pytest.mark.parametrize("task", ["answer", "cook"])
def test_a_task_that_is_none_is_refused(task: str) -> None:
    with pytest.raises(PromptError, match="docstring"):
        prompt.task_ids(TOKENIZER, task, "x")


def foreign(*names: str) -> Tokenizer:
    """A model of others: one token a byte, and these special tokens, whose ids begin at 256."""
    backend = Backend(models.BPE({character: index for index, character in enumerate(byte_alphabet())}, []))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.add_special_tokens(list(names))
    return Tokenizer(backend)


def spelled(tokenizer: Tokenizer, found: list[int]) -> str:
    """Ids as text, special tokens by their names."""
    names = {tokenizer.special(name): name for name in prompt.format_tokens() if tokenizer.has_special(name)}
    return "".join(names.get(index) or tokenizer.decode([index]) for index in found)


@pytest.mark.parametrize(
    ("tokens", "wanted"),
    [
        (
            ["<|endoftext|>", "<fim_prefix>", "<fim_middle>", "<fim_suffix>", "<file_sep>"],
            "<file_sep>q.py\n<fim_prefix><fim_suffix>)<fim_middle>a(",
        ),
        (
            ["<|endoftext|>", "<fim_prefix>", "<fim_middle>", "<fim_suffix>", "<filename>"],
            "<filename>q.py\n<fim_prefix><fim_suffix>)<fim_middle>a(",
        ),
        (
            ["<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|file_sep|>"],
            "<|file_sep|>q.py\n<|fim_prefix|>a(<|fim_suffix|>)<|fim_middle|>",
        ),
        (["<s>", "</s>", "▁<PRE>", "▁<MID>", "▁<SUF>", "▁<EOT>"], "<s># q.py\n▁<PRE>▁<SUF>)▁<MID>a("),
        (["<s>", "</s>", "[SUFFIX]", "[PREFIX]", "[MIDDLE]"], "<s># q.py\n[SUFFIX])[PREFIX]a("),
        (
            ["<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>", "<｜end▁of▁sentence｜>"],  # noqa: RUF001
            "# q.py\n<｜fim▁begin｜>a(<｜fim▁hole｜>)<｜fim▁end｜>",  # noqa: RUF001
        ),
    ],
)
def test_a_model_of_others_is_asked_in_its_own_words(tokens: list[str], wanted: str) -> None:
    tokenizer = foreign(*tokens)
    assert spelled(tokenizer, prompt.complete_ids(tokenizer, "a(", ")", path="q.py")) == wanted
    named = set(prompt.end_ids(tokenizer))
    assert prompt.end_id(tokenizer) in named
    assert all(len(tokenizer.token_bytes[index]) == 0 for index in named)


def test_a_model_of_others_that_learned_our_tasks_is_asked_suffix_first() -> None:
    qwen = ["<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|file_sep|>"]
    tokenizer = foreign(*qwen, *prompt.TASK_TOKENS)
    asked = spelled(tokenizer, prompt.complete_ids(tokenizer, "a(", ")"))
    assert asked == "<|fim_prefix|><|fim_suffix|>)<|fim_middle|>a("


def test_a_model_that_cannot_infill_is_told_what_it_lacks() -> None:
    tokenizer = foreign("<s>", "</s>")
    with pytest.raises(TokenizerError, match="slm train tune"):
        prompt.complete_ids(tokenizer, "a(", ")")
    missing = prompt.missing_tokens(tokenizer)
    assert missing == ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_sep|>", *prompt.TASK_TOKENS]
    assert prompt.missing_tokens(TOKENIZER) == []


def test_training_a_model_without_a_middle_token_puts_the_suffix_first_always() -> None:
    tokenizer = foreign("<s>", "</s>", "[SUFFIX]", "[PREFIX]", "[MIDDLE]")
    for make in (prompt.spm_ids, prompt.psm_ids):
        assert spelled(tokenizer, make(tokenizer, "a(", ")", "b")) == "<s>[SUFFIX])[PREFIX]a(b</s>"
    assert spelled(tokenizer, prompt.plain_ids(tokenizer, "x")) == "<s>x</s>"
