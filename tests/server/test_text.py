"""The corners of addressing a text; ``test_text_property`` walks the rest."""

from __future__ import annotations

import pytest

from python_slm.errors import DocumentError
from python_slm.text import Change, Document, Position


def test_positions_past_the_end_are_clamped() -> None:
    document = Document("", "ab\r\ncd")
    assert document.offset_at(Position(0, 99), "utf-16") == 2
    assert document.offset_at(Position(1, 99), "utf-16") == 6
    assert document.offset_at(Position(99, 0), "utf-16") == 6


def test_negative_positions_are_refused_with_the_place() -> None:
    with pytest.raises(DocumentError, match=r"a\.py: position -1:0 is negative"):
        Document("a.py", "x").offset_at(Position(-1, 0), "utf-8")


def test_a_change_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(DocumentError, match="ends before it starts"):
        Document("a.py", "abc").edited([Change("", Position(0, 2), Position(0, 1))], 2, "utf-8")


def test_a_change_without_positions_replaces_the_text() -> None:
    document = Document("a.py", "abc", 1).edited(
        [Change("x\r"), Change("y", Position(1, 0), Position(1, 0))], 7, "utf-8"
    )
    assert (document.text, document.version, document.uri) == ("x\ry", 7, "a.py")


def test_no_change_is_still_a_new_version() -> None:
    assert Document("a.py", "abc", 1).edited([], 2, "utf-8") == Document("a.py", "abc", 2)


def test_characters_are_counted_in_the_negotiated_unit() -> None:
    document = Document("", "é\U0001f40dx")
    assert [document.position_at(2, encoding).character for encoding in ("utf-8", "utf-16", "utf-32")] == [6, 3, 2]


def test_only_line_feeds_and_carriage_returns_end_lines() -> None:
    assert Document("", "a\x0b\x0c\x1c\x85\u2028b\nc\rd\r\n").line_starts == [0, 8, 10, 13]
