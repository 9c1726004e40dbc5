"""A document under random LSP edits equals a plain string under the same ones, in every encoding."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from python_slm.text import Change, Document, Encoding, Position

ENCODINGS: tuple[Encoding, ...] = ("utf-8", "utf-16", "utf-32")
alphabet = st.sampled_from(
    [*"ab \t", "\n", "\r\n", "\r", "é", "☃", "\U0001f40d", "\ud800", "\udc00", "\u2028", "\x0c", "\ufeff"]
)
text = st.lists(alphabet, max_size=40).map("".join)
position = st.builds(Position, st.integers(0, 12), st.integers(0, 20))


def model_lines(text: str) -> list[str]:
    """Lines with their ends, one character at a time: an independent spelling of LSP's rule."""
    lines, line = [], ""
    for index, character in enumerate(text):
        line += character
        if character == "\n" or (character == "\r" and text[index + 1 : index + 2] != "\n"):
            lines.append(line)
            line = ""
    return [*lines, line]


def model_units(text: str, encoding: Encoding) -> int:
    width = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    return (
        len(text.encode({"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[encoding], "surrogatepass"))
        // width
    )


def model_offset(text: str, position: Position, encoding: Encoding) -> int:
    lines = model_lines(text)
    if position.line >= len(lines):
        return len(text)
    before = sum(map(len, lines[: position.line]))
    line = lines[position.line].rstrip("\r\n")
    for count in range(len(line) + 1):
        if model_units(line[:count], encoding) >= position.character:
            return before + count
    return before + len(line)


@settings(max_examples=150, deadline=None)
@given(text, st.lists(st.tuples(position, position, text), max_size=6), st.sampled_from(ENCODINGS))
def test_edits_do_to_a_document_what_they_do_to_a_string(
    text: str, edits: list[tuple[Position, Position, str]], encoding: Encoding
) -> None:
    model, changes = text, []
    for one, other, inserted in edits:
        start, end = sorted((one, other), key=lambda place: (place.line, place.character))
        changes.append(Change(inserted, start, end))
        begin, stop = model_offset(model, start, encoding), model_offset(model, end, encoding)
        model = model[:begin] + inserted + model[stop:]
    document = Document("file:///a.py", text, 1).edited(changes, 2, encoding)
    assert (document.text, document.version) == (model, 2)
    assert document.line_starts == Document("", document.text).line_starts


@settings(max_examples=150, deadline=None)
@given(text, st.sampled_from(ENCODINGS))
def test_every_offset_survives_the_way_to_a_position_and_back(text: str, encoding: Encoding) -> None:
    document = Document("", text)
    for offset in range(len(text) + 1):
        if text[offset - 1 : offset + 1] == "\r\n" and offset:
            continue  # between the halves of a line end there is no position
        assert document.offset_at(document.position_at(offset, encoding), encoding) == offset


@settings(max_examples=150, deadline=None)
@given(text, position, st.sampled_from(ENCODINGS))
def test_any_position_has_the_offset_that_the_model_gives(text: str, position: Position, encoding: Encoding) -> None:
    assert Document("", text).offset_at(position, encoding) == model_offset(text, position, encoding)


@settings(max_examples=150, deadline=None)
@given(text, st.sampled_from(ENCODINGS))
def test_any_offset_has_a_position_within_the_text(text: str, encoding: Encoding) -> None:
    document, lines = Document("", text), model_lines(text)
    for offset in range(-2, len(text) + 3):
        place = document.position_at(offset, encoding)
        assert 0 <= place.line < len(lines)
        assert 0 <= place.character <= model_units(lines[place.line].rstrip("\r\n"), encoding)


@settings(max_examples=150, deadline=None)
@given(text)
def test_lines_are_those_of_the_model(text: str) -> None:
    document, lines = Document("", text), model_lines(text)
    assert [text[slice(*document.line_span(line))] for line in range(len(lines))] == [
        line.rstrip("\r\n") for line in lines
    ]
    assert document.line_starts == [sum(map(len, lines[:count])) for count in range(len(lines))]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_position_inside_an_astral_character_is_after_it(encoding: Encoding) -> None:
    document = Document("", "\U0001f40dx")
    assert document.offset_at(Position(0, 1), encoding) == 1
