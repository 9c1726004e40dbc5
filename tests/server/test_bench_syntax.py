"""``slm bench syntax`` types what it says it types, and measures it beside its rivals."""

from __future__ import annotations

import gc
import itertools
import json
import random
import subprocess
import sys
from typing import TYPE_CHECKING

from python_slm.bench.syntax import keystrokes, measure, stdlib_text

if TYPE_CHECKING:
    from pathlib import Path


def test_the_file_made_up_has_about_the_lines_asked_for() -> None:
    assert 1900 <= stdlib_text(2000).count("\n") <= 2040


def test_keys_are_typed_one_by_one_and_undone() -> None:
    text = "def f():\n    pass\n"
    typed = list(keystrokes(text, 60, random.Random(3)))
    lengths = [len(after) - len(text) for after, _ in typed]
    assert len(typed) == 60
    assert 0 in lengths
    assert all(later - earlier == 1 or earlier == 0 or later == 0 for earlier, later in itertools.pairwise(lengths))
    assert all(0 <= cursor <= len(after) for after, cursor in typed)


def test_a_file_that_no_rival_parses_is_measured_too() -> None:
    figures = measure("def f(:\n" * 9, 12, 0)
    assert figures.keys == 12
    assert (figures.libcst_cpu_ms, figures.ast_cpu_ms) == (None, None)
    assert figures.p50_ms > 0


def test_the_command_prints_its_figures(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1\n\n\ndef f():\n    return x\n" * 20, encoding="utf-8")
    command = [sys.executable, "-m", "python_slm", "bench", "syntax", "--file", str(path), "--keys", "40"]
    plain = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "keystroke → block index" in plain
    assert "goal: p50 ≤ 5 ms on 5,000 lines" in plain
    figures = json.loads(subprocess.run([*command, "--json"], capture_output=True, check=True).stdout)
    assert (figures["lines"], figures["keys"]) == (100, 40)
    assert gc.get_threshold()[0] != 20_000  # only the command's own process collects less
