"""Text ↔ ids: what goes in comes out, and bad files are named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_slm.errors import TokenizerError
from python_slm.prompt import SPECIAL_TOKENS
from python_slm.tokenizer import Tokenizer, byte_alphabet
from tests.fakes import byte_tokenizer

if TYPE_CHECKING:
    from pathlib import Path

TOKENIZER = byte_tokenizer()


def test_a_missing_file_is_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(TokenizerError, match=r"nowhere\.json: cannot be read .*run 'slm doctor'"):
        Tokenizer.from_file(tmp_path / "nowhere.json")


@pytest.mark.parametrize("content", [b"", b"{}", b"[1, 2]", b"\xff\xfe\0", b'{"model": {"type": "BPE"}}', b"x" * 9999])
def test_a_garbage_file_is_named_with_the_way_out(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content)
    with pytest.raises(TokenizerError, match=r"tokenizer\.json: .*run 'slm doctor'"):
        Tokenizer.from_file(path)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(TOKENIZER.to_json()[:-100], encoding="utf-8")
    with pytest.raises(TokenizerError, match="not a tokenizer file"):
        Tokenizer.from_file(path)


def test_a_written_tokenizer_reads_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(TOKENIZER.to_json(), encoding="utf-8")
    again = Tokenizer.from_file(path)
    assert again.encode("déf <|endoftext|>") == TOKENIZER.encode("déf <|endoftext|>")
    assert again.vocab_size == TOKENIZER.vocab_size == len(SPECIAL_TOKENS) + 256


@given(st.text())
def test_text_survives_the_round_trip(text: str) -> None:
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == text


@given(st.binary())
def test_bytes_survive_the_round_trip(data: bytes) -> None:
    assert TOKENIZER.decode_bytes(TOKENIZER.encode_bytes(data)) == data


@given(st.text(alphabet=st.characters() | st.characters(categories=["Cs"])))
def test_lone_surrogates_are_read_as_replacement_characters(text: str) -> None:
    expected = "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == joined
    assert len(joined) <= len(expected)


def test_one_lone_surrogate_is_one_replacement_character() -> None:
    assert TOKENIZER.decode(TOKENIZER.encode("a\ud800b\udfff")) == "a\ufffdb\ufffd"


@given(st.lists(st.text(max_size=20), max_size=5))
def test_a_batch_gives_what_its_texts_give(texts: list[str]) -> None:
    assert TOKENIZER.encode_batch(texts) == [TOKENIZER.encode(text) for text in texts]


@pytest.mark.parametrize("token", SPECIAL_TOKENS)
def test_special_tokens_spelled_out_are_plain_text(token: str) -> None:
    ids = TOKENIZER.encode(token)
    assert len(ids) == len(token)
    assert min(ids) >= len(SPECIAL_TOKENS)
    assert TOKENIZER.decode(ids) == token


def test_special_tokens_decode_to_nothing() -> None:
    assert TOKENIZER.decode([0, *TOKENIZER.encode("x"), 4]) == "x"
    assert TOKENIZER.token_bytes[0] == b""


def test_incomplete_utf8_decodes_to_a_replacement_character() -> None:
    assert TOKENIZER.decode(TOKENIZER.encode("é")[:1]) == "\ufffd"


def test_an_unknown_special_token_is_named() -> None:
    with pytest.raises(TokenizerError, match=r"no <\|nothing\|> token"):
        TOKENIZER.special("<|nothing|>")


def test_the_alphabet_stands_for_every_byte_once() -> None:
    alphabet = byte_alphabet()
    assert sorted(alphabet.values()) == list(range(256))
    assert (alphabet["A"], alphabet["Ġ"], alphabet["Ċ"]) == (65, 32, 10)
