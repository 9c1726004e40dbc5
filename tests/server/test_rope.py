"""Refactorings across files: rope in a process of its own, its answers mended and verified, nothing written."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import warnings
from typing import TYPE_CHECKING

import psutil
import pytest

from python_slm.errors import MissingExtraError
from python_slm.lsp.rope_child import RopeChild
from python_slm.refactor.across import client
from python_slm.refactor.across.client import FAILED, LATE, ask, said_in, unsaved
from python_slm.refactor.across.differ import edits_between
from python_slm.refactor.across.question import Changes, Question, Work
from python_slm.refactor.across.worker import answer
from python_slm.refactor.plan import Refusal

if TYPE_CHECKING:
    from pathlib import Path

SHAPES = '''"""Shapes."""

__all__ = ["area"]

SCALE = 2


def area(width: int, height: int = 1) -> int:
    """Of a box."""
    return width * height * SCALE


class Box:
    """A box."""

    def __init__(self, width):
        self.width = width

    def size(self):
        return area(self.width)


def lonely(a):
    return a
'''
USER = """from ..shapes import area, Box
import pkg.shapes as s


def use(box):
    # é
    print(area(1, 2), area(width=3), s.area(4, height=5))
    print(box.size(), Box(2).size())
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pkg" / "sub").mkdir(parents=True)
    (tmp_path / "pkg" / "__init__.py").touch()
    (tmp_path / "pkg" / "sub" / "__init__.py").touch()
    (tmp_path / "pkg" / "shapes.py").write_bytes(SHAPES.encode())
    (tmp_path / "pkg" / "sub" / "user.py").write_bytes(USER.replace("\n", "\r\n").encode())
    (tmp_path / "pkg" / "empty.py").write_text('"""Nothing."""\n')
    return tmp_path


def asked(one: Question) -> Changes | Refusal:
    """As the process answers, without the second that starting one takes."""
    with warnings.catch_warnings(action="ignore"):  # rope's own, of its own functions
        return said_in(json.loads(json.dumps(answer(one, {}))))


def question(project: Path, marked: str, work: Work, to: str = "") -> Question:
    """``marked``: the text from where the offset is, of shapes.py."""
    return Question(str(project), "pkg/shapes.py", SHAPES.index(marked), work, to)


def texts(project: Path, changes: Changes | Refusal) -> dict[str, str]:
    assert isinstance(changes, Changes), changes
    return {one.path: one.applied((project / one.path).read_bytes().decode()) for one in changes.files}


def test_a_function_is_renamed_wherever_it_is_meant(project: Path) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    after = texts(project, ask(question(project, "area(width", "rename", "surface")))
    assert after == {
        "pkg/shapes.py": SHAPES.replace("area", "surface"),
        "pkg/sub/user.py": USER.replace("area", "surface").replace("\n", "\r\n"),
    }
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before


def test_edits_are_the_words_alone(project: Path) -> None:
    changes = asked(question(project, "SCALE = 2", "rename", "FACTOR"))
    assert isinstance(changes, Changes)
    assert [one.text for one in changes.files[0].edits] == ["FACTOR", "FACTOR"]


def test_places_that_cannot_be_told_are_named_and_left_alone(project: Path) -> None:
    changes = asked(question(project, "size(self", "rename", "measure"))
    assert isinstance(changes, Changes)
    assert [(one.path, one.line) for one in changes.doubts] == [("pkg/sub/user.py", 8)]
    assert "print(box.size(), Box(2).measure())" in texts(project, changes)["pkg/sub/user.py"]


def test_an_argument_of_another_function_keeps_its_name(project: Path) -> None:
    text = "def f(other):\n    zone = 1\n    other.replace(zone=zone)\n\n\ndef g(zone, x):\n    x.set(zone=zone)\n"
    path = project / "pkg" / "zones.py"
    path.write_text(text)
    after = texts(project, asked(Question(str(project), "pkg/zones.py", text.index("zone = 1"), "rename", "place")))
    assert after == {
        "pkg/zones.py": text.replace("zone = 1", "place = 1").replace(
            "other.replace(zone=zone)", "other.replace(zone=place)"
        )
    }
    refusal = asked(Question(str(project), "pkg/zones.py", text.index("zone, x"), "rename", "place"))
    assert isinstance(refusal, Refusal)
    assert "no such parameter" in refusal.reason


