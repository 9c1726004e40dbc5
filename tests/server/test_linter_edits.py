"""What an edit does to findings that were made before it, and how a text is told to ruff's server."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from python_slm.findings import Finding, Fix, Related
from python_slm.linter.carry import Carried
from python_slm.lsp.ruff_child import change
from python_slm.text import Change, Document, Edit, Position, alike_at_ends

BEFORE = "one = 1\ntwo = 2\nthree = 3\n"


def found(word: str, **more: object) -> Finding:
    """A finding about a word of BEFORE."""
    start = BEFORE.index(word)
    return Finding("ruff", "X1", word, start, start + len(word), **more)  # type: ignore[arg-type]


def carried(after: str, *findings: Finding) -> list[Finding]:
    return Carried.between(BEFORE, after).findings(findings)


def test_what_is_above_an_edit_stays_and_what_is_below_moves() -> None:
    after = BEFORE.replace("two = 2", "two = 222")
    ones = carried(after, found("one"), found("three"))
    assert [after[each.start : each.end] for each in ones] == ["one", "three"]


def test_what_an_edit_touches_is_gone() -> None:
    assert carried(BEFORE.replace("two", "tw"), found("two")) == []
    assert carried(BEFORE.replace("two", "twos"), found("two")) == []
    assert carried(BEFORE.replace("two", "not two"), found("two")) == []


def test_fixes_places_and_what_silences_a_finding_move_with_it_or_go() -> None:
    place = BEFORE.index("three")
    above, below = Edit(0, 3, "eins"), Edit(place, place + 5, "drei")
    finding = found(
        "three",
        fixes=(Fix("all", (above, below)), Fix("hit", (Edit(8, 11, "zwei"),))),
        suppress=(below,),
        related=(Related(0, 3, "here"), Related(8, 11, "there")),
    )
    [moved] = carried(BEFORE.replace("two", "many"), finding)
    assert [fix.title for fix in moved.fixes] == ["all"]
    assert moved.fixes[0].edits == (above, Edit(place + 1, place + 6, "drei"))
    assert moved.suppress == (Edit(place + 1, place + 6, "drei"),)
    assert [each.message for each in moved.related] == ["here"]


LINES = st.lists(st.sampled_from(["a", "b = 1", "é😀", "", "  x"]), max_size=6)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@given(LINES, LINES, ENDS, ENDS)
def test_the_one_change_that_ruff_is_told_makes_one_text_of_the_other(
    one: list[str], other: list[str], first: str, second: str
) -> None:
    before, after = Document("", first.join(one)), Document("", second.join(other))
    told = change(before, after)
    places = (Position(**told["range"][name]) for name in ("start", "end"))
    assert before.edited([Change(told["text"], *places)], 2, "utf-32").text == after.text


@given(st.text("ab", max_size=12), st.text("ab", max_size=12))
def test_what_two_texts_have_in_common_never_overlaps(one: str, other: str) -> None:
    start, end = alike_at_ends(one, other)
    assert start + end <= min(len(one), len(other))
    assert one[:start] == other[:start]
    assert one[len(one) - end :] == other[len(other) - end :]
