"""Style profiles: what their files may say, and how a buffer is held against them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from python_slm.cli.style import style
from python_slm.errors import SettingsError
from python_slm.style.base import StyleRule, style_rules
from python_slm.style.find import find
from python_slm.style.profile import BUILT_IN, FILE_NAME, Profile, conventions, load, parsed
from python_slm.style.written import shown
from python_slm.syntax.blocks import BlockIndex

if TYPE_CHECKING:
    from python_slm.style.reading import Reading


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_profiles_load_and_show_as_what_they_are(name: str) -> None:
    profile = load(name, None)
    assert profile is not None
    assert profile.name == name
    again = parsed(shown(profile), "shown")
    assert (again.values, again.severities) == (profile.values, profile.severities)


def test_every_sight_is_of_a_convention_that_the_rule_declares() -> None:
    assert all(re.fullmatch(r"[a-z]+\.[a-z-]+", key) for key in conventions())
    assert {key for name in BUILT_IN for key in (load(name, None) or Profile("")).values} <= set(conventions())


def test_without_a_name_the_folder_s_own_file_counts(tmp_path: Path) -> None:
    assert load("", tmp_path) is None
    assert load("", None) is None
    (tmp_path / FILE_NAME).write_text('name = "acme"\n[strings]\nformat = "percent"\n', encoding="utf-8")
    profile = load("", tmp_path)
    assert profile is not None
    assert (profile.name, dict(profile.values)) == ("acme", {"strings.format": "percent"})


def test_a_profile_extends_another_and_takes_things_back(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(
        'extends = "google"\n[imports.forms]\njson = "import"\nre = "import"\n', encoding="utf-8"
    )
    (tmp_path / "team.toml").write_text(
        'extends = "base.toml"\n[docstrings]\nstyle = "off"\n[imports.forms]\njson = "from"\nre = "off"\n'
        '[severity]\nimport-form = "hint"\n',
        encoding="utf-8",
    )
    team, google = load("team.toml", tmp_path), load("google", None)
    assert team is not None
    assert google is not None
    assert team.values["imports.forms"] == {"json": "from"}
    assert team.severities == {"import-form": "hint"}
    assert set(google.values) - set(team.values) == {"docstrings.style"}


def test_it_is_read_anew_each_time(tmp_path: Path) -> None:
    file = tmp_path / FILE_NAME
    for form in ("percent", "f-string"):
        file.write_text(f'[strings]\nformat = "{form}"\n', encoding="utf-8")
        assert (load("", tmp_path) or Profile("")).values == {"strings.format": form}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("strings = 1", "strings: expected a table, [strings]"),
        ("[strings]\nfromat = 'percent'", r"strings.fromat: no such convention; [strings] has format"),
        ("[string]\nformat = 'percent'", "string: no such section; known are classes"),
        ("[strings]\nformat = 'printf'", "'printf' is not one of 'f-string', 'percent', 'format'; or \"off\""),
        ("[strings]\nformat = 3", "strings.format: 3 is not one of"),
        ("[naming]\ncaught = '('", "naming.caught: not a regular expression"),
        ("[naming]\ncaught = 1", "expected a regular expression in quotes, got 1"),
        ("[limits]\nfile-lines = true", "limits.file-lines: expected a number that is not negative, got True"),
        ("[limits]\nfile-lines = -1", "expected a number that is not negative, got -1"),
        ("[hints]\nparameters = nan", "expected a number"),
        ("[classes]\norder = ['public', 'protected']", "expected a list of some of 'special'"),
        ("[classes]\norder = ['public', 'public']", "names one of them twice"),
        ("[imports]\nforms = 'import'", "imports.forms: expected a table"),
        ("[imports.forms]\njson = 'star'", "json: 'star' is not one of 'import', 'from'"),
        ("[exceptions]\nbase = 'a b'", "expected the name of a class, got 'a b'"),
        ("[severity]\nF401 = 'hint'", "severity.F401: no such rule of style; known are"),
        ("[severity]\nstring-format = 'loud'", "severity.string-format: 'loud' is not one of error"),
        ("severity = 1", "severity: expected a table"),
        ("name = 1", "name: expected text in quotes, got 1"),
        ("extends = 1", "extends: expected text in quotes, got 1"),
        ("extends = 'nowhere.toml'", "nowhere.toml: no such style profile; built in are google, numpy, strict"),
        ("extends = '.slm-style.toml'", "take one 'extends' out"),
        ("a b", "not TOML"),
    ],
)
def test_says_which_file_which_key_and_what_is_possible(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / FILE_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load("", tmp_path)
    assert says in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_unreadable_text_is_an_error_too(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"\xff")
    with pytest.raises(SettingsError, match="must be UTF-8 TOML"):
        load("x.toml", tmp_path)


STRICT = '"""A file"""\nimport os\n\n\ndef empty(a):\n    return not a  {}\n'


def test_comments_silence_a_finding() -> None:
    profile = parsed("[naming]\nboolean-function = 'is_.*'\n[docstrings]\nsummary-end = 'period'\n", "test")
    loud = find(BlockIndex.of(STRICT.format("")), profile, path="a.py")
    assert [one.code for one in loud] == ["docstring-ending", "boolean-name"]
    text = STRICT.format("")
    for one in reversed(loud):
        for edit in one.suppress:
            text = text[: edit.start] + edit.text + text[edit.end :]
    assert find(BlockIndex.of(text), profile, path="a.py") == []


def test_severities_are_the_profile_s() -> None:
    profile = parsed("[naming]\nboolean-function = 'is_.*'\n[severity]\nboolean-name = 'error'\n", "test")
    assert [one.severity for one in find(BlockIndex.of(STRICT.format("")), profile, path="a.py")] == ["error"]


def test_a_file_that_does_not_parse_is_examined_around_what_is_broken() -> None:
    profile = parsed("[naming]\nboolean-function = 'is_.*'\n", "test")
    text = "def empty(a):\n    return not a\n\n\ndef broken(:\n    pass\n\n\ndef full(a):\n    return a == 1\n"
    assert [one.message.split(":")[0] for one in find(BlockIndex.of(text), profile, path="a.py")] == ["empty", "full"]


def test_nothing_once_cancelled() -> None:
    profile = load("strict", None)
    assert profile is not None
    assert find(BlockIndex.of(STRICT.format("")), profile, path="a.py", cancelled=lambda: True) == []


def test_a_keystroke_costs_one_block(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = next(one for one in style_rules() if one.code == "boolean-name")
    read: list[str] = []
    sights = type(rule).sights

    def counting(self: object, block: Reading) -> object:
        read.append(block.code.block.name)
        return sights(rule, block)

    monkeypatch.setattr(type(rule), "sights", counting)
    profile = parsed("[naming]\nboolean-function = 'is_.*'\n", "test")
    index = BlockIndex.of("".join(f"def f{n}(a):\n    return a == {n}\n\n\n" for n in range(9)))
    before = find(index, profile, path="a.py")
    assert len(before) == len(read) == 9
    read.clear()
    after = find(index.updated(index.text.replace("== 4", "== 444")), profile, path="a.py")
    assert read == ["f4"]
    assert [one.start for one in after] == [one.start + 2 * (place > 4) for place, one in enumerate(before)]


def test_a_long_class_is_judged_as_a_whole() -> None:
    body = "".join(f"    def m{n}(self):\n        return {n}\n\n" for n in range(40))
    text = f"class A:\n    def _helper(self):\n        pass\n\n{body}"
    profile = parsed("[classes]\norder = ['public', 'private']\n[docstrings]\nsummary-end = 'period'\n", "test")
    assert BlockIndex.of(text).blocks[0].members
    assert [(one.code, text[one.start : one.end]) for one in find(BlockIndex.of(text), profile, path="a.py")] == [
        ("member-order", "A")
    ]
    documented = text.replace("return 33", '"""Thirty-three"""\n        return 33')
    found = find(BlockIndex.of(documented), profile, path="a.py")
    assert found[1].fixes[0].edits[0].text == "."


def test_sizes_and_privacy_of_a_long_class_are_those_of_the_whole() -> None:
    body = "".join(f'    def m{n}(self, a):\n        """Do it."""\n        print(a)\n\n' for n in range(30))
    profile = parsed('[limits]\nclass-lines = 119\n[docstrings]\nparameters = "present"\n', "test")
    public = find(BlockIndex.of(f"import os\n\n\nclass A:\n{body}\n\nb = 1\n"), profile, path="a.py")
    assert [one.message for one in public if one.code == "size-limit"] == [
        "A: 120 lines; the profile wants at most 119"
    ]
    assert sum(one.code == "docstring-sections" for one in public) == 30
    private = find(BlockIndex.of(f"import os\n\n\nclass _A:\n{body}\n\nb = 1\n"), profile, path="a.py")
    assert [one.code for one in private] == ["size-limit"]


def test_show_prints_toml_that_is_the_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(style, ["show", "numpy"])
    assert done.exit_code == 0
    assert tomllib.loads(done.output)["imports"]["aliases"]["numpy"] == "np"
    missing = CliRunner().invoke(style, ["show"])
    assert missing.exit_code == 2
    assert "slm style learn" in missing.output
    assert CliRunner().invoke(style, ["show", "nothing.toml"]).exit_code == 2


def test_every_convention_and_rule_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "style.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    for rule in style_rules():
        mine = [row for row in rows if f"`{rule.code}`" in row]
        fixes = type(rule).mend is not StyleRule.mend
        assert mine, rule.code
        assert any(re.search(r"`, (unsafe )?fix", row) for row in mine) == fixes, rule.code
        for one in rule.conventions:
            section, _, name = one.key.partition(".")
            row = next(row for row in mine if f"{section}." in row and re.search(rf"[`.]{name}[`\]]", row))
            options = getattr(one, "options", {}).keys() | set(getattr(one, "groups", ()))
            missing = {option for option in options if f"`{option}`" not in row}
            assert missing <= {"absent", "general"}, one.key
