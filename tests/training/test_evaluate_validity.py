"""Suggestions are put into the committed file, and ruff says which of their names nothing defines."""

from __future__ import annotations

import shutil
import sysconfig
from dataclasses import replace

import pytest

from python_slm.tasks.complete import Completion
from python_slm.text import Edit
from python_slm_training.evaluate.cases import Case, sample_cases
from python_slm_training.evaluate.parts.validity import Judged, figures, judge, line, undefined
from python_slm_training.evaluate.sources import SourceFile

RUFF = shutil.which("ruff", path=sysconfig.get_path("scripts")) or shutil.which("ruff") or ""
TEXT = '"""é"""\n\n\ndef f(parts, root):\n    first = parts[0]\n    path = join(root, first)\n    return path\n'
FILE = SourceFile("p", "m.py", f"from os.path import join\n{TEXT}")


def case(kind: str = "call-args") -> Case:
    """Right of ``join(``."""
    return next(one for one in sample_cases([FILE], 9, 0) if one.kind == kind)


def judged(says: str, *imports: str) -> Judged:
    at = case()
    edits = tuple(Edit(0, 0, f"{one}\n") for one in imports)
    return judge(at, [Completion(says, at.offset, at.offset, 0.0, edits)], RUFF)


@pytest.mark.parametrize(
    ("says", "want"),
    [("root, first)", 0), ("root, second)", 1), ("second, third)", 2), ("root, ", None), ("path)", 1), ("os.sep)", 1)],
)
def test_names_of_a_suggestion_that_nothing_defines_are_counted(says: str, want: int | None) -> None:
    assert judged(says).undefined == want


def test_an_import_that_comes_along_defines_its_name() -> None:
    found = judged("os.sep)", "import os")
    assert (found.undefined, found.imports) == (0, 1)


def test_a_suggestion_is_exact_where_it_is_the_rest_of_the_line() -> None:
    assert judged("root, first)").exact
    assert judged("root, first)\n    return 1").exact
    assert not judged("root, first").exact


def test_nothing_shown_is_nothing_wrong() -> None:
    found = judge(case(), [], RUFF)
    assert (found.shown, found.exact, found.undefined) == (False, False, 0)


def test_names_elsewhere_in_the_file_do_not_count() -> None:
    assert undefined("print(absent)\nx = 'é' + missing\n", 14, 24, RUFF) == 0
    assert undefined("print(absent)\nx = 'é' + missing\n", 14, 25, RUFF) == 1


def test_figures_say_what_one_contestant_lost_of_what_another_had() -> None:
    right = Judged("p/m.py", "call-args", 9, shown=True, exact=True, imports=0, undefined=0)
    silent = replace(right, shown=False, exact=False)
    wrong = replace(right, exact=False, undefined=2)
    unread = replace(right, exact=False, undefined=None)
    everybody = {"with": [right, silent, silent, unread], "without": [right, right, wrong, unread]}
    found = {name: figures(rows, everybody) for name, rows in everybody.items()}
    assert found["with"]["lost"] == {"without": 1}
    assert found["without"]["lost"] == {"with": 0}
    assert (found["without"]["shown"], found["without"]["undefined"], found["without"]["unread"]) == (4, 1, 1)
    assert found["without"]["kinds"]["call-args"]["undefined"] == 1
    assert "0 of 2 suggestions at 4 cursors use an undefined name" in line("with", found["with"])
    assert "1 of without's exact ones lost" in line("with", found["with"])
