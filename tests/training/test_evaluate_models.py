"""The n-gram model, bits per byte, infilling and the product under test, on models whose answers are known."""

from __future__ import annotations

import gzip
import json
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from python_slm.engine.decode import Decoder
from python_slm.engine.model import Model
from python_slm.errors import EvaluationError
from python_slm.settings import CompletionSettings
from python_slm_training.evaluate import held_out, infilling
from python_slm_training.evaluate.infilling import VARIANTS, read_problems
from python_slm_training.evaluate.ngram import NGram, NGramCompleter
from python_slm_training.evaluate.product import Product, Writer, surprise
from python_slm_training.evaluate.programs import attempt, passes
from python_slm_training.evaluate.sandbox import Limits
from python_slm_training.evaluate.shards import Sample
from python_slm_training.evaluate.sources import SourceFile
from tests.fakes import ScriptedModel, byte_tokenizer
from tests.tiny_model import export_tiny
from tests.training.test_sandbox import sandbox_or_skip

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

TOKENIZER = byte_tokenizer()
FILE = SourceFile("p", "a.py", "")
PATIENT = CompletionSettings(deadline_ms=60_000)


def ids(text: str) -> NDArray[np.uint16]:
    return np.array(TOKENIZER.encode(text), np.uint16)


def ngram(*texts: str, order: int = 4) -> NGram:
    return NGram.train(Sample.of([ids(text) for text in texts]), TOKENIZER.vocab_size, order)


def test_ngram_probabilities_sum_to_one_with_and_without_the_file_at_hand() -> None:
    model = ngram("abcabd", "abx")
    for local in (None, np.asarray(ids("abqabq"), np.int64)):
        p = model.distribution(list(ids("ab")), local)
        assert p.sum() == pytest.approx(1)
        assert (p > 0).all()


def test_ngram_interpolates_by_witten_bell() -> None:
    model = ngram("ab", "ab", "ac", order=2)
    b, size = int(ids("b")[0]), TOKENIZER.vocab_size
    unigram = (2 + 1) / (6 + size)
    assert model.distribution(list(ids("a")))[b] == pytest.approx((2 + 2 * unigram) / (3 + 2))


def test_ngrams_do_not_cross_documents() -> None:
    apart, together = ngram("a", "b", order=2), ngram("ab", order=2)
    b = int(ids("b")[0])
    assert apart.distribution(list(ids("a")))[b] < together.distribution(list(ids("a")))[b]


def test_ngram_bits_count_what_the_document_itself_taught() -> None:
    model, text = ngram("the cat sat", order=5), "xyzzy plugh " * 4
    once, often = (ngram_bits(model, part) for part in (text[:12], text))
    assert often < 2 * once


def test_ngram_completes_the_line_as_trained_and_heals_the_word_at_the_cursor() -> None:
    complete = NGramCompleter(ngram("import numpy as np\n" * 3, order=6), TOKENIZER)
    assert complete(FILE, "import nu", 9) == ["mpy as np"]
    assert complete(FILE, "import numpy as np", 18) == []


def test_ngram_prefers_what_the_file_at_hand_says() -> None:
    model = ngram("value = other\n" * 3, order=6)
    text = "value = mine\n" * 4 + "value = "
    assert NGramCompleter(model, TOKENIZER)(FILE, text, len(text)) == ["mine"]


def test_bits_per_byte_of_a_model_match_its_logits(tmp_path: Path) -> None:
    model = Model.load(export_tiny(tmp_path), threads=1)
    text = "def f(x):\n    return x\n" * 15
    read = [*_header("a.py"), *(int(token) for token in ids(text))]
    logits = model.score(read, past=0).astype(np.float64)
    logprobs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    first = len(_header("a.py"))
    expected = -sum(logprobs[n - 1, read[n]] for n in range(first, len(read))) / math.log(2)
    found = held_out.read_by_model(model, SourceFile("p", "a.py", text), text)
    assert found.bits == pytest.approx(expected, rel=1e-3)
    assert (found.tokens, found.size) == (len(text), len(text))
    assert held_out.bits_per_byte([found]).estimate().value == pytest.approx(expected / len(text), rel=1e-3)
    assert held_out.perplexity([found]) == pytest.approx(2 ** (expected / len(text)), rel=1e-3)


def test_a_text_longer_than_the_context_is_read_whole_in_overlapping_windows(tmp_path: Path) -> None:
    model = Model.load(export_tiny(tmp_path, context=64), threads=1)
    text = "value = other + 1\n" * 20
    found = surprise(model, text)
    assert len(found.nats) == len(text) > 5 * model.capacity
    assert found.ends[-1] == len(text.encode())
    assert (found.nats > 0).all()
    short = surprise(model, text[:40])
    assert found.nats[:40] == pytest.approx(short.nats, abs=1e-4)
    assert len(found.after(100).nats) == len(text) - 100


def test_a_trained_ngram_needs_fewer_bits_than_an_untrained_one() -> None:
    trained, untrained = ngram("import os\nimport re\n" * 5), ngram("zzzz")
    text = "import os\nimport sys\n"
    assert ngram_bits(trained, text) < 0.5 * ngram_bits(untrained, text)


def test_documents_are_cut_at_a_line_and_reproducible() -> None:
    files = [SourceFile("p", f"{n}.py", f"x{n} = 1\n" * 2000) for n in range(5)]
    found = held_out.sample_documents(files, 3, seed=1)
    assert found == held_out.sample_documents(files, 3, seed=1)
    assert all(text.endswith("\n") and len(text) <= held_out.MOST_CHARACTERS for _, text in found)


