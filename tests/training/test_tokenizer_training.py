"""The tokenizer: lossless on everything, special tokens first, no token across lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import zstandard
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from python_slm.errors import CorpusError
from python_slm.prompt import END_OF_TEXT, SPECIAL_TOKENS
from python_slm_training.cli.train import train
from python_slm_training.tokenize.bpe import measure, sample_texts, save_tokenizer, train_tokenizer
from python_slm_training.tokenize.corpus import text_bytes
from tests.training.corpus import write_corpus, write_file

if TYPE_CHECKING:
    from pathlib import Path

    from python_slm.tokenizer import Tokenizer

VOCAB = 700
PYTHON = st.text(st.sampled_from("def x(:\n    return 12_é\t#\"'\\\r"), max_size=80)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def tokenizer(corpus: Path) -> Tokenizer:
    return train_tokenizer(sample_texts(corpus, split="train", limit=1 << 20), vocab=VOCAB)


@settings(deadline=None)
@given(text=st.one_of(st.text(), PYTHON))
def test_any_text_survives(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text


@settings(deadline=None)
@given(data=st.binary())
def test_any_byte_string_survives(tokenizer: Tokenizer, data: bytes) -> None:
    assert tokenizer.decode_bytes(tokenizer.encode_bytes(data)) == data


@settings(deadline=None)
@given(texts=st.lists(st.one_of(PYTHON, st.text(st.characters(codec=None)))))
def test_a_batch_is_encoded_as_each_text_alone(tokenizer: Tokenizer, texts: list[str]) -> None:
    assert tokenizer.encode_batch(texts) == [tokenizer.encode(text) for text in texts]


def test_special_tokens_have_the_first_ids_in_order(tokenizer: Tokenizer) -> None:
    assert [tokenizer.special(name) for name in SPECIAL_TOKENS] == list(range(len(SPECIAL_TOKENS)))


def test_the_vocabulary_is_as_large_as_asked(tokenizer: Tokenizer) -> None:
    assert tokenizer.vocab_size == VOCAB


def test_no_token_holds_text_after_a_newline(tokenizer: Tokenizer) -> None:
    across = [token for token in tokenizer.token_bytes if token.rpartition(b"\n")[1] and token.rpartition(b"\n")[2]]
    assert across == []


def test_no_token_holds_two_digits(tokenizer: Tokenizer) -> None:
    assert [token for token in tokenizer.token_bytes if sum(48 <= byte < 58 for byte in token) > 1] == []


@pytest.mark.parametrize("depth", [4, 8, 12])
def test_an_indentation_is_one_token(tokenizer: Tokenizer, depth: int) -> None:
    ids = tokenizer.encode("\n" + " " * depth + "return x")
    assert [tokenizer.token_bytes[index] for index in ids[:3]] == [b"\n", b" " * (depth - 1), b" return"]


def test_special_tokens_in_user_text_are_plain_text(tokenizer: Tokenizer) -> None:
    assert tokenizer.special(END_OF_TEXT) not in tokenizer.encode(f"x = '{END_OF_TEXT}'")


def test_merges_shorten_held_out_code(tokenizer: Tokenizer, corpus: Path) -> None:
    assert measure(tokenizer, sample_texts(corpus, split="valid", limit=1 << 20)).bytes_per_token > 2


def test_nothing_measured_is_no_ratio(tokenizer: Tokenizer) -> None:
    assert measure(tokenizer, []).bytes_per_token == 0


def test_a_sample_takes_from_every_file_and_stops_at_its_limit(tmp_path: Path) -> None:
    for name in "abc":
        write_file(tmp_path / "train" / f"{name}.jsonl.zst", {f"{name}{i}.py": name * 10 for i in range(100)})
    texts = list(sample_texts(tmp_path, split="train", limit=300))
    assert {text[0] for text in texts} == set("abc")
    assert sum(map(len, texts)) <= 300


def test_what_a_short_file_lacks_others_give(tmp_path: Path) -> None:
    write_file(tmp_path / "train" / "a.jsonl.zst", {"a.py": "a" * 10})
    write_file(tmp_path / "train" / "b.jsonl.zst", {f"b{i}.py": "b" * 10 for i in range(100)})
    assert sum(map(len, sample_texts(tmp_path, split="train", limit=300))) == 300


def test_text_bytes_counts_utf8() -> None:
    assert [text_bytes(text) for text in ("ab", "é", "\ud800")] == [2, 2, 3]


def test_transformers_reads_it_and_agrees(tokenizer: Tokenizer, tmp_path: Path) -> None:
    save_tokenizer(tokenizer, tmp_path)
    theirs = AutoTokenizer.from_pretrained(tmp_path)  # type: ignore[no-untyped-call]
    text = "def area(w, h):\n    return w * h  # 42\n"
    assert theirs(text)["input_ids"] == tokenizer.encode(text)
    assert theirs.decode(theirs(text)["input_ids"]) == text
    assert theirs.eos_token == END_OF_TEXT


def test_the_command_reports_bytes_per_token(corpus: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(train, ["tokenizer", str(corpus), "--out", str(tmp_path / "t"), "--vocab", "600"])
    assert result.exit_code == 0, result.output
    assert "600 ids" in result.output
    assert "bytes/token" in result.output


def test_an_empty_folder_is_not_a_corpus(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="slm data curate"):
        list(sample_texts(tmp_path, split="train", limit=10))


def test_a_broken_record_is_named_by_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "train" / "a.jsonl.zst"
    path.parent.mkdir()
    path.write_bytes(zstandard.compress(json.dumps({"text": "x"}).encode() + b"\n{}\n"))
    with pytest.raises(CorpusError, match=r"a\.jsonl\.zst:2"):
        list(sample_texts(tmp_path, split="train", limit=10))
