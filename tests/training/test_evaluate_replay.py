"""Judging suggestions, simulated typing, the copy floor and the intervals, small enough to count by hand."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from python_slm_training.evaluate import replay, typing_session
from python_slm_training.evaluate.cases import Case
from python_slm_training.evaluate.completers import copy_from_file
from python_slm_training.evaluate.intervals import mean, ratio, share, wilson
from python_slm_training.evaluate.sources import SourceFile
from python_slm_training.evaluate.typing_session import Asked, Policy, Session, Stretch, sample_stretches, simulate

FILE = SourceFile("p", "a.py", "def f(x):\n    y = x + 1\n    return y\n\n\nprint(f(2))\n")
CURSOR = FILE.text.index("x + 1")


def judged(*suggestions: str) -> replay.LineResult:
    end = FILE.text.index("\n", CURSOR)
    return replay.judge(Case(FILE, "new-stmt", "insert", CURSOR, end, end), list(suggestions), 1.0)


def test_the_rest_of_the_line_is_exact_whatever_follows_it() -> None:
    assert judged("x + 1").exact
    assert judged("x + 1  \n    return y").exact
    assert not judged("x + 12").exact
    assert not judged(" x + 1").exact


def test_silence_is_wrong_but_not_shown() -> None:
    result = judged()
    assert (result.exact, result.shown, result.similarity, result.valid) == (False, False, 0.0, False)


def test_similarity_is_one_less_the_share_of_edits() -> None:
    assert judged("x + 2").similarity == pytest.approx(0.8)


def test_validity_is_the_committed_file_with_the_suggestion_in_it() -> None:
    assert judged("x - 1").valid
    assert not judged("x + (").valid


def test_leading_lines_are_counted_until_the_first_that_differs() -> None:
    assert judged("x + 1\n    return y").lines_right == 2
    result = judged("x + 1\n    return x")
    assert (result.lines_right, result.suggested_lines) == (1, 2)


def test_the_total_counts_every_cursor_and_precision_only_the_shown() -> None:
    total = replay.summarize([judged("x + 1"), judged("x"), judged(), judged()])["total"]
    assert total["exact"].value == 0.25
    assert total["precision"].value == 0.5
    assert total["shown"].value == 0.5


def typed(script: dict[str, str], policy: Policy = "line", lines: str = "y = x + 1\n    return y") -> Session:
    """Type ``lines`` with a completer that answers when the text before the cursor ends in a key."""
    start = FILE.text.index(lines)

    def complete(file: SourceFile, text: str, offset: int) -> list[str]:
        return [answer for end, answer in script.items() if text[:offset].endswith(end)][:1]

    stretch = Stretch(FILE, "insert", start, start + len(lines), start + len(lines))
    return simulate(Asked(stretch, complete), policy)


def test_without_suggestions_every_character_is_a_key_and_indentation_is_free() -> None:
    session = typed({})
    assert session.characters == session.keys == len("y = x + 1") + 1 + len("return y")
    assert (session.shown, session.completed) == (0, 0)


def test_a_right_suggestion_costs_one_key() -> None:
    session = typed({"= ": "x + 1"})
    assert (session.completed, session.accepted, session.shown, session.wrong) == (5, 1, 1, 0)
    assert session.keys == session.characters - 5 + 1


def test_a_suggestion_of_several_lines_is_taken_whole() -> None:
    session = typed({"= ": "x + 1\n    return y"})
    assert session.completed == len("x + 1") + 1 + len("return y")
    assert session.keys == len("y = ") + 1


def test_of_a_suggestion_only_the_right_leading_lines_are_taken() -> None:
    session = typed({"= ": "x + 1\n    return z"})
    assert (session.completed, session.accepted) == (5, 1)
    assert session.wrong == len("z")


def test_a_suggestion_past_the_stretch_counts_only_inside_it() -> None:
    assert typed({"= ": "x + 1\n    return y\n\n\nprint(f(2))"}, lines="y = x + 1").completed == 5


def test_a_wrong_suggestion_counts_once_while_the_keys_agree_with_it() -> None:
    session = typed({"    ": "y = x * 2"})
    assert (session.shown, session.accepted, session.completed) == (2, 0, 0)  # before "y = " and before "return"
    assert session.wrong == len("* 2") + len("y = x * 2")
    assert session.keys == session.characters


def test_a_suggestion_must_end_where_a_word_ends() -> None:
    assert typed({"x + 1\n    ": "ret"}).accepted == 0
    assert typed({"x + 1\n    ": "return"}).accepted == 1


def test_one_character_is_not_worth_a_key() -> None:
    assert typed({"x + ": "1"}).accepted == 0


def test_the_word_policy_takes_the_right_leading_words() -> None:
    script = {"x + 1\n    ": "return z"}
    assert typed(script, "line").completed == 0
    session = typed(script, "word")
    assert session.completed == len("return ")
    assert session.keys == session.characters - len("return ") + 1


def test_nothing_is_asked_while_a_suggestion_is_shown_and_both_policies_share_answers() -> None:
    asked: list[int] = []

    def complete(file: SourceFile, text: str, offset: int) -> list[str]:
        asked.append(offset)
        return ["y = x + 1\n    return z"] if text[:offset].endswith("(x):\n    ") else []

    start = FILE.text.index("y = ")
    end = FILE.text.index("\n\n")
    shared = Asked(Stretch(FILE, "insert", start, end, end), complete)
    for policy in typing_session.POLICIES:
        simulate(shared, policy)
    assert len(asked) == len(set(asked)) == len(shared.milliseconds)
    assert not set(asked) & set(range(start + 1, FILE.text.index("+ 1")))


def test_metrics_are_sums_over_stretches() -> None:
    sessions = [
        Session("a", "insert", "line", characters=10, keys=6, completed=5, shown=2, accepted=1, wrong=3),
        Session("b", "insert", "line", characters=30, keys=30, completed=0, shown=2, accepted=0, wrong=5),
    ]
    found = {name: estimate.value for name, estimate in typing_session.summarize(sessions).items()}
    assert found == {
        "completed": 5 / 40,
        "saved": 4 / 40,
        "acceptance": 1 / 4,
        "shown_per_100": 10,
        "wrong_per_100": 20,
        "characters_per_acceptance": 5,
    }


def test_stretches_are_reproducible_whole_lines_that_do_not_overlap() -> None:
    text = "".join(f"def f{n}(a):\n    b = a + {n}\n\n    c = b\n    return c\n\n\n" for n in range(20))
    files = [SourceFile("p", "a.py", text), SourceFile("p", "b.py", text)]
    found = sample_stretches(files, 8, 3, seed=4)
    assert found == sample_stretches(files, 8, 3, seed=4)
    assert len(found) == 8
    for stretch in found:
        assert text[stretch.end] == "\n"
        assert text.count("\n", stretch.start, stretch.end) == 2
        assert text[stretch.start - 1] in "\n "
    spans = sorted((s.file.path, s.start, s.end) for s in found)
    assert all(a[0] != b[0] or a[2] <= b[1] for a, b in pairwise(spans))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("total = price * count\nother = pri|", ["ce * count"]),
        ("a = one(1)\nb = 2\na = |", ["one(1)"]),
        ("a = f(1)\nc = f(2)\nd = f(|", ["2)"]),  # the nearest of equally long runs
        ("import os\nx = |", []),
        ("a = abc\nb = bc|", []),  # must begin where the word begins
        ("x|\nx = 12345", []),  # never from after the cursor
        ("|", []),
    ],
)
def test_copy_from_file_continues_the_longest_run_seen_before(text: str, expected: list[str]) -> None:
    offset = text.index("|")
    assert copy_from_file(FILE, text.replace("|", ""), offset) == expected


def test_wilson_stays_within_bounds() -> None:
    assert [wilson(0, 20).low, wilson(20, 20).high] == pytest.approx([0, 1])
    middle = wilson(50, 100)
    assert [middle.low, middle.high] == pytest.approx([0.4038, 0.5962], abs=1e-4)
    assert math.isnan(wilson(0, 0).value)


def test_the_bootstrap_draws_whole_files() -> None:
    values = [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    by_file = mean(values, ["a", "a", "a", "a", "b", "b", "b", "b"])
    alone = mean(values, list(range(8)))
    assert by_file.value == alone.value == 0.5
    assert (by_file.low, by_file.high) == (0.0, 1.0)
    assert 0.0 < alone.low < alone.high < 1.0


def test_intervals_cover_and_degenerate_samples_use_wilson() -> None:
    found = ratio([1, 2, 3], [2, 4, 6], ["a", "b", "c"])
    assert found.low == found.value == found.high == 0.5
    assert share([False] * 30, list(range(30))).high > 0.05
    assert math.isnan(mean([], []).value)
