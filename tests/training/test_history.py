"""Mining real repositories, made commit by commit with git's own importer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from python_slm_training import jsonlines
from python_slm_training.cli.data import data
from python_slm_training.collect import edits, git, history
from python_slm_training.collect.history import Options, mine

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MIT = "Permission is hereby granted, free of charge, to any person obtaining a copy\nof this software and"
AREA = "def area(width, height):\n    return width * height\n"
WRONG = "def area(width, height):\n    return width + height\n"

Files = dict[str, str]


def repository(where: Path, commits: Iterable[tuple[str, Files]], *, parents: dict[int, int] | None = None) -> Path:
    """A bare repository with one commit for every (message, files written); ``parents`` adds a second parent."""
    git_dir = where / "repo"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(git_dir)], check=True)
    stream = []
    for number, (message, files) in enumerate(commits, start=1):
        when = f"A <a@example.com> {1_700_000_000 + number} +0000"
        stream.append(f"commit refs/heads/main\nmark :{number}\ncommitter {when}\n{sized(message)}")
        stream += [f"merge :{parents[number]}\n"] if parents and number in parents else []
        stream += [f"M 100644 inline {path}\n{sized(text)}" for path, text in files.items()]
    subprocess.run(
        ["git", f"--git-dir={git_dir}", "fast-import", "--quiet"], input="".join(stream), text=True, check=True
    )
    return git_dir


def sized(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"


def mined(
    tmp_path: Path, commits: list[tuple[str, Files]], options: Options | None = None, **more: Any
) -> list[dict[str, Any]]:
    git_dir = repository(tmp_path / "owner+project", commits, **more)
    mine(git.GitSource.of(git_dir), tmp_path / "out", options or Options())
    return list(history.records(tmp_path / "out" / "git-owner+project.jsonl.zst"))


def edit_of(before: str, after: str, message: str = "Fix it", path: str = "a.py") -> list[tuple[str, Files]]:
    return [("start", {path: before}), (message, {path: after})]


def test_a_small_fix_is_recorded_with_its_function_and_provenance(tmp_path: Path) -> None:
    module = "import os\n\n\nclass Shape:\n    {}\n    def other(self):\n        pass\n"
    before, after = (module.format(text.replace("\n", "\n    ")) for text in (WRONG, AREA))
    commits = [
        ("start", {"LICENSE": MIT, "pkg/shape.py": before}),
        (
            "Fix area of shapes\n\nIt was wrong.\n\nSigned-off-by: A <a@example.com>",
            {"pkg/shape.py": after, "tests/test_shape.py": "x = 1\n"},
        ),
    ]
    (record,) = mined(tmp_path, commits)
    about = record.pop("metadata")
    assert record.pop("id").startswith("owner/project@")
    assert record == {
        "before": WRONG,
        "after": AREA,
        "kind": "fix",
        "message": "Fix area of shapes\n\nIt was wrong.",
        "lines": 1,
        "tests_changed": True,
    }
    assert (about["repo"], about["path"], about["licence"]) == ("owner/project", "pkg/shape.py", "MIT")
    assert about["modified_at"] == "2023-11-14T22:13:22+00:00"


def test_an_added_docstring_is_a_kind_of_its_own(tmp_path: Path) -> None:
    documented = AREA.replace(":\n", ':\n    """Area of a rectangle."""\n')
    assert [each["kind"] for each in mined(tmp_path, edit_of(AREA, documented, "Docs"))] == ["docstring"]


def test_a_change_without_a_fix_message_is_an_edit(tmp_path: Path) -> None:
    assert [each["kind"] for each in mined(tmp_path, edit_of(WRONG, AREA, "Multiply instead"))] == ["edit"]


@pytest.mark.parametrize(
    ("message", "fix"),
    [
        ("Fixed crash when the list is empty", True),
        ("bug: wrong order of arguments", True),
        ("Fix typo", False),
        ("Fix flake8 warnings", False),
        ("Fix failing tests", False),
        ("Add a prefix option", False),
    ],
)
def test_only_messages_about_behaviour_make_a_fix(message: str, fix: bool) -> None:
    assert edits.is_fix_message(message) is fix


LONG = "def f():\n" + "".join(f"    x{n} = {n}\n" for n in range(70))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(AREA, AREA.replace("width * height", "(width * height)  # ok"), id="reformatted"),
        pytest.param("x = 1  # one\n", "x = 1  # two\n", id="comment"),
        pytest.param(LONG, LONG.replace(" = ", " = 1"), id="more than 60 lines"),
        pytest.param("print 'a'\n", "print 'b'\n", id="Python 2"),
        pytest.param('key = ""\n', 'key = "AKIAIOSFODNN7EXAMPLQ"\n', id="secret"),
        pytest.param("x = 1\n", "x = 1\ndef f():\n    return x\n", id="only added at the top"),
    ],
)
def test_leaves_out_what_is_no_edit_of_code(tmp_path: Path, before: str, after: str) -> None:
    assert mined(tmp_path, edit_of(before, after)) == []


@pytest.mark.parametrize(
    "path", ["vendor/a.py", "tests/test_a.py", "setup.py", "pkg/_version.py", "doc/a.py", "kept/a.py"]
)
def test_leaves_out_vendored_generated_test_and_reserved_files(tmp_path: Path, path: str) -> None:
    assert mined(tmp_path, edit_of(WRONG, AREA, path=path), Options(reserved=frozenset({"kept"}))) == []


def test_leaves_out_sweeps_over_many_files(tmp_path: Path) -> None:
    names = [f"f{number}.txt" for number in range(9)]
    commits = [("start", {"a.py": WRONG}), ("Fix it", {"a.py": AREA, **dict.fromkeys(names, "x\n")})]
    assert mined(tmp_path, commits) == []
    assert mined(tmp_path / "two", [("s", {"a.py": WRONG, "b.py": WRONG}), ("Fix", {"a.py": AREA, "b.py": AREA})]) == []


def test_leaves_out_merges_reverts_and_what_was_reverted(tmp_path: Path) -> None:
    first = [("start", {"a.py": WRONG}), ("Fix it", {"a.py": AREA})]
    git_dir = repository(tmp_path / "first", first)
    fixed = subprocess.run(
        ["git", f"--git-dir={git_dir}", "rev-parse", "main"], check=True, capture_output=True, text=True
    )
    reverted = [*first, (f'Revert "Fix it"\n\nThis reverts commit {fixed.stdout.strip()}.', {"a.py": WRONG})]
    assert mined(tmp_path, [*reverted, ("Merge branch x", {"a.py": AREA})], parents={4: 1}) == []


def test_a_backport_counts_once(tmp_path: Path) -> None:
    commits = [*edit_of(WRONG, AREA), ("copy", {"b.py": WRONG}), ("Fix it there too", {"b.py": AREA})]
    assert len(mined(tmp_path, commits)) == 1


def test_tolerates_missing_blobs(tmp_path: Path) -> None:
    git_dir = repository(
        tmp_path / "o+p", [*edit_of(WRONG, AREA), ("s", {"b.py": AREA}), ("Fix b", {"b.py": WRONG + "\n\nx = 1\n"})]
    )
    blob = subprocess.run(
        ["git", f"--git-dir={git_dir}", "rev-parse", "main:a.py"], check=True, capture_output=True, text=True
    )
    name = blob.stdout.strip()
    (git_dir / "objects" / name[:2] / name[2:]).unlink()
    assert mine(git.GitSource.of(git_dir), tmp_path / "out", Options()).commits == 4


def test_a_reserved_project_is_not_read(tmp_path: Path) -> None:
    source = git.GitSource.of(repository(tmp_path / "fork+my_project", edit_of(WRONG, AREA)))
    assert mine(source, tmp_path / "out", Options(reserved=frozenset({"my-project"}))).outcome == "reserved"
    assert not (tmp_path / "out").exists()


def test_a_repository_is_read_again_only_when_it_or_the_options_change(tmp_path: Path) -> None:
    git_dir = repository(tmp_path / "o+p", edit_of(WRONG, AREA))
    outcomes = [mine(git.GitSource.of(git_dir), tmp_path / "out", Options(limit)).outcome for limit in (9, 9, 1)]
    assert outcomes == ["mined", "unchanged", "mined"]


def many(count: int) -> list[tuple[str, Files]]:
    return [(f"Fix number {number}", {"a.py": f"def f(x):\n    return x + {number}\n"}) for number in range(count)]


def test_the_newest_commits_come_first_up_to_the_limit(tmp_path: Path) -> None:
    assert [each["message"] for each in mined(tmp_path, many(9), Options(limit=3))] == [
        "Fix number 8", "Fix number 7", "Fix number 6"
    ]  # fmt: skip


def test_killed_and_run_again_it_goes_on_at_the_chunk_where_it_was(tmp_path: Path) -> None:
    git_dir = repository(tmp_path / "o+p", many(1_500))
    out = tmp_path / "out"
    command = [sys.executable, "-m", "python_slm", "data", "history", "--git", str(git_dir), "--out", str(out)]
    first = out / ".work" / "git-o+p" / "00000000.json"
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        deadline = time.monotonic() + 60
        while not first.exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        os.killpg(process.pid, signal.SIGKILL)
    assert not (out / "git-o+p.jsonl.zst").exists()
    made, seen = first.stat().st_mtime_ns, []
    mine(git.GitSource.of(git_dir), out, Options(), progress=lambda _: seen.append(first.stat().st_mtime_ns))
    assert set(seen) == {made}
    assert sum(1 for _ in jsonlines.read(out / "git-o+p.jsonl.zst")) == 1_499
    assert not (out / ".work" / "git-o+p").exists()


def test_the_command_reports_and_refuses_a_folder_without_repositories(tmp_path: Path) -> None:
    git_dir = repository(tmp_path / "o+p", edit_of(WRONG, AREA))
    result = CliRunner().invoke(data, ["history", "--git", str(git_dir), "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert "1 repositories (1 mined): 2 commits, 1 fix" in result.output
    (tmp_path / "empty").mkdir()
    refused = CliRunner().invoke(data, ["history", "--git", str(tmp_path / "empty"), "--out", str(tmp_path / "out")])
    assert refused.exit_code == 2
    assert "no git repository" in refused.output
