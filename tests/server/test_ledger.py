"""What the ledger makes of reports and edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from python_slm.lsp.ledger import Ledger
from python_slm.tasks.complete import Completion
from python_slm.text import Document, Edit

if TYPE_CHECKING:
    from python_slm.lsp.offer import Outcome

URI = "file:///a.py"
BEFORE, AFTER = "def f(x):\n    ", "\n\nprint(f(1))\n"
TEXT = "return x + 1"


class Told:
    """A ledger at a clock that is set by hand, and the ends it told of."""

    def __init__(self) -> None:
        self.clock = 100.0
        self.ledger = Ledger(lambda: self.clock)
        self.ends: list[Outcome] = []
        self.ledger.listeners.append(self.ends.append)

    def offer(self, *texts: str, typed: str = "", end: int = 0) -> list[str]:
        """Offer these rests behind what was typed; the items' ids."""
        offset = len(BEFORE + typed)
        found = [Completion(text, offset, offset + end, -0.5) for text in texts]
        return [item.id for item in self.ledger.offer(document(typed), offset, found)]

    def change(self, typed: str) -> None:
        self.clock += 0.5
        self.ledger.changed(document(typed))

    @property
    def lives(self) -> list[str]:
        return [end.life for end in self.ends]


@pytest.fixture
def told() -> Told:
    return Told()


def document(typed: str = "", after: str = AFTER) -> Document:
    return Document(URI, BEFORE + typed + after)


def test_an_edit_that_inserts_the_rest_at_once_accepts_it(told: Told) -> None:
    told.offer(TEXT, "pass")
    told.change(TEXT)
    [end] = told.ends
    assert (end.life, end.characters, end.accepted_characters, end.typed_characters) == ("accepted", 12, 12, 0)
    assert (end.shown_at_ms, end.shown_ms) == (100_000, 500)
    assert end.uri == URI
    assert end.features == {"rank": 0.0, "mean_logprob": -0.5}


def test_the_command_after_the_edit_counts_once(told: Told) -> None:
    _, second = told.offer(TEXT, "pass")
    told.change("pass")
    assert told.ledger.accepted(second) is not None
    assert told.lives == ["accepted"]
    assert told.ends[0].features["rank"] == 1


def test_the_command_alone_accepts_even_when_the_editor_changed_the_text(told: Told) -> None:
    [item] = told.offer(TEXT)
    told.change(TEXT + "  # formatted")
    assert told.lives == []
    told.ledger.accepted(item)
    told.change("x")
    assert told.lives == ["accepted"]
    assert told.ends[0].accepted_characters == len(TEXT)


def test_typing_it_out_key_by_key_is_typed(told: Told) -> None:
    told.offer(TEXT)
    for length in range(1, len(TEXT) + 1):
        told.change(TEXT[:length])
        told.offer(TEXT[length:], typed=TEXT[:length])
    assert told.lives == ["typed"]
    assert (told.ends[0].accepted_characters, told.ends[0].typed_characters) == (0, 12)


def test_type_through_goes_on_with_the_same_life(told: Told) -> None:
    told.offer(TEXT)
    told.change("ret")
    told.offer(TEXT[3:], typed="ret")
    told.change(TEXT)
    [end] = told.ends
    assert (end.life, end.accepted_characters, end.typed_characters) == ("accepted", 9, 3)
    assert end.shown_at_ms == 100_000


def test_typing_something_else_rejects_once_nothing_can_speak_for_it(told: Told) -> None:
    told.offer(TEXT, "pass")
    told.change("x")
    assert told.lives == []
    told.offer("yz", typed="x")
    assert told.lives == ["rejected"]
    assert told.ends[0].accepted_characters == 0


def test_an_alternative_that_is_typed_is_no_acceptance_of_the_one_on_display(told: Told) -> None:
    told.offer(TEXT, "pass")
    told.change("p")
    told.offer("ass", typed="p")
    assert told.lives == ["rejected"]
    told.change("pass")
    assert told.lives == ["rejected", "accepted"]


def test_leaving_the_place_rejects(told: Told) -> None:
    told.offer(TEXT)
    told.ledger.offer(document(), 3, [])
    assert told.lives == ["rejected"]


def test_asking_again_at_the_same_place_changes_nothing(told: Told) -> None:
    [first] = told.offer(TEXT)
    assert told.offer(TEXT) == [first]
    told.offer("another opinion")
    told.offer()
    assert told.lives == []


def test_backspace_within_what_was_typed_keeps_it(told: Told) -> None:
    told.offer(TEXT)
    for typed in ("r", "re", "r", ""):
        told.change(typed)
    told.change(TEXT)
    assert told.lives == ["accepted"]


