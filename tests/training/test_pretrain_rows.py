"""Rows: pure functions of their number, whole prompts, no text lost or repeated by the plan."""

from __future__ import annotations

import pickle
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from python_slm.prompt import END_OF_TEXT, FILE_SEP, FIM_MIDDLE, FIM_PREFIX, FIM_SUFFIX
from python_slm.tokenizer import Tokenizer
from python_slm_training.pretrain.rows import IGNORED, Plan, Row, RowOptions, Rows
from python_slm_training.pretrain.spans import choose_span
from python_slm_training.tokenize.bpe import sample_texts, save_tokenizer, train_tokenizer
from python_slm_training.tokenize.encode import write_shards
from python_slm_training.tokenize.shards import Shards
from tests.training.corpus import write_corpus

if TYPE_CHECKING:
    from pathlib import Path

LENGTH = 128
CODE = st.text(st.sampled_from("ab(:\n    \t=é"), min_size=1, max_size=120)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("rows")
    corpus = write_corpus(made / "corpus")
    save_tokenizer(train_tokenizer(sample_texts(corpus, split="train", limit=1 << 20), vocab=700), made / "tokenizer")
    write_shards(corpus, made / "tokenizer", made / "shards")
    return made / "shards"


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Tokenizer:
    return Tokenizer.from_file(folder / "tokenizer.json")


def rows_of(folder: Path, *, fim_rate: float = 0.6, spm_share: float = 0.75, path_rate: float = 0.5) -> Rows:
    return Rows(Shards(folder, "train"), RowOptions(LENGTH, fim_rate, spm_share, 0.5, path_rate, seed=3))


def examples(row: Row, tokenizer: Tokenizer) -> list[list[int]]:
    """A row's examples: what lies between ends of text, without padding."""
    found: list[list[int]] = [[]]
    for index in row.ids[: int((row.labels != IGNORED).sum()) + 1].tolist():
        found[-1].append(index)
        if index == tokenizer.special(END_OF_TEXT):
            found.append([])
    return [example for example in found if example]


@settings(max_examples=20, deadline=None)
@given(number=st.integers(0, 10_000))
def test_a_row_is_a_function_of_its_number(folder: Path, number: int) -> None:
    rows = rows_of(folder)
    rows[number + 1], rows[0]
    for found in (rows[number], pickle.loads(pickle.dumps(rows))[number]):
        again = rows_of(folder)[number]
        assert np.array_equal(found.ids, again.ids)
        assert np.array_equal(found.labels, again.labels)


@settings(max_examples=20, deadline=None)
@given(number=st.integers(0, 10_000))
def test_labels_are_the_next_ids_and_padding_has_none(folder: Path, tokenizer: Tokenizer, number: int) -> None:
    row = rows_of(folder)[number]
    assert row.ids.shape == row.labels.shape == (LENGTH,)
    real = int((row.labels != IGNORED).sum())
    assert np.array_equal(row.ids[1:real], row.labels[: real - 1])
    assert (row.labels[real:] == IGNORED).all()
    assert (row.ids[real + 1 :] == tokenizer.special(END_OF_TEXT)).all()


def test_rows_are_nearly_full(folder: Path) -> None:
    rows = rows_of(folder)
    assert np.mean([(rows[number].labels != IGNORED).mean() for number in range(50)]) > 0.85


def test_neighbouring_rows_come_from_all_over_the_corpus(folder: Path) -> None:
    rows = rows_of(folder)
    windows = [rows._window(number) for number in range(20)]
    assert sum(abs(a - b) > 1 for a, b in pairwise(windows)) >= 17


def test_an_epoch_reads_each_window_once(folder: Path) -> None:
    rows = rows_of(folder)
    count = rows.rows_per_epoch
    assert sorted(rows._window(number) for number in range(count)) == list(range(count))
    assert sorted(rows._window(count + number) for number in range(count)) == list(range(count, 2 * count))


@settings(deadline=None)
@given(lengths=st.lists(st.integers(1, 30), min_size=1, max_size=12), window=st.integers(1, 40))
def test_windows_of_an_epoch_cover_every_token_once(lengths: list[int], window: int) -> None:
    plan = Plan(np.array(lengths), seed=5)
    seen: Counter[tuple[int, int]] = Counter()
    for start in range(0, plan.tokens, window):
        for piece in plan.pieces(start, min(window, plan.tokens - start)):
            seen.update((piece.document, token) for token in range(piece.start, piece.stop))
    assert seen == Counter((document, token) for document, size in enumerate(lengths) for token in range(size))


