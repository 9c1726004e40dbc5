"""``slm bench actions``: a small run of the real thing, and that it sees what breaks."""

from __future__ import annotations

import ast
import random
from functools import partial
from typing import TYPE_CHECKING

import pytest

from python_slm.bench.actions import damaged, run, selection
from python_slm.lsp.actions.base import Action
from python_slm.refactor.plan import Plan
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from python_slm.lsp.actions.base import Place

TEXT = '''"""Some shop."""

import os
import sys


class Shop:
    def __init__(self, items, scale=1):
        self.items = items
        self.scale = scale

    def total(self, tax):
        """Adds up.

        Args:
            rate: What the state takes.
        """
        net = sum(self.items) * self.scale
        if not net > 0 and tax:
            return 0
        else:
            return net + net * tax


def use(shop, path):
    for item in shop.items:
        print("%s" % item)
    lines = []
    for line in open(path):
        lines.append(line)
    return [shop.total(line) for line in lines]
'''


class Broken:
    """Offers an edit that nobody has proven."""

    name = "broken"
    kinds = ("refactor",)
    by_hand = True

    def __init__(self, edit: Edit) -> None:
        self._edit = edit

    def actions(self, place: Place, only: str = "") -> Iterator[Action]:
        yield Action("broken", "refactor", "Break", partial(Plan, (self._edit,)))


class Raising(Broken):
    """Stumbles."""

    def actions(self, place: Place, only: str = "") -> Iterator[Action]:
        raise KeyError(place.start)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    file = tmp_path / "shop.py"
    file.write_text(TEXT, encoding="utf-8")
    return [file]


def test_no_action_breaks_a_file(files: list[Path]) -> None:
    tally = run(60, 0, files)
    assert tally.faults == []
    assert tally.trials == 60
    assert 0 < tally.broken_before < 60
    assert {"quickfix", "source.fixAll.python-slm", "refactor.rewrite.docstring.update"} <= set(tally.made)
    assert sum(kind.startswith("refactor.") for kind in tally.made) >= 8


@pytest.mark.parametrize(
    ("sort", "fault"),
    [
        (Broken(Edit(0, 0, "(")), "does not compile"),
        (Broken(Edit(len(TEXT) - 40, len(TEXT), "\nnowhere\n")), "undefined name"),
        (Raising(Edit(0, 0, "")), "exception"),
    ],
)
def test_what_breaks_is_told_with_its_place(files: list[Path], sort: Broken, fault: str) -> None:
    tally = run(200, 0, files, [sort])  # ten states of the file, some of which compile
    assert any(one.startswith(f"{fault}: broken, shop.py state") for one in tally.faults), tally.faults


def test_the_same_seed_damages_and_selects_alike() -> None:
    for seed in range(30):
        once, again = (damaged(TEXT, random.Random(seed)) for _ in range(2))
        assert once == again
        start, end = selection(once, random.Random(seed))
        assert (start, end) == selection(once, random.Random(seed))
        assert 0 <= start <= end <= len(once)
    kept = sum(damaged(TEXT, random.Random(seed)) == TEXT for seed in range(300))
    assert 60 < kept < 180
    ast.parse(TEXT)
