"""When nothing is offered, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from python_slm.errors import SettingsError
from python_slm.settings import CompletionSettings, Settings
from python_slm.speaking import Asked, BackOff, silence
from python_slm.text import Document

TYPING = Asked()
BY_HAND = Asked(trigger="hand")
DEFAULTS = CompletionSettings()
QUIET = CompletionSettings(in_comments=False, in_strings=False)


def why(marked: str, asked: Asked = TYPING, settings: CompletionSettings = DEFAULTS, uri: str = "untitled:1") -> str:
    """The reason at ``|``."""
    return silence(Document(uri, marked.replace("|", "", 1)), marked.index("|"), asked, settings)


# Manners


@pytest.mark.parametrize("marked", ["|", "x = |", "ret|", "f(|)", "x|.y", "x = '|'", "# a|", "f(|*a)", "a| b"])
def test_speaks_at_the_end_of_a_word_and_between_words(marked: str) -> None:
    assert why(marked) == ""


@pytest.mark.parametrize("marked", ["re|turn", "|x = 1", "f(|a)", "x.|_y", "x = |1", "|été"])
def test_keeps_quiet_in_front_of_a_word(marked: str) -> None:
    assert "in front of a word" in why(marked)
    assert why(marked, BY_HAND) == ""


def test_keeps_quiet_while_text_is_selected() -> None:
    assert "selected" in why("x = |", Asked(selecting=True))
    assert why("x = |", replace(BY_HAND, selecting=True)) == ""


def test_comments_and_strings_are_quiet_where_the_settings_say_so() -> None:
    assert "completion.in_comments" in why("x = 1  # the |", settings=QUIET)
    assert "completion.in_strings" in why('def f():\n    """The |', settings=QUIET)
    assert why("x = 1  # the |", settings=replace(QUIET, in_comments=True)) == ""
    assert why("x = 1  # the |", BY_HAND, QUIET) == ""
    assert why("x = |", settings=QUIET) == ""


# Switches


def test_a_switch_holds_for_requests_by_hand_too() -> None:
    assert "completion.enable" in why("|", BY_HAND, CompletionSettings(enable=False))


def test_other_languages_are_left_alone() -> None:
    assert "completion.languages" in why("|", Asked("notes.md", "markdown"))
    assert why("|", Asked("notes.md", "markdown"), CompletionSettings(languages=("python", "Markdown"))) == ""
    assert why("|", Asked("stub.pyi", "")) == ""
    assert "completion.languages" in why("|", Asked("a.py", "python"), CompletionSettings(languages=()))


@pytest.mark.parametrize(
    ("path", "quiet"),
    [("tests/test_a.py", True), ("app/tests/b.py", True), ("app/a.gen.py", True), ("app/a.py", False), ("", False)],
)
def test_files_are_excluded_as_in_a_gitignore(path: str, quiet: bool) -> None:
    found = why("|", Asked(path, trigger="hand"), CompletionSettings(exclude=("tests/", "*.gen.py", "!keep.gen.py")))
    assert ("completion.exclude" in found) == quiet


def test_patterns_that_are_none_are_refused_with_the_settings() -> None:
    assert Settings.from_dict({"completion": {"exclude": ["tests/"]}}).completion.exclude == ("tests/",)
    with pytest.raises(SettingsError, match=r"completion\.exclude: not patterns of a \.gitignore"):
        Settings.from_dict({"completion": {"exclude": ["!"]}})


def test_nothing_is_offered_in_files_for_secrets() -> None:
    assert "for secrets" in why("A=|", Asked(".env", "python", "hand"))
    assert "for secrets" in why("|", Asked("config.py", "python", "hand"), uri="file:///home/me/.ssh/config.py")
    key = f"-----BEGIN PRIVATE KEY-----\n{'Ab1/' * 16}\n"
    assert "a private key" in why(f"KEY = '''{key}'''\n|", BY_HAND)


# A comment that switches off


@pytest.mark.parametrize(
    ("marked", "line"),
    [
        ("# slm: off\nx = |\n", 1),
        ("a = 1\n\n# slm: off\nx = |\n", 3),
        ("#slm:off\nx = |\n", 1),
        ("    # slm: off, generated\n|", 1),
        ("# slm: on\n# slm: off\n|", 2),
        ("x = |  # slm: off\n", 1),
        ("x = 1  # noqa  # slm: off|\n", 1),
        ("# slm: off\nx = '''\n# slm: on\n'''\n|", 1),
    ],
)
def test_a_comment_switches_off(marked: str, line: int) -> None:
    assert why(marked, BY_HAND) == f"'# slm: off' in line {line}"


@pytest.mark.parametrize(
    "marked",
    [
        "|\n# slm: off\n",
        "# slm: off\nx = 1\n# slm: on\n|",
        "x = 1  # slm: off\n|",
        "x = '# slm: off'\n|",
        "'''\n# slm: off\n'''\n|",
        "# slm: offset\n|",
        "# salmon: off\n|",
    ],
)
def test_a_comment_elsewhere_changes_nothing(marked: str) -> None:
    assert why(marked) == ""


# After unwanted suggestions


class Clock:
    """A clock that a test sets."""

    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def quiet_for(back_off: BackOff, clock: Clock) -> float:
    """Seconds until it speaks again."""
    begun = clock.seconds
    while back_off.silence():
        clock.seconds += 0.25
    return clock.seconds - begun


def test_silence_grows_with_every_unwanted_suggestion() -> None:
    clock = Clock()
    back_off = BackOff(clock)
    silences = []
    for _ in range(20):
        back_off.rejected(900)
        silences.append(quiet_for(back_off, clock))
    assert silences[:7] == [0, 0, 0, 2, 4, 8, 10]
    assert silences[-1] == 10


def test_one_that_is_taken_ends_the_silence() -> None:
    clock = Clock()
    back_off = BackOff(clock)
    for _ in range(6):
        back_off.rejected(900)
    assert back_off.silence() == "6 suggestions in a row were not wanted (completion.back_off), for 8 s more"
    back_off.taken()
    assert back_off.silence() == ""
    back_off.rejected(900)
    assert back_off.silence() == ""


def test_what_nobody_had_time_to_read_does_not_count() -> None:
    back_off = BackOff(Clock())
    for _ in range(50):
        back_off.rejected(100)
    assert (back_off.rejections, back_off.silence()) == (0, "")