def test_brackets_that_the_editor_closes_do_not_reject(told: Told) -> None:
    told.offer("foo(x)")
    for typed in ("f", "fo", "foo", "foo()"):
        told.change(typed)
    told.offer("x", typed="foo(")
    assert told.lives == []


def test_accepting_word_by_word_to_the_end(told: Told) -> None:
    [item] = told.offer(TEXT)
    for reached in (6, 8, 10):
        told.change(TEXT[:reached])
        told.ledger.accepted_until(item, reached)
    told.change(TEXT)
    told.ledger.accepted(item)
    [end] = told.ends
    assert (end.life, end.accepted_characters, end.typed_characters) == ("accepted", 12, 0)


def test_accepted_in_part_and_left(told: Told) -> None:
    [item] = told.offer(TEXT)
    told.change("r")
    told.change("return")
    told.ledger.accepted_until(item, 6)
    [again] = told.offer(TEXT[6:], typed="return")
    told.change("return x")
    told.ledger.accepted_until(again, 2)
    told.change("return xy")
    told.offer(typed="return xy")
    [end] = told.ends
    assert (end.life, end.accepted_characters, end.typed_characters) == ("partly", 7, 1)


def test_a_report_may_come_before_its_edit(told: Told) -> None:
    [item] = told.offer(TEXT)
    told.ledger.accepted_until(item, 6)
    told.change("return")
    told.change("x")
    told.change("xy")
    assert [(end.life, end.accepted_characters) for end in told.ends] == [("partly", 6)]


def test_only_what_the_client_says_it_showed_is_judged_once_it_says_so(told: Told) -> None:
    [item] = told.offer(TEXT)
    told.ledger.shown(item)
    told.change("")
    told.ledger.closed(URI)
    told.offer(TEXT)
    told.change("x")
    told.change("xy")
    assert told.lives == []
    [_, second] = told.offer("z", "yz", typed="xy")
    told.clock = 200
    told.ledger.shown(second)
    told.change("other")
    told.change("others")
    assert told.lives == ["rejected"]
    assert told.ends[0].shown_at_ms == 200_000


def test_closing_a_document_judges_nothing(told: Told) -> None:
    told.offer(TEXT)
    told.ledger.closed(URI)
    assert told.ends == []


def test_the_menu_is_judged_by_its_command_alone(told: Told) -> None:
    offset = len(BEFORE)
    [item] = told.ledger.offer_menu(document(), offset, [Completion(TEXT, offset, offset, -1.0)])
    told.change("x")
    told.change("xy")
    assert told.ends == []
    told.ledger.accepted(item.id)
    assert told.lives == ["accepted"]


def test_a_suggestion_that_replaces_text_right_of_the_cursor_is_recognised(told: Told) -> None:
    told.offer("x)\n", end=1)
    told.ledger.changed(Document(URI, BEFORE + "x)\n" + AFTER[1:]))
    assert told.lives == ["accepted"]


def test_lengths_count_from_where_the_items_text_begins(told: Told) -> None:
    """Behind an entry of the menu the item repeats that entry."""
    chosen, offset = document("ret"), len(BEFORE + "ret")
    [item] = told.ledger.offer(chosen, offset, [Completion(TEXT, len(BEFORE), offset, -1.0)])
    assert told.ledger.text(item.id) == TEXT
    told.change("return")
    told.ledger.accepted_until(item.id, len("return"))
    [rest] = told.offer(TEXT[6:], typed="return")
    assert told.ledger.text(rest) == TEXT[6:]
    told.change("x")
    told.change("xy")
    assert [(end.life, end.accepted_characters) for end in told.ends] == [("partly", 3)]


def test_unknown_and_old_names_are_ignored(told: Told) -> None:
    [old] = told.offer(TEXT)
    for index in range(40):
        told.offer(f"other {index}")
    for item in ("", "none", "1", "99@x", old):
        told.ledger.shown(item)
        told.ledger.accepted_until(item, 5)
        assert told.ledger.accepted(item) is None
    told.ledger.accepted_until("41@x", 1)


def test_additional_edits_do_not_hide_an_acceptance(told: Told) -> None:
    offset = len(BEFORE)
    [item] = told.ledger.offer(
        document(), offset, [Completion(TEXT, offset, offset, -1.0, (Edit(0, 0, "import os\n"),))]
    )
    told.ledger.changed(Document(URI, "import os\n" + BEFORE + TEXT + AFTER))
    told.ledger.accepted(item.id)
    assert told.lives == ["accepted"]
