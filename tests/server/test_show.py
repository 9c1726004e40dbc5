"""The show filter: where a suggestion may end, what is known of it, and what of it is shown."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from python_slm.checks.base import Candidate, Place
from python_slm.checks.cuts import cut_points, features, weight
from python_slm.checks.show import FILTER, Cuts, OperatingPoint, Show, ShowFilter, show_of
from python_slm.engine.decode import Decoder, Generation
from python_slm.engine.manifest import Manifest
from python_slm.errors import ModelCorruptError
from python_slm.settings import CompletionSettings
from python_slm.syntax.blocks import BlockIndex
from python_slm.tasks.complete import Answer, complete
from python_slm.text import Document, Edit
from tests.fakes import ScriptedModel
from tests.tiny_model import export_tiny

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = CompletionSettings(deadline_ms=60_000, prompt_tokens=2048)
OPEN = OperatingPoint(threshold=0.5, wrong=1.0, shown=1.0, within=1.0)


def place_at(buffer: str, settings: CompletionSettings = SETTINGS) -> Place:
    offset = buffer.index("|")
    text = buffer.replace("|", "", 1)
    return Place(Document("", text), offset, BlockIndex.of(text), settings)


def candidate_at(place: Place, text: str, logprobs: list[float] | None = None) -> Candidate:
    """One token a byte, each as likely as ``logprobs`` say, or certain."""
    data = text.encode()
    likely = tuple(logprobs or [0.0] * len(data))
    generation = Generation(
        text, tuple(data), likely, sum(likely), 1, 0, 0.0, 0.0, "stop", tuple(range(1, len(data) + 1))
    )
    return Candidate(text, place.offset, place.offset, generation)


def filter_of(weights: dict[str, float], bias: float = 0.0, point: OperatingPoint = OPEN) -> ShowFilter:
    """Log odds are the weighted sum, uncalibrated."""
    count = len(weights)
    grid = np.linspace(-8, 8, 161)
    calibration = tuple(zip(grid.tolist(), (1 / (1 + np.exp(-grid))).tolist(), strict=True))
    points = dict.fromkeys(("quiet", "balanced", "eager"), point)
    return ShowFilter(
        tuple(weights), np.zeros(count), np.ones(count), np.array(list(weights.values())), bias, calibration, points
    )


LIKELY = filter_of({"logprob": 1.0}, bias=3.0)
"""What the model is sure of is right with probability 0.95."""


def check_shown(buffer: str, text: str, want: str | None, sure: int, learned: ShowFilter = LIKELY) -> None:
    """Of ``text`` the first ``sure`` bytes are certain, the others anything but."""
    place = place_at(buffer)
    size = len(text.encode())
    verdict = Show(learned).examine(candidate_at(place, text, [0.0] * sure + [-9.0] * (size - sure)), place)
    assert (verdict.candidate.text if verdict.candidate else None) == want
    assert verdict.outcome == ("dropped" if want is None else "kept" if want == text else "cut")


def cuts(buffer: str, text: str) -> list[str]:
    place = place_at(buffer)
    return [text[:length] for length in cut_points(candidate_at(place, text), place)]


def test_a_suggestion_may_end_where_a_word_a_bracket_or_a_string_ends() -> None:
    want = ["name", "name.strip", "name.strip()", "name.strip() or", 'name.strip() or "me"', 'name.strip() or "me")']
    assert cuts("f(|", 'name.strip() or "me")') == want


def test_words_within_a_string_are_no_ends_but_where_the_cursor_is_in_it() -> None:
    assert cuts("x = |", "name['first key of it']") == ["name", "name['first key of it'", "name['first key of it']"]
    assert cuts("x = 'some|", " words of it' % name") == [
        " words", " words of", " words of it", " words of it'", " words of it' % name",
    ]  # fmt: skip


def test_a_suggestion_may_end_at_the_end_of_a_line() -> None:
    text = "if a:\n        b()\n\n    return c"
    assert cuts("def f():\n    |", text) == ["if a", "if a:", "if a:\n        b()", text]


def test_a_suggestion_that_begins_with_a_line_end_is_cut_at_later_ones() -> None:
    assert cuts("if a:|", "\n    b()\n    c()") == ["\n    b()", "\n    b()\n    c()"]


def test_nothing_shorter_than_three_characters_is_cut_out() -> None:
    assert cuts("|", "a = b") == ["a = b"]


def test_what_has_edits_elsewhere_stays_whole() -> None:
    place = place_at("x = |")
    candidate = replace(candidate_at(place, "os.getcwd()"), additional=(Edit(0, 0, "import os\n"),))
    assert cut_points(candidate, place) == [len("os.getcwd()")]


def test_features_of_tokens_are_those_of_the_tokens_up_to_the_cut() -> None:
    place = place_at("x = |")
    candidate = candidate_at(place, "a.bc", [-1.0, -2.0, -4.0, -8.0])
    first, second = features(candidate, place, [1, 3])
    assert (first["logprob"], first["tokens"], first["next_logprob"]) == (-1.0, 1.0, -2.0)
    assert (second["logprob"], second["tokens"], second["next_logprob"]) == (-7.0, 3.0, -8.0)
    assert (second["worst_logprob"], second["first_logprob"], second["last_logprob"]) == (-4.0, -1.0, -4.0)


def test_features_count_bytes_where_tokens_do() -> None:
    place = place_at("x = |")
    candidate = candidate_at(place, "'é' + y", [-1.0] * 8)
    assert [row["tokens"] for row in features(candidate, place, [3, 7])] == [4.0, 8.0]


def test_features_tell_where_the_cursor_is() -> None:
    buffer = "import os\nsys.path.ap|\n"
    [row] = features(candidate_at(place_at(buffer), "pend"), place_at(buffer), [4])
    assert row["typed_of_word"] == 2
    assert row["after_dot"] == row["new_statement"] == row["rest_of_line"] == 0
    [row] = features(candidate_at(place_at("f(a, |)"), "b"), place_at("f(a, |)"), [1])
    assert (row["after_comma"], row["in_brackets"], row["rest_of_line"]) == (1, 1, 1)


def test_features_tell_names_that_the_file_does_not_have() -> None:
    place = place_at("total = 1\n|\n")
    [row] = features(candidate_at(place, "totals = total"), place, [14])
    assert (row["words"], row["unknown_words"]) == (2, 1)


def test_features_are_numbers_whatever_the_text() -> None:
    for text in ("\n    pass", "日本語 = '🐍'", "))", "#" * 50, "\ud800x"):
        for buffer in ("|", "x = '|'\n", "class A:\n    |"):
            place = place_at(buffer)
            candidate = candidate_at(place, text.encode("utf-8", "replace").decode())
            rows = features(candidate, place, cut_points(candidate, place))
            assert all(np.isfinite(value) for row in rows for value in row.values())


def test_indentation_of_later_lines_weighs_nothing() -> None:
    assert weight("if a:\n        b()") == len("if a:\nb()")


def test_shows_what_is_likely_whole() -> None:
    check_shown("x = |", "os.getcwd()", "os.getcwd()", sure=11)


def test_cuts_where_the_model_stops_being_sure() -> None:
    check_shown("x = |", "os.getcwd() or home", "os.getcwd()", sure=12)


def test_shows_nothing_where_the_model_is_unsure() -> None:
    check_shown("x = |", "os.getcwd()", None, sure=1)


def test_shows_the_lines_of_a_body_that_are_likely() -> None:
    check_shown("def f():\n    |\n", "a = b.c()\n    return a + 1", "a = b.c()", sure=10)


def test_never_cuts_to_what_breaks_the_buffer() -> None:
    check_shown("|\n", "print(value) or other", "print(value)", sure=13)
    check_shown("|\n", "send(value=1, other=2)", "send", sure=14)


def test_one_character_is_not_worth_a_look() -> None:
    check_shown("f(|", ")", None, sure=1)


def test_a_longer_beginning_is_never_likelier() -> None:
    odd = filter_of({"ends_line": 6.0}, bias=-3.0)
    place = place_at("x = |")
    candidate = candidate_at(place, "os.getcwd()")
    right = odd.probabilities(features(candidate, place, cut_points(candidate, place)))
    assert np.all(np.diff(right) <= 0)


def test_of_two_ends_that_are_as_likely_the_line_is_taken() -> None:
    cut = Cuts.of("abc def", [3, 7])
    assert OPEN.choose(cut, np.array([0.9, 0.9]), lambda _: True) == 1


def test_lines_that_are_right_count_where_later_ones_are_not() -> None:
    cut = Cuts.of("abcdef\nghijkl", [6, 13])
    kind = OperatingPoint(threshold=0.5, wrong=0.1, shown=1.0)
    strict = replace(kind, wrong=2.0)
    right = np.array([0.95, 0.4])
    assert kind.choose(cut, right, lambda _: True) == 1
    assert strict.choose(cut, right, lambda _: True) == 0


def test_a_filter_survives_being_written_and_read() -> None:
    learned = replace(filter_of({"logprob": 0.5, "tokens": -0.25}, bias=0.125), provenance={"projects": ["a/b"]})
    text = learned.to_json()
    again = ShowFilter.from_json(text)
    rows = [{"logprob": -1.0, "tokens": 3.0}, {"logprob": -2.0, "tokens": 5.0}]
    assert again.to_json() == text
    assert again.points == learned.points
    assert np.allclose(again.probabilities(rows), learned.probabilities(rows))
    assert any(line.strip().startswith('"tokens": {"mean"') for line in text.splitlines())


def test_a_feature_that_is_not_known_is_average() -> None:
    learned = replace(filter_of({"logprob": 1.0}), means=np.array([-3.0]))
    assert learned.scores([{}]) == learned.scores([{"logprob": -3.0}])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 9}', '{"format": 1, "features": 3}'])
def test_a_damaged_filter_is_told_with_the_way_out(text: str) -> None:
    with pytest.raises(ModelCorruptError, match="slm train filter"):
        ShowFilter.from_json(text)


def ask(buffer: str, says: str, learned: ShowFilter, settings: CompletionSettings = SETTINGS) -> Answer:
    offset = buffer.index("|")
    text = buffer.replace("|", "", 1)
    model = ScriptedModel({text[max(0, offset - 12) : offset]: says})
    return complete(
        Document("", text),
        offset,
        decoder=Decoder(model),
        settings=settings,
        cancelled=lambda: False,
        show=Show(learned),
        count=3,
    )


def test_a_completion_tells_how_likely_it_is_and_what_that_was_judged_by() -> None:
    found = ask("import os\nx = |", "os.getcwd()\n", LIKELY).completions[0]
    assert found.text == "os.getcwd()"
    assert found.confidence == pytest.approx(0.95, abs=0.05)
    assert found.features["characters"] == pytest.approx(np.log(11))


def test_nothing_comes_in_place_of_what_is_not_worth_a_look() -> None:
    answer = ask("import os\nx = |", "os.getcwd()\n", filter_of({}, bias=-4.0))
    assert answer.completions == ()
    assert [(one.check, one.outcome) for one in answer.trace.fates[-1].rulings][-1] == ("show", "dropped")


def test_the_setting_shows_everything_and_still_judges() -> None:
    settings = replace(SETTINGS, show_filter=False)
    found = ask("import os\nx = |", "os.getcwd()\n", filter_of({}, bias=-4.0), settings).completions[0]
    assert found.text == "os.getcwd()"
    assert found.confidence == pytest.approx(0.018, abs=0.001)


def test_eagerness_names_the_operating_point() -> None:
    picky = OperatingPoint(0.99, 1.0, 1.0)
    learned = replace(LIKELY, points={"eager": OPEN, "balanced": OPEN, "quiet": picky})
    assert ask("import os\nx = |", "os.getcwd()\n", learned).completions
    assert not ask("import os\nx = |", "os.getcwd()\n", learned, replace(SETTINGS, eagerness="quiet")).completions


def test_reasons_hold_none_of_the_code() -> None:
    answer = ask("import os\nx = |", "os.getcwd()\n", filter_of({}, bias=-4.0))
    assert all("getcwd" not in one.reason for fate in answer.trace.fates for one in fate.rulings)


def test_judging_a_long_suggestion_takes_less_than_the_milliseconds_that_are_there() -> None:
    place = place_at("import os\n" + "value = [index for index in range(10)]\n" * 2000 + "|")
    candidate = candidate_at(place, "self.total = compute(first, second, third) + other.value - [a, b, c][0].name")
    spent = []
    for _ in range(20):
        begun = time.perf_counter()
        Show(LIKELY).examine(candidate, place)
        spent.append(time.perf_counter() - begun)
    assert min(spent) < 0.003


def test_the_filter_of_a_model_is_verified(tmp_path: Path) -> None:
    folder = export_tiny(tmp_path)
    assert show_of(Manifest.load(folder)) is None
    (folder / FILTER).write_text(LIKELY.to_json(), encoding="utf-8")
    values = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    values["files"][FILTER] = {"sha256": "0" * 64, "bytes": (folder / FILTER).stat().st_size}
    (folder / "manifest.json").write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(ModelCorruptError, match="sha256"):
        show_of(Manifest.load(folder))
