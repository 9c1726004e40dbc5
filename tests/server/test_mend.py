"""Fixes of many findings at once."""

from __future__ import annotations

from python_slm.findings import Finding, Fix
from python_slm.syntax.blocks import BlockIndex
from python_slm.tasks.mend import mend
from python_slm.text import Edit


def found(text: str, old: str, new: str, *, safe: bool = True, also: tuple[Edit, ...] = ()) -> Finding:
    start = text.index(old)
    edits = tuple(sorted((Edit(start, start + len(old), new), *also), key=lambda edit: edit.start))
    return Finding("rules", "some-code", "m", start, start + len(old), fixes=(Fix("Change it", edits, safe=safe),))


def test_makes_all_safe_fixes() -> None:
    text = "a = 1\nb = 2\nc = 3\n"
    findings = [found(text, "3", "30"), found(text, "1", "10"), found(text, "2", "20", safe=False)]
    mended = mend(BlockIndex.of(text), findings)
    assert mended.text == "a = 10\nb = 2\nc = 30\n"
    assert mended.findings == (findings[1], findings[0])


def test_makes_unsafe_ones_when_asked() -> None:
    text = "b = 2\n"
    assert mend(BlockIndex.of(text), [found(text, "2", "20", safe=False)], unsafe=True).text == "b = 20\n"


def test_of_two_that_touch_the_first_is_made() -> None:
    text = "one, two = 1, 2\nvalue = one + two\n"
    mended = mend(BlockIndex.of(text), [found(text, "one + two", "two + one"), found(text, "two", "2")])
    assert mended.text == "one, two = 1, 2\nvalue = two + one\n"
    assert len(mended.findings) == 1


def test_an_import_that_two_fixes_bring_comes_once() -> None:
    text = "x = 1\ny = 2\n"
    new = (Edit(0, 0, "import os\n"),)
    findings = [found(text, "1", "os.sep", also=new), found(text, "2", "os.name", also=new)]
    assert mend(BlockIndex.of(text), findings).text == "import os\nx = os.sep\ny = os.name\n"


def test_a_fix_that_breaks_the_file_is_left_out() -> None:
    text = "a = 1\nb = 2\n"
    mended = mend(BlockIndex.of(text), [found(text, "1", "("), found(text, "2", "20")])
    assert mended.text == "a = 1\nb = 20\n"
    assert len(mended.findings) == 1


def test_a_fix_that_takes_a_name_away_that_is_used_is_left_out() -> None:
    text = "def f():\n    total = 1\n    return total\n"
    assert mend(BlockIndex.of(text), [found(text, "    total = 1\n", "")]).text == text


def test_nothing_to_mend_changes_nothing() -> None:
    mended = mend(BlockIndex.of("a = 1\n"), [])
    assert (mended.text, mended.edits, mended.findings) == ("a = 1\n", (), ())
