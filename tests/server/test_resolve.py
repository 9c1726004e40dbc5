"""What names of the open file stand for, and how certain that is."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from python_slm.project.names import imported_names, names_used
from python_slm.project.resolve import Resolver, resolve

if TYPE_CHECKING:
    from pathlib import Path

    from python_slm.project.surroundings import Definition

SHAPES = '''
"""Shapes
and their areas.

More."""
import dataclasses
from functools import lru_cache, wraps

def area(width, /, height=1, *rest, unit, scale=1.0, **more):
    """The area."""

def decorated(f):
    return f

@decorated
def unknown(a): ...

@lru_cache
def kept(a): ...

try:
    from fast import twice
except ImportError:
    def twice(a): ...

class Shape:
    """A shape.

    Long story."""
    sides: int = 0
    def __init__(self, name, colour="red"):
        self.name = name
        self.colour, self.size = colour, 1
    def draw(self, canvas): ...
    @classmethod
    def of(cls, text): ...
    @staticmethod
    def parse(text): ...
    @property
    def label(self): ...

class Square(Shape):
    def turn(self): ...

class Open(Shape):
    def __getattr__(self, name): ...

class Strange(missing.Base): ...

class Meta(metaclass=type): ...

class Wrong(ValueError):
    def __init__(self, where): ...

class Empty: ...

@dataclasses.dataclass(frozen=True)
class Point:
    x: int
    y: int = 0
    many: list = dataclasses.field(default_factory=list)

shape = Shape("x")
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    package = tmp_path / "geometry"
    package.mkdir()
    (package / "__init__.py").write_text("from geometry.shapes import Shape as Figure\n")
    (package / "shapes.py").write_text(SHAPES.lstrip())
    (package / "dynamic.py").write_text("def __getattr__(name): ...\n")
    (package / "star.py").write_text("from geometry.shapes import *\n")
    return tmp_path


def ask(project: Path, text: str) -> dict[str, Definition]:
    """Definitions at ``|`` of a file beside the package."""
    text = textwrap.dedent(text)
    offset = text.index("|") if "|" in text else len(text)
    return resolve(text.replace("|", ""), offset, "main.py", project, variables={})


def call(definition: Definition) -> str | None:
    """``a/ b? *c d. e.? **f``: positional only, default, rest, keyword only."""
    if definition.parameters is None:
        return None
    marks = {"positional": "{}/", "either": "{}", "args": "*{}", "keyword": "{}.", "kwargs": "**{}"}
    optional = {True: "", False: "?"}
    return " ".join(
        marks[one.kind].format(one.name) + (optional[one.required] if one.kind not in ("args", "kwargs") else "")
        for one in definition.parameters
    )


def test_a_function_of_another_file(project: Path) -> None:
    found = ask(project, "from geometry.shapes import area\n")["area"]
    assert (found.kind, found.module, found.path, found.line) == (
        "function",
        "geometry.shapes",
        "geometry/shapes.py",
        7,
    )
    assert found.signature == "def area(width, /, height=1, *rest, unit, scale=1.0, **more):"
    assert found.summary == "The area."
    assert call(found) == "width/ height? *rest unit. scale.? **more"


def test_an_alias_of_a_module_and_what_is_used_of_it(project: Path) -> None:
    found = ask(project, "import geometry.shapes as gs\nprint(gs.Square.draw, gs.missing)\n|")
    assert set(found) == {"gs", "gs.Square", "gs.Square.draw"}
    assert found["gs"].kind == "module"
    assert found["gs"].summary == "Shapes and their areas."
    assert found["gs"].members is not None
    assert {"area", "Shape", "shape", "twice", "lru_cache", "__name__"} <= found["gs"].members
    assert call(found["gs.Square"]) == "name colour?"


def test_a_name_is_followed_through_a_package_in_code_that_does_not_parse(project: Path) -> None:
    found = ask(project, "from geometry import Figure\ndef broken(:\n    x = Figure(|\n")["Figure"]
    assert (found.kind, found.module, found.summary) == ("class", "geometry.shapes", "A shape.")
    assert call(found) == "name colour?"


@pytest.mark.parametrize(
    ("use", "parameters"),
    [
        ("s.kept", "a"),
        ("s.Shape.draw", "self canvas"),
        ("s.Shape.of", "text"),
        ("s.Shape.parse", "text"),
        ("s.shape.draw", "canvas"),
        ("s.Wrong", "where"),
        ("s.Empty", ""),
        ("s.Point", "x y? many?"),
        ("s.unknown", None),
        ("s.twice", None),
        ("s.Shape.label", None),
        ("s.Strange", None),
        ("s.Meta", None),
        ("s.Open", None),
    ],
)
def test_parameters_are_told_only_when_they_are_certain(project: Path, use: str, parameters: str | None) -> None:
    assert call(ask(project, f"import geometry.shapes as s\n{use}\n")[use]) == parameters


def test_members_are_own_set_in_methods_and_inherited(project: Path) -> None:
    members = ask(project, "from geometry.shapes import Square\n")["Square"].members
    assert members is not None
    assert {"turn", "draw", "name", "size", "colour", "sides", "label", "__class__"} <= members
    assert "canvas" not in members


@pytest.mark.parametrize("name", ["Open", "Strange", "Meta"])
def test_members_of_what_may_have_others_are_not_told(project: Path, name: str) -> None:
    assert ask(project, f"from geometry.shapes import {name}\n")[name].members is None


@pytest.mark.parametrize("module", ["dynamic", "star"])
def test_members_of_a_module_that_makes_names_are_not_told(project: Path, module: str) -> None:
    assert ask(project, f"from geometry import {module}\n")[module].members is None


def test_the_standard_library_is_read_where_there_is_no_environment(project: Path) -> None:
    found = ask(project, "import os.path, sys\nfrom math import sqrt\nos.path.join\nsys.exit\n|")
    assert found["os.path.join"].signature == "def join(a, *p):"
    assert found["sys"].members is not None
    assert {"exit", "path", "argv"} <= found["sys"].members
    assert found["sqrt"].signature.startswith("def sqrt(")


def test_an_error_class_inherits_from_the_builtins(project: Path) -> None:
    members = ask(project, "from geometry.shapes import Wrong\n")["Wrong"].members
    assert members is not None
    assert {"args", "with_traceback"} <= members


def test_a_file_of_the_environment_is_read_and_not_run(project: Path) -> None:
    site = project / ".venv" / "lib" / "python3.11" / "site-packages"
    site.mkdir(parents=True)
    (site / "library.py").write_text("raise SystemExit\ndef help_me(a): ...\n")
    assert call(ask(project, "import library\nlibrary.help_me\n")["library.help_me"]) == "a"


def test_names_defined_in_the_file_itself_are_left_out(project: Path) -> None:
    (project / "main.py").write_text("def own(): ...\n")
    assert ask(project, "from main import own\ndef own(): ...\n") == {}


def test_imported_names_in_every_form() -> None:
    text = textwrap.dedent("""
        import os, sys as system, a.b.c
        from x import (  # why
            one,  # noqa: this is no name
            two as second,
        )
        from y import three, \\
            four
        def f():
            from .z import five
    """)
    names = imported_names(text)
    assert set(names) == {"os", "system", "a", "one", "second", "three", "four", "five"}
    assert all(text[place:].startswith(name) for name, place in names.items())


def test_asked_for_one_name_it_knows_what_that_is_taken_from(project: Path) -> None:
    resolver = Resolver(project, "", {})
    text = "import geometry.shapes as s\ns.shape.draw\ns.Square\n"
    found = resolver.resolve(text, len(text), "main.py", names=frozenset(("s.shape.draw",)))
    assert call(found["s.shape.draw"]) == "canvas"
    assert "s.Square" not in found


def test_names_that_there_was_no_time_for_are_told(project: Path) -> None:
    resolver = Resolver(project, "", {})
    text = "from geometry.shapes import area, Shape\n"
    answers = iter([False, True, True])
    found = resolver.resolve(text, len(text), "main.py", late=lambda: next(answers))
    assert {*found, *resolver.left} == {"area", "Shape"}
    assert len(resolver.left) == 1


def test_names_near_the_cursor_come_first_and_the_one_being_typed_not_at_all() -> None:
    text = "import far, near\nfar.away\n\n\nnear.by\nnear.b"
    used = list(names_used(text, len(text)))
    assert used[:2] == ["near", "near.by"]
    assert "near.b" not in used
    assert "far.away" in used