def test_each_epoch_has_an_order_of_its_own() -> None:
    plan = Plan(np.full(50, 10), seed=5)
    first, second = ([piece.document for piece in plan.pieces(start, plan.tokens)] for start in (0, plan.tokens))
    assert first != second
    assert sorted(first) == sorted(second)


def test_infilling_rates_are_as_asked(folder: Path, tokenizer: Tokenizer) -> None:
    suffix_first, prefix_first, plain, headed = 0, 0, 0, 0
    prefix, suffix, sep = (tokenizer.special(name) for name in (FIM_PREFIX, FIM_SUFFIX, FILE_SEP))
    rows = rows_of(folder)
    for number in range(400):
        for example in examples(rows[number], tokenizer):
            headed += example[0] == sep
            if prefix not in example:
                plain += 1
            elif example[example.index(prefix) + 1] == suffix:
                suffix_first += 1
            else:
                prefix_first += 1
    total = plain + suffix_first + prefix_first
    assert (suffix_first + prefix_first) / total == pytest.approx(0.6, abs=0.1)
    assert suffix_first / (suffix_first + prefix_first) == pytest.approx(0.75, abs=0.1)
    assert headed / total == pytest.approx(0.5, abs=0.15)


def test_infilling_puts_the_text_together_again(folder: Path, tokenizer: Tokenizer) -> None:
    rows = rows_of(folder, fim_rate=1, spm_share=1, path_rate=0)
    suffix, middle = tokenizer.special(FIM_SUFFIX), tokenizer.special(FIM_MIDDLE)
    texts = [
        document.decode()
        for shards in [Shards(folder, "train")]
        for i in range(len(shards))
        for document in [tokenizer.decode_bytes(shards.tokens(i, 0, 1 << 20)[: np.diff(shards.index.starts)[i]])]
    ]
    whole = [example for number in range(20) for example in examples(rows[number], tokenizer) if middle in example]
    assert len(whole) >= 20
    for example in whole:
        ask, answer = example.index(suffix), example.index(middle)
        text = tokenizer.decode(example[answer:]) + tokenizer.decode(example[ask:answer])
        assert any(text in document for document in texts)


def test_a_document_that_goes_on_does_not_end(folder: Path, tokenizer: Tokenizer) -> None:
    rows = rows_of(folder, fim_rate=0, path_rate=0)
    end = tokenizer.special(END_OF_TEXT)
    tails = {tokenizer.decode(_document(folder, tokenizer, i))[-30:] for i in range(len(Shards(folder, "train")))}
    for number in range(60):
        for example in examples(rows[number], tokenizer):
            if example[-1] == end:
                assert any(tokenizer.decode(example)[-10:] == tail[-10:] for tail in tails)


def _document(folder: Path, tokenizer: Tokenizer, number: int) -> list[int]:
    shards = Shards(folder, "train")
    found: list[int] = shards.tokens(number, 0, int(np.diff(shards.index.starts)[number])).tolist()
    return found


@settings(deadline=None)
@given(text=CODE, seed=st.integers(0, 2**32), line_share=st.sampled_from([0.0, 0.5, 1.0]))
def test_a_span_lies_in_its_text(text: str, seed: int, line_share: float) -> None:
    start, end = choose_span(text, np.random.default_rng(seed), line_share=line_share)
    assert 0 <= start <= end <= len(text)


@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_line_spans_end_where_a_line_ends_and_hide_code(seed: int) -> None:
    text = "def f(x):\n    if x:\n        y = 1\n        return y\n    return 2\n"
    start, end = choose_span(text, np.random.default_rng(seed), line_share=1)
    assert text[end : end + 1] in ("\n", "")
    assert text[start:end].strip()


def test_blocks_take_their_deeper_lines_along() -> None:
    text = "if x:\n    a = 1\n\n    b = 2\nc = 3\n"
    spans = {text[slice(*choose_span(text, np.random.default_rng(seed), line_share=1))] for seed in range(500)}
    assert "a = 1\n\n    b = 2" in spans
