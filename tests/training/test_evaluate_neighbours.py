"""What replay knows of the project around a file, as the language server would."""

from __future__ import annotations

from python_slm.project.surroundings import NOTHING_KNOWN
from python_slm_training.evaluate.neighbours import Neighbours
from python_slm_training.evaluate.sources import Project, SourceFile
from tests.fakes import byte_tokenizer

TOKENIZER = byte_tokenizer()
HERE = SourceFile("p", "a.py", "scale = 'red'\n")
THERE = SourceFile("p", "b.py", "shape = 'round'\n")
NEIGHBOURS = Neighbours([Project("p", "1", (HERE, THERE))], TOKENIZER)


def matched(file: SourceFile, typed: str) -> int:
    """Tokens at the end of ``typed`` that stand in the files around ``file``."""
    memory = NEIGHBOURS.of(file, file.text, 0).memory
    assert memory is not None
    return memory.followers(TOKENIZER.encode(typed))[1]


def test_other_files_are_known_and_the_replayed_one_is_not() -> None:
    assert matched(HERE, "shape") == matched(THERE, "scale") == 5
    assert matched(HERE, "scale") < 5


def test_a_file_of_no_project_has_no_neighbours() -> None:
    assert NEIGHBOURS.of(SourceFile("", "solution.py", ""), "", 0) is NOTHING_KNOWN


def test_definitions_and_importers_come_from_the_other_files_as_committed() -> None:
    user = SourceFile("p", "pkg/user.py", "from pkg.shapes import area\n\nprint(area(2))\n")
    shapes = SourceFile("p", "pkg/shapes.py", "def area(side, scale=1):\n    return scale * side**2\n")
    both = Neighbours([Project("p", "1", (user, shapes, SourceFile("p", "pkg/__init__.py", "")))], TOKENIZER)
    [definition] = both.of(user, user.text, len(user.text)).definitions.values()
    assert definition.path == "pkg/shapes.py"
    assert [one.name for one in definition.parameters or ()] == ["side", "scale"]
    importer, related = both.of(shapes, "", 0).chunks
    assert (importer.source, importer.path, "area(2)" in importer.text) == ("importer", "pkg/user.py", True)
    assert (related.source, related.path, related.text) == ("related", "pkg/user.py", user.text)


def test_imports_are_those_of_the_other_files() -> None:
    files = [SourceFile("p", f"{n}.py", "import json\n") for n in range(2)]
    assert Neighbours([Project("p", "1", tuple(files))], TOKENIZER).of(files[0], "", 0).imports == {}
    files.append(SourceFile("p", "2.py", "import json\n"))
    assert Neighbours([Project("p", "1", tuple(files))], TOKENIZER).of(files[0], "", 0).imports["json"] == "import json"
