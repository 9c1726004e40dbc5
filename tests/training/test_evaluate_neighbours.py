"""What replay knows of the project around a file, as the language server would."""

from __future__ import annotations

from python_slm.project.surroundings import NOTHING_KNOWN
from python_slm_training.evaluate.neighbours import Neighbours
from python_slm_training.evaluate.sources import Project, SourceFile
from tests.fakes import byte_tokenizer

TOKENIZER = byte_tokenizer()
HERE = SourceFile("p", "a.py", "colour = 'red'\n")
THERE = SourceFile("p", "b.py", "shape = 'round'\n")
NEIGHBOURS = Neighbours([Project("p", "1", (HERE, THERE))], TOKENIZER)


def followers(file: SourceFile, typed: str) -> str:
    memory = NEIGHBOURS.of(file).memory
    assert memory is not None
    tokens, _ = memory.followers(TOKENIZER.encode(typed))
    return "".join(TOKENIZER.decode([int(token)]) for token in tokens)


def test_other_files_are_known_and_the_replayed_one_is_not() -> None:
    assert followers(HERE, "shape = '") == "r"
    assert followers(HERE, "colour =") != " "
    assert followers(THERE, "colour =") == " "


def test_a_file_of_no_project_has_no_neighbours() -> None:
    assert NEIGHBOURS.of(SourceFile("", "solution.py", "")) is NOTHING_KNOWN
