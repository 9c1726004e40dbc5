"""An answer from the cache is the earlier one less what was typed, and never a stale one."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_slm.lsp.cache import SuggestionCache
from python_slm.tasks.complete import Completion
from python_slm.text import Document, Edit

URI = "file:///a.py"
BEFORE, AFTER = "import os\n\ndef f(x):\n    ", "\n\nprint(f(1))\n"


def at(text: str, offset: int, version: int = 0) -> tuple[Document, int]:
    return Document(URI, text, version), offset


def typed(text: str, closed: str = "") -> tuple[Document, int]:
    return at(BEFORE + text + closed + AFTER, len(BEFORE + text))


def suggestion(text: str, start: int = len(BEFORE), end: int = len(BEFORE), *additional: Edit) -> Completion:
    return Completion(text, start, end, -0.5, additional)


def kept(*texts: str) -> SuggestionCache:
    cache = SuggestionCache()
    cache.keep(*typed(""), "same", [suggestion(text) for text in texts])
    return cache


def texts(found: list[Completion] | None) -> list[str] | None:
    return None if found is None else [one.text for one in found]


def accepted(document: Document, one: Completion) -> str:
    edits = sorted([*one.additional, Edit(one.start, one.end, one.text)], key=lambda edit: -edit.start)
    text = document.text
    for edit in edits:
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


@pytest.mark.parametrize(
    ("keys", "closed", "want"),
    [
        ("", "", ["return f(x)", "raise"]),
        ("r", "", ["eturn f(x)", "aise"]),
        ("re", "", ["turn f(x)"]),
        ("return f(", "", ["x)"]),
        ("return f(", ")", ["x"]),
        ("return f(", "]", None),
        ("return f(", ") # x", None),
        ("return f(x)", "", None),
        ("ry", "", None),
        ("Return", "", None),
    ],
)
def test_what_was_typed_is_taken_off(keys: str, closed: str, want: list[str] | None) -> None:
    found = kept("return f(x)", "raise").find(*typed(keys, closed), "same")
    assert texts(found) == want
    assert all(one.start == one.end == len(BEFORE + keys) for one in found or ())


def test_what_the_editor_closed_is_overwritten_where_more_follows_it() -> None:
    [one] = kept("f(x)[0]").find(*typed("f(", ")"), "same") or []
    assert (one.text, one.end - one.start) == ("x)[0]", 1)


def test_going_back_finds_the_earlier_answer_again() -> None:
    cache = kept("return f(x)")
    for keys in ("ret", "retx", "re", ""):
        found = cache.find(*typed(keys), "same")
        assert texts(found) == (None if "x" in keys else ["return f(x)"[len(keys) :]])


def test_knowing_that_there_is_nothing_holds_for_the_same_buffer_alone() -> None:
    cache = kept()
    assert cache.find(*typed(""), "same") == []
    assert cache.find(*typed("r"), "same") is None


def test_another_circumstance_or_document_is_another_question() -> None:
    cache = kept("return")
    document, offset = typed("r")
    assert cache.find(document, offset, "other") is None
    assert cache.find(Document("file:///b.py", document.text), offset, "same") is None
    cache.forget(URI)
    assert cache.find(document, offset, "same") is None
    assert len(cache) == 0


def test_text_right_of_the_cursor_that_is_replaced_and_imports_stay_with_the_suggestion() -> None:
    cache = SuggestionCache()
    before = "a = f()\nb = 1\n"
    one = suggestion("x)\n", 6, 7, Edit(0, 0, "import f\n"), Edit(14, 14, "c\n"))
    cache.keep(Document(URI, before), 6, 0, [one])
    now = Document(URI, "a = f(x)\nb = 1\n")
    [left] = cache.find(now, 7, 0) or []
    assert accepted(now, left) == accepted(Document(URI, before), one)


def test_the_newest_answer_to_a_question_counts() -> None:
    cache = kept("old")
    cache.keep(*typed(""), "same", [suggestion("new")])
    assert texts(cache.find(*typed(""), "same")) == ["new"]
    assert len(cache) == 1


def test_the_least_recently_used_answer_goes_first() -> None:
    cache = SuggestionCache(entries=2)
    cache.keep(*typed("a"), 0, [])
    cache.keep(*typed("b"), 0, [])
    cache.find(*typed("a"), 0)
    cache.keep(*typed("c"), 0, [])
    assert [cache.find(*typed(keys), 0) is not None for keys in "abc"] == [True, False, True]


def test_large_documents_take_the_room_of_many() -> None:
    cache = SuggestionCache(characters=1000)
    for index in range(100):
        cache.keep(*at("x" * 300 + str(index), 300), 0, [])
    assert len(cache) == 3


def test_a_full_cache_of_a_large_file_answers_in_two_milliseconds() -> None:
    cache = SuggestionCache()
    text = "x = 1\n" * 8_000
    for index in range(128):
        cache.keep(*at(text + "y" * index + text, len(text) + index), 0, [suggestion("z" * 200)])
    times = []
    for index in range(20):
        document, offset = at(text + "y" * (index + 40) + "q" + text, len(text) + index + 41)
        begun = time.perf_counter()
        assert cache.find(document, offset, 0) is None
        times.append(time.perf_counter() - begun)
    assert sorted(times)[10] < 0.002 * 5  # fivefold, for a machine that does other things too


words = st.text("ab(\n)", max_size=6)


@given(st.tuples(words, words), st.tuples(words, words), st.lists(words.filter(str.strip), max_size=3), words)
def test_an_answer_makes_the_buffer_that_the_earlier_suggestion_would_have_made(
    around: tuple[str, str], changed: tuple[str, str], rests: list[str], keys: str
) -> None:
    before, after = around
    first = Document(URI, before + after)
    found = [Completion(rest, len(before), len(before), -1.0) for rest in rests]
    cache = SuggestionCache()
    cache.keep(first, len(before), 0, found)
    for (head, tail), typing in [
        (around, keys),
        (around, "".join(rests)[: len(keys)]),
        ((changed[0], after), keys),
        ((before, changed[1]), keys),
        (changed, keys),
    ]:
        now = Document(URI, head + typing + tail)
        left = cache.find(now, len(head + typing), 0)
        wanted = {accepted(first, one) for one in found}
        if left is not None:
            assert {accepted(now, one) for one in left} <= wanted
            assert all(one.start == len(head + typing) for one in left)
        if (head, tail) == around and typing:
            expected = [rest[len(typing) :] for rest in rests if rest.startswith(typing)]
            assert (texts(left) or []) == [rest for rest in expected if rest.strip()]


def test_order_is_kept() -> None:
    found = kept("return a", "return b", "pass", "return c").find(*typed("ret"), "same")
    assert texts(found) == ["urn a", "urn b", "urn c"]
    assert all(one.text < other.text for one, other in pairwise(found or ()))
