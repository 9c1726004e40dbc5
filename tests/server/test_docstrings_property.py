"""Docstrings of real files and random ones: the program stays the same, and no word is lost."""

import os
import random
import re
from pathlib import Path

import pytest

from python_slm.docstrings.entries import STYLES, StyleName
from python_slm.docstrings.style import Style
from tests.server.documented import mended


def library_files(count: int, seed: int) -> list[Path]:
    found = sorted(path for path in Path(os.__file__).parent.glob("*.py") if path.stat().st_size < 60_000)
    return random.Random(seed).sample(found, count)


@pytest.mark.parametrize("style", STYLES)
def test_the_standard_library_documented_is_the_same_program(style: StyleName) -> None:
    for path in library_files(5, STYLES.index(style)):
        mended(path.read_text(encoding="utf-8"), Style(style, typed=style in ("numpy", "epydoc")))


@pytest.mark.parametrize("style", STYLES)
def test_no_word_is_lost_but_those_of_parameters_that_are_gone(style: StyleName) -> None:
    """Docstrings made from one signature, mended for another: what describes neither's lost parameters stays."""
    for seed in range(30):
        source, changed, lost = _drifted(random.Random(seed), style)
        after = mended(changed, Style(style))
        words = set(re.findall(r"word\w+", source)) - lost
        assert words <= set(re.findall(r"word\w+", after)), changed


def _drifted(chance: random.Random, style: StyleName) -> tuple[str, str, set[str]]:
    names = [f"p{number}" for number in range(chance.randint(1, 5))]
    bare = f"def f({', '.join(names)}):\n    return 1\n"
    source = mended(bare, Style(style, typed=chance.random() < 0.5))
    for number in range(20):  # every sentence gets a word of its own
        source = re.sub(r"(?<=[a-z])\.$", f" word{number}q!", source, count=1, flags=re.MULTILINE)
    source = source.replace("!", ".")
    kept = [name for name in names if chance.random() < 0.6]
    new = chance.sample([*kept, *(f"n{number}" for number in range(chance.randint(0, 3)))], k=len(kept)) if kept else []
    changed = source.replace(f"def f({', '.join(names)})", f"def f({', '.join(new)})")
    lost = {
        word
        for line in source.splitlines()
        for name in names
        if name not in new and re.search(rf"\b{name}\b", line)
        for word in re.findall(r"word\w+", line)
    }
    if style == "numpy":
        lines = source.splitlines()
        for place, line in enumerate(lines[:-1]):
            if re.match(r" {4}p\d", line) and line.split()[0] not in new:
                lost |= set(re.findall(r"word\w+", lines[place + 1]))
    return source, changed, lost