def test_the_product_answers_with_texts_to_insert_that_a_user_can_cycle_through() -> None:
    product = Product(Decoder(ScriptedModel({"total = ": "price * count\n"})), PATIENT)
    text = "price, count = 1, 2\ntotal = \n"
    first, *others = product(FILE, text, text.index("= \n") + 2)
    assert first == "price * count"
    assert 0 < len(others) < 3
    assert first not in others
    assert product(FILE, "x = 1\n", 3) == []


def test_the_engine_writes_the_middle_and_stops_a_single_line_after_it() -> None:
    writer = Writer(Decoder(ScriptedModel({"x):\n": "    y = x\n    z = y\n"})))
    assert filled(writer, problem(0)) == "    y = x\n"
    assert filled(writer, problem(1)) == "    y = x\n    z = y\n"


def test_a_problem_longer_than_the_context_is_shortened() -> None:
    writer = Writer(Decoder(ScriptedModel({"x):\n": "    y = x\n"}, capacity=300)))
    assert filled(writer, problem(0, before="# " + "a" * 2000 + "\n")) == "    y = x\n"


def test_a_program_is_continued_left_to_right_until_it_is_cut_and_a_long_one_loses_its_start() -> None:
    writer = Writer(Decoder(ScriptedModel({"x):\n": "    return x\ndef g():\n"}, capacity=300)))

    def stop(text: str) -> int | None:
        return text.find("\ndef") if "\ndef" in text else None

    for before in ("", "# " + "a" * 2000 + "\n"):
        text = writer.go_on(before + "def f(x):\n", path="s.py", most=40, stop=stop)
        assert text == "    return x"


def test_a_task_is_answered_to_its_end() -> None:
    writer = Writer(Decoder(ScriptedModel({"return y": "2: variable misuse"}, capacity=300)))
    assert writer.answer("bug", "def f(x):\n    return y", path="", most=40) == "2: variable misuse"


@pytest.mark.parametrize(
    ("text", "length"), [("", None), ("a = 1", None), ("a = 1\nb", 6), ("\n  a\nb", 5), ("\n\n", None)]
)
def test_a_single_line_ends_after_the_first_line_that_is_not_blank(text: str, length: int | None) -> None:
    assert problem(0).cut(text) == length
    assert problem(1).cut(text) is None


def test_problems_are_sampled_reproducibly(tmp_path: Path) -> None:
    benchmark(tmp_path)
    first = read_problems(tmp_path, VARIANTS[0], 2, seed=1)
    assert first == read_problems(tmp_path, VARIANTS[0], 2, seed=1)
    assert len({one.task for one in first}) == 2
    assert len(read_problems(tmp_path, VARIANTS[0], None, seed=1)) == 3


def test_a_missing_or_foreign_benchmark_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="human-eval-infilling"):
        read_problems(tmp_path, VARIANTS[0], 2, seed=1)
    (tmp_path / VARIANTS[0].file).write_bytes(gzip.compress(b'{"a": 1}\n'))
    with pytest.raises(EvaluationError, match="not a HumanEval-Infilling file"):
        read_problems(tmp_path, VARIANTS[0], 2, seed=1)


def test_the_reference_passes_and_nothing_fails(tmp_path: Path) -> None:
    benchmark(tmp_path)
    problems = read_problems(tmp_path, VARIANTS[0], None, seed=0)
    sandbox = sandbox_or_skip(Limits(seconds=10))
    for write, expected in ((infilling.reference, 1.0), (infilling.empty, 0.0)):
        attempts = list(attempt(problems, write, sandbox, workers=2))
        assert [one.task for one in attempts] == [one.task for one in problems]
        assert passes(attempts).estimate().value == expected


def test_a_line_completer_writes_whole_lines_where_the_gap_is_one() -> None:
    write = infilling.line_writer(lambda path, text, offset: ["    y = x"])
    assert write(problem(0)) == "    y = x\n"


def filled(writer: Writer, asked: infilling.InfillingProblem) -> str:
    return writer.fill(asked.prefix, asked.suffix, path="solution.py", most=asked.variant.most_tokens, stop=asked.cut)


def ngram_bits(model: NGram, text: str) -> float:
    return held_out.read_by_ngram(model, TOKENIZER, SourceFile("p", "a.py", text), text).bits


def problem(variant: int, before: str = "") -> infilling.InfillingProblem:
    prefix, suffix = before + "def f(x):\n", "    return y\n"
    tests = "def check(f):\n    assert f(3) == 3\n"
    return infilling.InfillingProblem("S/HumanEval/0/L0", prefix, suffix, "    y = x\n", tests, "f", VARIANTS[variant])


def benchmark(folder: Path) -> None:
    """The files of the benchmark's format, three problems each."""
    one = problem(0)
    fields = {"prompt": one.prefix, "suffix": one.suffix, "canonical_solution": one.solution, "test": one.tests}
    records = [{"task_id": f"S/HumanEval/{n}/L0", "entry_point": "f", **fields} for n in range(3)]
    text = "".join(json.dumps(record) + "\n" for record in records)
    for variant in VARIANTS:
        (folder / variant.file).write_bytes(gzip.compress(text.encode()))


def _header(path: str) -> list[int]:
    return [TOKENIZER.special("<|file_sep|>"), *TOKENIZER.encode(path + "\n")]
