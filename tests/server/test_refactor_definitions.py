"""Refactorings of definitions: what they make runs as before, and the command across files."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from python_slm.cli import main
from python_slm.project.package import module_of
from python_slm.refactor.base import offer, refactorings
from python_slm.refactor.plan import Plan
from python_slm.syntax.blocks import BlockIndex

if TYPE_CHECKING:
    from pathlib import Path

BY_NAME = {one.name: one for one in refactorings()}


def refactored(name: str, text: str, at: str) -> str:
    start = text.index(at)
    plan = offer(BY_NAME[name], BlockIndex.of(text), start, start)
    assert isinstance(plan, Plan), plan
    return plan.applied(text)


def ran(text: str) -> str:
    done = subprocess.run([sys.executable, "-"], input=text, capture_output=True, text=True, check=True)
    return done.stdout


CLASS = """
class Point:
    def __init__(self, x: int, y: int = 2):
        self.x = x
        self.y = y
        self.seen = []

    def __str__(self):
        return f"{self.x},{self.y},{self.seen}"


class Far(Point):
    def __init__(self, x):
        super().__init__(x, y=5)
        self.z = 1


a, b = Point(1), Point(1)
a.seen.append(1)
print(a, b, a == b, hash(a) == hash(b), Far(3), Point(1, y=4), len({a, b}), Point.__init__.__defaults__)
"""


def test_a_dataclass_does_what_the_class_did() -> None:
    after = refactored("to-dataclass", CLASS, "class Point")
    assert "@dataclass(eq=False)" in after
    assert ran(after) == ran(CLASS)


SERVICE = """
import asyncio


def _double(x):
    return x * 2


class Box:
    def __init__(self, n):
        self.n = n

    def _size(self):
        return self.n + 1

    def half(self, x):
        return x / 2

    async def run(self):
        print(_double(self._size()), [_double(1), 2], self.half(4))


asyncio.run(Box(3).run())
"""


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("to-async", "def _double"),
        ("to-property", "def _size"),
        ("to-staticmethod", "def half"),
        ("to-async", "def _size"),
    ],
)
def test_a_changed_definition_prints_the_same(name: str, at: str) -> None:
    after = refactored(name, SERVICE, at)
    assert after != SERVICE
    assert ran(after) == ran(SERVICE)


@pytest.mark.parametrize(
    ("name", "back", "at"),
    [
        ("to-async", "to-sync", "_double(x"),
        ("to-property", "to-method", "_size(self"),
        ("name-arguments", "unname-arguments", "_double(self"),
    ],
)
def test_there_and_back_is_the_same(name: str, back: str, at: str) -> None:
    there = refactored(name, SERVICE, at)
    assert there != SERVICE
    assert refactored(back, there, at.replace("(self", "(x=self") if name == "name-arguments" else at) == SERVICE


def test_generated_methods_do_what_they_say() -> None:
    text = "class A:\n    x: int\n    y: int = 2\n\n\n"
    for name in ("generate-init", "generate-repr", "generate-eq"):
        text = refactored(name, text, "class A")
    assert ran(text + "print(A(1), A(1) == A(1), A(1) == A(3), len({A(1), A(1)}), A(1) == 1)\n") == (
        "A(x=1, y=2) True False 1 False\n"
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").touch()
    (tmp_path / "app" / "shapes.py").write_bytes(b"def area(x):\r\n    return x\r\n")
    (tmp_path / "app" / "user.py").write_text("from app.shapes import area\n\nprint(area(2))\n")
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["refactor", *arguments])
    return done.exit_code, done.output


def test_command_renames_across_files_only_when_told_to_write(project: Path) -> None:
    place = f"{project / 'app' / 'shapes.py'}:1:5"
    code, shown = run("--project", str(project), place, "rename", "--as", "surface")
    assert code == 0, shown
    assert "+print(surface(2))" in shown
    assert "area" in (project / "app" / "user.py").read_text()
    assert run("--project", str(project), place, "rename", "--as", "surface", "--write")[0] == 0
    assert (project / "app" / "user.py").read_text() == "from app.shapes import surface\n\nprint(surface(2))\n"
    assert (project / "app" / "shapes.py").read_bytes() == b"def surface(x):\r\n    return x\r\n"


def test_command_prints_edits_or_the_reason_as_json(project: Path) -> None:
    place = f"{project / 'app' / 'shapes.py'}:1:5"
    code, shown = run("--project", str(project), place, "rename", "--as", "surface", "--json")
    assert code == 0
    assert {one["path"] for one in json.loads(shown)["files"]} == {"app/shapes.py", "app/user.py"}
    code, shown = run("--project", str(project), place, "rename", "--as", "class", "--json")
    assert code == 1
    assert json.loads(shown) == {"refused": "the new name is a keyword, or none at all"}


def test_command_asks_for_what_it_needs(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    place = f"{project / 'app' / 'shapes.py'}:1:5"
    assert "rename needs --as" in run("--project", str(project), place, "rename")[1]
    assert "change-signature" in run("--project", str(project), place, "nonsense")[1]
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert "not below" in run("--project", str(elsewhere), place, "rename", "--as", "x")[1]


def test_command_offers_what_ruff_does(project: Path) -> None:
    path = project / "app" / "nested.py"
    path.write_text("def f(a, b):\n    if a:\n        if b:\n            return 1\n    return 2\n")
    assert "merge-nested-if            yes" in run(f"{path}:2:5", "--list")[1]
    assert run(f"{path}:2:5", "merge-nested-if", "--write")[0] == 0
    assert "    if a and b:\n        return 1\n" in path.read_text()
    code, shown = run(f"{path}:2:5", "merge-nested-if")
    assert code == 1
    assert "ruff finds nothing" in shown


def test_imports_become_relative_by_the_packages_around(project: Path) -> None:
    path = project / "app" / "user.py"
    assert module_of(path) == "app.user"
    assert module_of(project / "app" / "__init__.py") == "app.__init__"
    assert run(f"{path}:1:3", "relative-import", "--write")[0] == 0
    assert path.read_text().startswith("from .shapes import area\n")
