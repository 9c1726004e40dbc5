"""``slm check``, ``slm fix`` and ``slm review``: files and folders as a person or a build has them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner

from python_slm.cli import main
from python_slm.cli.reports.rows import Row, in_order
from python_slm.cli.reports.text import full
from python_slm.findings import Finding
from python_slm.text import Document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

STALE = '''def area(width, height):
    """Area.

    Args:
        width: across
        depth: gone
    """
    print(width)
'''
UNREACHABLE = "def f(a):\n    return a\n    print(a)\n"
UNUSED = "import os\n\nx = 1\n"
git_needed = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ruff.toml").write_text("")
    return tmp_path


def slm(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=text)


def codes(result: Result) -> list[str]:
    return [one["code"] for one in json.loads(result.stdout)]


def checked(*arguments: str) -> list[str]:
    return codes(slm("check", *arguments, "--output-format", "json"))


def test_finds_what_ruff_rules_and_docstrings_know(folder: Path) -> None:
    (folder / "a.py").write_text(UNUSED)
    (folder / "b.py").write_text(UNREACHABLE)
    (folder / "c.py").write_text(STALE)
    result = slm("check")
    assert result.exit_code == 1
    assert "a.py:1:8: F401 [*] `os` imported but unused" in result.stdout
    assert "b.py:3:5: unreachable-code [-]" in result.stdout
    assert "c.py:6:9: renamed-parameter [*]" in result.stdout
    assert "of 3 files" in result.stderr


def test_says_nothing_of_good_code(folder: Path) -> None:
    (folder / "a.py").write_text("x = 1\n")
    result = slm("check", "a.py")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "All checks passed" in result.stderr


def test_a_half_typed_file_is_examined_around_what_is_broken(folder: Path) -> None:
    (folder / "a.py").write_text("import os\n\n\ndef broken(:\n    pass\n\n\n" + UNREACHABLE)
    assert checked("a.py") == ["F401", "syntax-error", "unreachable-code"]


def test_the_project_has_ruff_configured(folder: Path) -> None:
    (folder / "ruff.toml").write_text('[lint]\nignore = ["F401"]\n')
    (folder / "a.py").write_text(UNUSED)
    assert checked() == []


def test_rules_of_ruffs_can_be_asked_for_by_name(folder: Path) -> None:
    (folder / "a.py").write_text("x = 1\n")
    assert checked() == []
    assert checked("--select", "D100") == ["D100"]


@pytest.mark.parametrize(
    ("options", "want"),
    [
        (["--select", "F"], ["F401"]),
        (["--select", "rules"], ["unreachable-code"]),
        (["--ignore", "F401"], ["unreachable-code"]),
        (["--severity", "ruff=off"], ["unreachable-code"]),
        ([], ["F401", "unreachable-code"]),
    ],
)
def test_what_is_asked_for_is_told(folder: Path, options: list[str], want: list[str]) -> None:
    (folder / "a.py").write_text(UNUSED + "\n\n" + UNREACHABLE)
    assert checked(*options) == want


def test_comments_silence_a_place(folder: Path) -> None:
    (folder / "a.py").write_text(
        UNUSED.replace("os", "os  # noqa: F401")
        + UNREACHABLE.replace("(a)\n", "(a)  # slm: ignore[unreachable-code]\n")
    )
    assert checked() == []


def test_a_style_profile_can_be_held_against_files(folder: Path) -> None:
    (folder / "a.py").write_text('"""A module."""\n\n\nclass Broken(Exception):\n    """Oh."""\n')
    assert checked() == []
    assert checked("--profile", "strict") != []


def test_standard_input_is_a_file_of_any_name(folder: Path) -> None:
    result = slm("check", "-", "--stdin-filename", "pkg/mod.py", text=UNUSED)
    assert result.exit_code == 1
    assert result.stdout.startswith("pkg/mod.py:1:8: F401")


def test_many_files_are_shared_out_between_processes(folder: Path) -> None:
    for number in range(40):
        (folder / f"m{number:02}.py").write_text(UNREACHABLE)
    result = slm("check", "--jobs", "2", "--statistics")
    assert result.stdout.split()[:2] == ["40", "unreachable-code"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--severity", "F401=loud"], "'loud' is not one of"),
        (["--profile", "nosuch"], "nosuch"),
        (["--explain", "nosuch"], "no such code"),
        (["latin.py"], "not UTF-8 text"),
        (["nowhere.py"], "does not exist"),
    ],
)
def test_what_cannot_be_done_ends_with_two(folder: Path, arguments: list[str], message: str) -> None:
    (folder / "latin.py").write_bytes(b"# \xe9\n")
    result = slm("check", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_file_of_a_folder_that_is_no_text_is_left_out_aloud(folder: Path) -> None:
    (folder / "latin.py").write_bytes(b"# \xe9\n")
    (folder / "a.py").write_text("x = 1\n")
    result = slm("check")
    assert result.exit_code == 0


@pytest.mark.parametrize("code", ["F401", "unreachable-code"])
def test_a_code_can_be_explained(code: str) -> None:
    result = slm("check", "--explain", code)
    assert result.exit_code == 0
    assert "## Why is this bad" in result.stdout


def test_github_annotations_are_escaped(folder: Path) -> None:
    (folder / "a, b.py").write_text("print(f'{x:%}')\n")
    [line] = slm("check", "--output-format", "github").stdout.splitlines()
    assert line.startswith("::error title=python-slm (F821),file=a%2C b.py,line=1,endLine=1,col=10,endColumn=11::")


def test_sarif_says_where_and_how_to_mend(folder: Path) -> None:
    (folder / "a.py").write_text(UNUSED)
    log = json.loads(slm("check", "--output-format", "sarif").stdout)
    [run] = log["runs"]
    [result] = run["results"]
    assert log["version"] == "2.1.0"
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "F401"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a.py"
    assert place["region"] == {"startLine": 1, "startColumn": 8, "endLine": 1, "endColumn": 10}
    assert result["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"] == ""


def test_sarif_has_the_shape_that_ruffs_has(folder: Path) -> None:
    (folder / "a.py").write_text(UNUSED)
    ours = json.loads(slm("check", "--output-format", "sarif").stdout)
    ran = subprocess.run(["ruff", "check", "--output-format", "sarif"], capture_output=True, text=True, check=False)
    theirs = json.loads(ran.stdout)
    assert ours["$schema"] == theirs["$schema"]
    for path in (("runs", 0), ("runs", 0, "tool", "driver"), ("runs", 0, "results", 0)):
        mine, other = ours, theirs
        for key in path:
            mine, other = mine[key], other[key]
        assert set(other) - set(mine) <= {"informationUri", "properties"}


def test_the_full_form_underlines_code_behind_tabs() -> None:
    document = Document("file:///a.py", "if x:\n\tvalue = 1\n")
    finding = Finding("rules", "some-code", "wrong", 7, 12)
    lines = [click.unstyle(line) for line in full([Row("a.py", document, finding)])]
    assert lines[3:5] == ["2 | \tvalue = 1", "  | \t^^^^^"]


def test_rows_come_from_the_top(folder: Path) -> None:
    document = Document("file:///a.py", "abc\n")
    findings = [Finding("rules", "b", "", 2, 3), Finding("rules", "a", "", 0, 1)]
    assert [row.finding.code for row in in_order("a.py", document, findings)] == ["a", "b"]


def test_fix_mends_what_is_safe_and_tells_what_is_left(folder: Path) -> None:
    file = folder / "a.py"
    file.write_bytes((UNUSED + "\n\n" + UNREACHABLE).replace("\n", "\r\n").encode())
    file.chmod(0o640)
    result = slm("fix")
    assert result.exit_code == 1
    assert "1 fixed in 1 files, 1 left" in result.stderr
    assert file.read_bytes() == ("\nx = 1\n\n\n" + UNREACHABLE).replace("\n", "\r\n").encode()
    assert file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in folder.iterdir() if path.name.startswith(".a.py")] == []


def test_fix_mends_in_rounds(folder: Path) -> None:
    (folder / "a.py").write_text("import os\n\n\ndef f():\n    return 1\n    print(os.name)\n")
    result = slm("fix", "--unsafe-fixes")
    assert result.exit_code == 0, result.stderr
    assert (folder / "a.py").read_text() == "\n\ndef f():\n    return 1\n"


def test_fix_can_show_and_change_nothing(folder: Path) -> None:
    (folder / "a.py").write_text(UNUSED)
    result = slm("fix", "--diff")
    assert result.exit_code == 1
    assert "-import os\n" in result.stdout
    assert (folder / "a.py").read_text() == UNUSED
    assert slm("fix").exit_code == 0
    assert slm("fix", "--diff").exit_code == 0


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may write anywhere")
def test_fix_tells_what_it_could_not_write(folder: Path) -> None:
    (folder / "a.py").write_text(UNUSED)
    folder.chmod(0o555)
    try:
        result = slm("fix", "a.py")
    finally:
        folder.chmod(0o755)
    assert result.exit_code == 2
    assert "not written" in result.stderr


@contextmanager
def repository(folder: Path) -> Iterator[Any]:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}

    def git(*arguments: str) -> str:
        names = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
        done = subprocess.run(
            ["git", *names, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    git("init", "--quiet")
    yield git


def committed(folder: Path, git: Any, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    git("add", "--all")
    git("commit", "--quiet", "-m", "a change")


@git_needed
def test_review_tells_what_a_change_brings_and_what_it_mends(folder: Path) -> None:
    with repository(folder) as git:
        committed(folder, git, old=UNUSED, other=UNREACHABLE)
        git("checkout", "--quiet", "-b", "change")
        committed(folder, git, old="y = 2\n\n" + UNUSED, other="z = 1\n")
        (folder / "new.py").write_text(UNREACHABLE)
        result = slm("review", "--diff", "main", "--output-format", "json")
    assert result.exit_code == 1
    assert [(one["filename"], one["code"]) for one in json.loads(result.stdout)] == [("new.py", "unreachable-code")]


@git_needed
def test_review_of_a_clean_change_says_so(folder: Path) -> None:
    with repository(folder) as git:
        committed(folder, git, a=UNUSED)
        (folder / "a.py").write_text("x = 1\n")
        result = slm("review", "--diff", "HEAD")
    assert result.exit_code == 0
    assert "0 new, 1 mended, in 1 changed files." in result.stderr


@git_needed
def test_review_follows_a_file_to_its_new_name(folder: Path) -> None:
    with repository(folder) as git:
        committed(folder, git, before="import os\n" + "\n".join(f"x{n} = {n}" for n in range(30)) + "\n")
        git("mv", "before.py", "after.py")
        result = slm("review", "--diff", "HEAD")
    assert (result.exit_code, result.stdout) == (0, "")


@git_needed
def test_review_writes_a_comment_for_a_pull_request(folder: Path) -> None:
    with repository(folder) as git:
        committed(folder, git, a="x = 1\n")
        (folder / "a.py").write_text(UNUSED)
        comment = slm("review", "--diff", "HEAD", "--output-format", "markdown").stdout
    assert "1 new, 0 mended, in 1 changed files." in comment
    assert (
        "| `a.py:1` | [F401](https://docs.astral.sh/ruff/rules/unused-import) | `os` imported but unused |" in comment
    )
    assert "\n-import os\n" in comment


@git_needed
@pytest.mark.parametrize(("base", "message"), [("nosuch", "name a commit or branch"), ("HEAD", "rev-parse")])
def test_review_without_what_it_needs_says_so(
    folder: Path, base: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    if base == "nosuch":
        with repository(folder) as git:
            committed(folder, git, a="x = 1\n")
    result = slm("review", "--diff", base)
    assert result.exit_code == 2
    assert message in result.stderr


def test_nothing_is_lost_when_a_file_changes_meanwhile(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from python_slm.cli import fix  # noqa: PLC0415 - the module behind the command

    file = folder / "a.py"
    file.write_text(UNUSED)
    real = fix._mended

    def typed_meanwhile(*arguments: Any, **options: Any) -> Any:
        file.write_text("typed = 1\n")
        return real(*arguments, **options)

    monkeypatch.setattr(fix, "_mended", typed_meanwhile)
    result = slm("fix")
    assert result.exit_code == 2
    assert "changed on disk meanwhile" in result.stderr
    assert file.read_text() == "typed = 1\n"