def test_a_class_moves_and_its_users_follow(project: Path) -> None:
    after = texts(project, asked(question(project, "Box:", "move", "pkg/empty.py")))
    assert "class Box" not in after["pkg/shapes.py"]
    assert "from pkg.shapes import area\n" in after["pkg/empty.py"]
    assert "from ..shapes import area\r\n" in after["pkg/sub/user.py"]
    assert "pkg.empty.Box(2)" in after["pkg/sub/user.py"]
    for path, text in after.items():
        (project / path).write_bytes(text.encode())
    ran = subprocess.run([sys.executable, "-c", "import pkg.sub.user"], cwd=project, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_a_move_that_would_let_files_import_each_other_is_refused(project: Path) -> None:
    text = SHAPES.replace('__all__ = ["area"]', "")
    (project / "pkg" / "shapes.py").write_text(text)
    wanted = Question(str(project), "pkg/shapes.py", text.index("area("), "move", "pkg/empty.py")
    assert asked(wanted) == Refusal("two files would import each other")


def test_what_its_module_exports_by_name_does_not_move(project: Path) -> None:
    assert asked(question(project, "area(width", "move", "pkg/empty.py")) == Refusal("its module names it in __all__")


def test_a_signature_changes_with_its_calls_and_keeps_annotations(project: Path) -> None:
    wanted = question(project, "area(width", "change-signature", "height, width, depth: int = 0")
    after = texts(project, asked(wanted))
    assert "def area(height: int, width: int, depth: int = 0) -> int:" in after["pkg/shapes.py"]
    assert "return area(1, self.width)" in after["pkg/shapes.py"]
    assert "print(area(2, 1), area(1, 3), s.area(5, 4))" in after["pkg/sub/user.py"]


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("width, height=1, depth", "do not parse"),
        ("width, depth, height=1", "needs a default"),
        ("width, height=2", "another default"),
        ("width, *, height=1", "star"),
        ("width, height=1", "nothing would change"),
    ],
)
def test_a_signature_that_is_not_certain_is_refused(project: Path, to: str, why: str) -> None:
    refusal = asked(question(project, "area(width", "change-signature", to))
    assert isinstance(refusal, Refusal)
    assert why in refusal.reason


def test_a_field_gets_methods(project: Path) -> None:
    after = texts(project, asked(question(project, "width = width", "encapsulate-field")))
    assert "def get_width(self):" in after["pkg/shapes.py"]
    assert "area(self.get_width())" in after["pkg/shapes.py"]


@pytest.mark.parametrize("name", ["class", "a b", "area"])
def test_a_name_must_be_one_and_another(project: Path, name: str) -> None:
    assert isinstance(asked(question(project, "area(width", "rename", name)), Refusal)


def test_a_file_that_does_not_parse_and_has_the_name_is_an_obstacle(project: Path) -> None:
    (project / "pkg" / "broken.py").write_text("from pkg.shapes import area\narea(\n")
    wanted = question(project, "area(width", "rename", "surface")
    assert asked(wanted) == Refusal("pkg/broken.py has the name and does not parse")
    assert isinstance(asked(question(project, "lonely", "rename", "alone")), Changes)


def test_files_that_are_not_saved_are_known(project: Path) -> None:
    path = project / "pkg" / "shapes.py"
    assert unsaved({path: SHAPES}) is None
    assert unsaved({path: SHAPES + "x"}) == path
    assert unsaved({project / "new.py": ""}) == project / "new.py"


def test_nothing_of_the_project_is_run(project: Path) -> None:
    (project / ".ropeproject").mkdir()
    boom = "import pathlib\npathlib.Path(__file__).with_name('ran').touch()\n"
    (project / ".ropeproject" / "config.py").write_text(boom)
    (project / "pkg" / "sub" / "__init__.py").write_text(boom)
    (project / "json.py").write_text(boom)
    assert isinstance(ask(question(project, "area(width", "rename", "surface")), Changes)
    assert not list(project.rglob("ran"))


def test_without_rope_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch, project: Path) -> None:
    monkeypatch.setattr(client, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'python-slm\[rope\]'"):
        ask(question(project, "area(width", "rename", "surface"))


def children() -> set[int]:
    return {one.pid for one in psutil.Process(os.getpid()).children(recursive=True)}


def test_a_cancelled_question_leaves_no_process(project: Path) -> None:
    before = children()
    assert ask(question(project, "area(width", "rename", "surface"), cancelled=lambda: True) == LATE
    assert ask(question(project, "area(width", "rename", "surface"), wait_s=0) == LATE
    assert children() == before


async def test_the_servers_process_answers_again_and_ends_when_cancelled(project: Path) -> None:
    child = RopeChild()
    asked = question(project, "area(width", "rename", "surface")
    first = await child.ask(asked)
    pid = child.pid
    assert isinstance(first, Changes)
    assert pid is not None
    (project / "pkg" / "late.py").write_text("from pkg.shapes import area\n")
    again = await child.ask(asked)
    assert isinstance(again, Changes)
    assert child.pid == pid
    assert "pkg/late.py" in [one.path for one in again.files]
    task = asyncio.create_task(child.ask(asked))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert child.pid is None
    await child.close()
    assert await child.ask(asked) == FAILED
    for _ in range(500):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(psutil.Process(pid).status())


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a = b\nc = a\n", "x = b\nc = x\n"),
        ("a\nb\nc", "a\nc"),
        ("", "x\n"),
        ("x\n", ""),
        ("a\nb\n", "b\na\n"),
        ("f(aa)\n", "f(aab)\n"),
        ("x\n", "x"),
    ],
)
def test_edits_lead_from_one_text_to_the_other(old: str, new: str, newline: str) -> None:
    text = old.replace("\n", newline)
    result = text
    for edit in reversed(edits_between(text, new)):
        result = result[: edit.start] + edit.text + result[edit.end :]
    expected = new.replace("\n", newline if "\n" in old else "\n")
    assert result == expected
