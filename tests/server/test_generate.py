"""A function from a description."""

from __future__ import annotations

from itertools import pairwise

import pytest

from python_slm.engine.decode import Decoder
from python_slm.tasks.generate import Generated, generate, name_for
from tests.fakes import ScriptedModel

WISH = "Add two numbers."
HEAD = "def add_two_numbers("
DOC = '    """Add two numbers."""\n'


def written(parameters: str, body: str, *, most: int = 200) -> tuple[Generated, list[str]]:
    heard: list[str] = []
    model = ScriptedModel({HEAD: parameters, DOC: body})
    return generate(WISH, decoder=Decoder(model), max_tokens=most, heard=heard.append), heard


def test_the_model_gives_parameters_and_body() -> None:
    done, _ = written("a, b", "    return a + b\n")
    assert done.text == f"{HEAD}a, b):\n{DOC}    return a + b\n"
    assert done.parses


def test_the_text_is_told_as_it_grows() -> None:
    _, heard = written("a, b", "    return a + b\n")
    assert len(heard) > 3
    assert all(later.startswith(earlier.rstrip()) for earlier, later in pairwise(heard))


def test_it_ends_where_the_body_does() -> None:
    done, _ = written("a, b", "    return a + b\n\n\ndef other():\n    pass\n")
    assert done.text.endswith("return a + b\n")


def test_parameters_that_are_none_give_way() -> None:
    done, _ = written("1, 2", "    return 3\n")
    assert done.text.startswith(f"{HEAD}value):\n")


def test_what_is_left_when_tokens_run_out_is_a_program() -> None:
    done, _ = written("a, b", "    total = a + b\n    print((total,\n", most=40)
    assert done.text == f"{HEAD}a, b):\n{DOC}    total = a + b\n"
    assert done.parses


def test_it_does_not_say_the_same_for_ever() -> None:
    done, _ = written("a, b", "    a = b\n" * 12)
    assert done.text.count("a = b") < 4


def test_a_wish_to_stop_is_heard() -> None:
    model = ScriptedModel({HEAD: "a, b", DOC: "    return a + b\n"})
    done = generate(WISH, decoder=Decoder(model), max_tokens=50, cancelled=lambda: True)
    assert done.stopped == "cancelled"


@pytest.mark.parametrize(
    ("wish", "name"),
    [
        ("Check whether a number is prime.", "check_number_prime"),
        ("Return the class", "class_"),
        ("…", "answer"),
        ("Read a CSV file. Then close it.", "read_csv_file"),
        ("Größe der Datei", "der_datei"),
    ],
)
def test_the_name_is_of_the_description(wish: str, name: str) -> None:
    assert name_for(wish) == name


@pytest.mark.parametrize("wish", ['Say """hello""".', "Ends in a backslash \\", 'Ends in a "quote"', "Two\n\nlines."])
def test_any_description_fits_into_the_docstring(wish: str) -> None:
    done = generate(wish, decoder=Decoder(ScriptedModel({})), max_tokens=5)
    assert done.parses, done.text
