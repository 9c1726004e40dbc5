"""Who imports the open file, and how its names are used there."""

from __future__ import annotations

import pytest

from python_slm.project.importers import MAX_FILES, importers


@pytest.mark.parametrize(
    ("path", "line", "use"),
    [
        ("pkg/shapes.py", "from pkg.shapes import Square", "Square(2)"),
        ("src/pkg/shapes.py", "from pkg.shapes import Square as S", "S(2)"),
        ("pkg/shapes.py", "import pkg.shapes", "pkg.shapes.area(2)"),
        ("pkg/shapes.py", "import pkg.shapes as s", "s.area(2)"),
        ("pkg/shapes.py", "from pkg import shapes", "shapes.area(2)"),
        ("pkg/shapes.py", "from .shapes import (\n    area,\n    Square,\n)", "area(2)"),
        ("pkg/shapes.py", "from . import shapes", "shapes.area(2)"),
        ("pkg/__init__.py", "from pkg import Square", "Square(2)"),
    ],
)
def test_every_form_of_import_is_found(path: str, line: str, use: str) -> None:
    text = f"{line}\n\n\ndef f():\n    return {use}\n"
    [chunk] = importers(path, {"pkg/user.py": text, path: "Square = area = 1\n"})
    assert (chunk.source, chunk.path, chunk.text) == ("importer", "pkg/user.py", f"return {use}\n")


@pytest.mark.parametrize(
    "text",
    [
        "from other.shapes2 import Square\nSquare(2)\n",
        "from elsewhere import shapes\nshapes.x(1)\n",
        "# from pkg.shapes import Square\nSquare(2)\n",
        "from pkg.shapes import Square\n",
    ],
)
def test_files_that_do_not_use_it_are_left_out(text: str) -> None:
    assert importers("pkg/shapes.py", {"user.py": text}) == ()


def test_the_nearest_folders_come_first_and_there_are_not_too_many() -> None:
    text = "from a.b.c import f\nf(1)\n"
    files = {f"z{number}.py": text for number in range(40)} | {"a/b/near.py": text}
    found = importers("a/b/c.py", files)
    assert len(found) == MAX_FILES
    assert found[0].path == "a/b/near.py"
