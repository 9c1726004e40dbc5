"""Who imports the open file, and how its names are used there."""

from __future__ import annotations

import pytest

from python_slm.project.importers import MAX_FILES, importers
from python_slm.project.related import imported_files, related


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


FILES = {
    "src/pkg/shapes.py": "",
    "src/pkg/colours.py": "",
    "src/pkg/deep/inner.py": "",
    "src/pkg/__init__.py": "",
    "src/pkg/main.py": "",
    "src/pkg/main_window.py": "",
    "src/pkg/zebra.py": "",
    "tools/user.py": "from pkg.main import run\n\nrun()\n",
    "far/away.py": "",
}


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("from pkg.shapes import area", ["src/pkg/shapes.py"]),
        ("import pkg.shapes", ["src/pkg/shapes.py"]),
        ("from . import colours, shapes", ["src/pkg/colours.py", "src/pkg/__init__.py", "src/pkg/shapes.py"]),
        ("from .deep.inner import (\n    this,\n    that,\n)", ["src/pkg/deep/inner.py"]),
        ("import os, sys\nfrom elsewhere import away", []),
    ],
)
def test_imports_lead_to_files(line: str, files: list[str]) -> None:
    assert imported_files("src/pkg/main.py", f"{line}\n", FILES) == files


def test_related_are_imported_then_importing_then_beside_by_name() -> None:
    found = related("src/pkg/main.py", "from .shapes import area\n", FILES)
    assert [chunk.path for chunk in found] == [
        "src/pkg/shapes.py",
        "tools/user.py",
        "src/pkg/main_window.py",
        "src/pkg/colours.py",
    ]
    assert {chunk.source for chunk in found} == {"related"}
