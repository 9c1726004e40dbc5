"""The search: equal CPU time, the same texts for every tokenizer, and it goes on where it was killed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch

from python_slm_training.pretrain.config import Config
from python_slm_training.pretrain.model import build_model
from python_slm_training.pretrain.search import VARIANTS, Variant, _bits_per_byte, draw, line, read_results, search
from python_slm_training.tokenize.bpe import LINES_PATTERN, train_tokenizer
from tests.fakes import byte_tokenizer
from tests.training.corpus import write_corpus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from python_slm.tokenizer import Tokenizer

TINY = Config(
    hidden_size=32,
    layers=1,
    heads=2,
    kv_heads=1,
    intermediate_size=48,
    head_dim=16,
    context_length=64,
    batch_rows=2,
    micro_rows=2,
    validation_rows=2,
)


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_variants_differ_from_the_base_and_have_names_of_their_own() -> None:
    assert len({variant.name for variant in VARIANTS}) == len(VARIANTS)
    assert all(replace(TINY, **variant.changes) or True for variant in VARIANTS)
    assert all(variant.changes or variant.tokenizer != "8K" for variant in VARIANTS[1:])


def test_a_search_compares_and_goes_on(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    two = (Variant("base", "all"), Variant("still", "rate", {"muon_rate": 0.0, "adam_rate": 0.0}))
    first = search(corpus, tmp_path / "out", seconds=2, sample_mb=1, variants=two[1:], base=TINY)
    both = search(corpus, tmp_path / "out", seconds=2, sample_mb=1, variants=two, base=TINY)
    assert [result.name for result in both] == ["base", "still"], "a model that learns is better than one that does not"
    assert first[0] in both
    assert both == sorted(read_results(tmp_path / "out"), key=lambda result: result.bits_per_byte)
    assert "base" in line(both[0])
    draw(both, tmp_path / "search.svg")
    assert (tmp_path / "search.svg").stat().st_size > 1000


def test_bits_are_counted_for_every_byte() -> None:
    tokenizer = byte_tokenizer()
    model = build_model(TINY, vocab_size=tokenizer.vocab_size, end_of_text=0)
    with torch.no_grad():
        model.model.embed_tokens.weight.zero_()  # all ids alike: each byte costs log2 of the vocabulary
    bits, ratio = _bits_per_byte(model, tokenizer, ["x = 1\n", "é"])
    assert ratio == 1
    assert 2**bits == pytest.approx(tokenizer.vocab_size, rel=1e-4)


def test_merges_of_lines_cross_spaces_but_neither_lines_nor_digits() -> None:
    text = "for item in items:\n    total += item.price * 12\n"
    tokenizer: Tokenizer = train_tokenizer([text] * 50, vocab=600, pattern=LINES_PATTERN)
    tokens = [tokenizer.decode([number]) for number in tokenizer.encode(text)]
    assert "".join(tokens) == text
    assert any(" " in token.strip() for token in tokens)
    assert all("\n" not in token.strip("\n") for token in tokens)
    assert {"1", "2"} <= set(tokens)
