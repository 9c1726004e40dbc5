"""Docstring facts against the code, chrF, and which functions are asked for."""

from __future__ import annotations

import ast

import pytest

from python_slm_training.evaluate import docstrings
from python_slm_training.evaluate.chrf import chrf
from python_slm_training.evaluate.parts.documenting import closing_quotes
from python_slm_training.evaluate.sources import SourceFile

CODE = """
def read(path, *lines, strict=False):
    if not path:
        raise errors.ReadError(path)
    return list(lines)
"""
GOOD = """Read lines.

Args:
    path: Where.
    *lines: Which.
    strict: Whether to fail.

Returns:
    The lines of `path`.

Raises:
    ReadError: without a path.
"""


def claimed(text: str, code: str = CODE) -> tuple[int, int]:
    node = ast.parse(code).body[0]
    assert isinstance(node, ast.FunctionDef)
    found = docstrings.claims(text, node)
    return found.right, found.made


@pytest.mark.parametrize(
    ("text", "right", "made"),
    [
        (GOOD, 6, 6),
        ("Read lines.", 0, 0),
        (GOOD.replace("strict:", "mode:"), 5, 6),
        (GOOD.replace("ReadError:", "ValueError:"), 5, 6),
        (GOOD.replace("`path`", "`unknown_name`"), 5, 6),
        (":param path: where\n:param file: what\n:raises ReadError: always", 2, 3),
        ("Read.\n\nParameters\n----------\npath : str\n    Where.\nmode : str\n    How.", 1, 2),
        ("Reads `None` from ``self``.", 2, 2),
    ],
)
def test_claims_are_checked_against_the_code(text: str, right: int, made: int) -> None:
    assert claimed(text) == (right, made)


def test_a_described_return_value_must_be_returned() -> None:
    code = "def f(x):\n    print(x)\n    return\n"
    assert claimed("Show.\n\nReturns:\n    The x.\n", code) == (0, 1)
    assert claimed("Show.\n\nReturns:\n    The x.\n", code.replace("return", "yield x")) == (1, 1)


FILE = SourceFile(
    "p",
    "a.py",
    '''class Shop:
    @property
    async def open(self, hour):
        """Whether the shop is open.

        Args:
            hour: Of the day.
        """
        return 8 <= hour < 20

    def short(self):
        """Short."""
        return 1

    def raw(self):
        r"""A raw docstring that is long enough."""
        return 1
''',
)


def test_a_function_is_cut_around_its_docstring() -> None:
    (found,) = docstrings.sample_functions([FILE], 5, seed=0)
    assert found.name == "open"
    assert found.before.startswith("    @property\n")
    assert found.before.endswith('(self, hour):\n        """')
    assert found.after == '"""\n        return 8 <= hour < 20\n'
    assert found.docstring.startswith("Whether the shop is open.")
    assert found.node.name == "open"
    assert found.bare == "@property\nasync def open(self, hour):\n    return 8 <= hour < 20\n"


def test_a_docstring_is_judged_by_likeness_claims_and_parameters() -> None:
    (function,) = docstrings.sample_functions([FILE], 5, seed=0)
    real = docstrings.judge(function, function.docstring)
    assert (real.similarity, real.claims, real.right, real.described, real.parameters) == (1.0, 1, 1, 1, 1)
    wrong = docstrings.judge(function, "Open it.\n\nArgs:\n    minute: Of the hour.")
    assert (wrong.claims, wrong.right, wrong.described, wrong.parameters) == (1, 0, 0, 1)
    silent = docstrings.judge(function, "")
    figures = {name: one.estimate().value for name, one in docstrings.observations([real, wrong, silent]).items()}
    assert figures["facts"] == 0.5
    assert figures["faultless"] == pytest.approx(1 / 3)
    assert figures["parameters"] == pytest.approx(1 / 3)


def test_the_floor_is_the_name_in_words() -> None:
    (function,) = docstrings.sample_functions([FILE], 5, seed=0)
    assert docstrings.name_in_words(function) == "Open."


def test_the_sample_is_reproducible() -> None:
    files = [SourceFile("p", f"{n}.py", FILE.text) for n in range(6)]
    assert docstrings.sample_functions(files, 3, 1) == docstrings.sample_functions(files, 3, 1)


def test_a_docstring_ends_at_its_closing_quotes() -> None:
    assert closing_quotes('Read.\n    """\n    return') == len("Read.\n    ")
    assert closing_quotes('Say "yes".') is None


@pytest.mark.parametrize(
    ("hypothesis", "reference", "score"),
    [
        ("Return the sum of two numbers.", "Add two numbers and return their sum.", 0.5101),
        ("the cat", "the cat", 1.0),
        ("abc", "xyz", 0.0),
        ("ab", "abcd", 0.4717),
        ("Open a connection to the device.", "Establish SSH connection to the network device.", 0.4903),
        ("Größe lesen", "Größe der Datei lesen", 0.3345),
        ("a", "ab cd ef gh", 0.1515),
        ("", "abc", 0.0),
    ],
)
def test_chrf_is_that_of_sacrebleu(hypothesis: str, reference: str, score: float) -> None:
    """Scores printed by sacrebleu 2.6's ``CHRF().sentence_score``, over 100."""
    assert chrf(hypothesis, reference) == pytest.approx(score, abs=5e-5)
