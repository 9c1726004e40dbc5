"""What findings have in common: their places, and how loudly they are said."""

from __future__ import annotations

import pytest

from python_slm.findings import Finding, Fix, Related, graded
from python_slm.text import Edit

FOUND = Finding("ruff", "F401", "unused", 5, 9)


def test_a_finding_moves_with_all_its_places() -> None:
    fix = Fix("Remove", (Edit(5, 9, ""),))
    found = Finding("rules", "x", "m", 5, 9, fixes=(fix,), suppress=(Edit(9, 9, "#"),), related=(Related(1, 2, "r"),))
    moved = found.moved(10)
    assert (moved.start, moved.end) == (15, 19)
    assert moved.fixes[0].edits == (Edit(15, 19, ""),)
    assert moved.suppress == (Edit(19, 19, "#"),)
    assert moved.related == (Related(11, 12, "r"),)


@pytest.mark.parametrize(
    ("severities", "want"),
    [
        ({}, "warning"),
        ({"F": "hint"}, "hint"),
        ({"F": "hint", "F4": "error"}, "error"),
        ({"ruff": "information"}, "information"),
        ({"ruff": "information", "F": "hint"}, "hint"),
        ({"bugs": "error", "E": "error"}, "warning"),
    ],
)
def test_the_longest_beginning_of_a_code_says_how_loud_it_is(severities: dict[str, str], want: str) -> None:
    [found] = graded([FOUND], severities)
    assert found.severity == want


def test_what_is_off_is_left_out() -> None:
    assert graded([FOUND], {"F401": "off"}) == []
    assert graded([FOUND], {"ruff": "off"}) == []
    assert graded([FOUND], {"ruff": "off", "F401": "hint"}) != []
