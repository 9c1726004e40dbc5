"""Traces on disk: several servers, long files, damaged files, full disks."""

from __future__ import annotations

import errno
import json
import logging
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from python_slm.lsp.journal import KEPT, Journal, read

if TYPE_CHECKING:
    from pathlib import Path

WRITER = """
import sys
from pathlib import Path
from python_slm.lsp.journal import Journal
journal = Journal(Path(sys.argv[1]))
for number in range(150):
    journal.note({"request": {"path": "x" * 500, "number": number}}, keep=True)
"""


class Clock:
    """One second later at every look."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 21, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


def trace(name: str) -> dict[str, dict[str, str]]:
    return {"request": {"path": name}}


def names(state: Path, count: int) -> list[str]:
    return [record["request"]["path"] for record in read(state, count)]


@pytest.fixture
def one(tmp_path: Path) -> Journal:
    return Journal(tmp_path, Clock())


def files(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "traces").glob("*"))


def test_the_newest_come_last(one: Journal, tmp_path: Path) -> None:
    for name in "abc":
        one.note(trace(name), keep=True)
    assert names(tmp_path, 2) == ["b", "c"]
    assert [record["request"]["path"] for record in one.newest(2)] == ["b", "c"]
    assert (names(tmp_path, 0), one.newest(0), one.newest(-1)) == ([], [], [])


def test_nothing_is_written_where_it_is_not_wanted(one: Journal, tmp_path: Path) -> None:
    one.note(trace("a"), keep=False)
    assert files(tmp_path) == []
    assert len(one.newest(5)) == 1
    one.note(trace("b"), keep=True)
    assert names(tmp_path, 9) == ["b"]


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX")
def test_only_the_user_can_read_it(one: Journal, tmp_path: Path) -> None:
    one.note(trace("a"), keep=True)
    (file,) = files(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_long_file_begins_anew_with_the_newest(one: Journal, tmp_path: Path) -> None:
    for number in range(10 * KEPT):
        one.note(trace(str(number)), keep=True)
    (file,) = files(tmp_path)
    assert file.read_bytes().count(b"\n") <= 3 * KEPT
    assert names(tmp_path, KEPT) == [str(number) for number in range(9 * KEPT, 10 * KEPT)]
    assert len(one.newest(10_000)) == KEPT


def test_servers_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    servers = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)]) for _ in range(3)]
    assert [server.wait(60) for server in servers] == [0, 0, 0]
    found = read(tmp_path, 150)
    assert len(found) == 150
    for file in files(tmp_path):
        numbers = [json.loads(line)["request"]["number"] for line in file.read_text().splitlines()]
        assert numbers == list(range(150))
    assert len(files(tmp_path)) == 3


def test_files_of_former_servers_do_not_heap_up(tmp_path: Path) -> None:
    folder = tmp_path / "traces"
    folder.mkdir()
    for number in range(30):
        file = folder / f"old-{number:02}.jsonl"
        file.write_text(json.dumps({"at": f"2026-11-20T00:00:{number:02}", **trace("old")}) + "\n")
        os.utime(file, (number, number))
    Journal(tmp_path, Clock()).note(trace("new"), keep=True)
    left = {file.name for file in files(tmp_path)}
    assert len(left) == 12
    assert "old-29.jsonl" in left
    assert "old-00.jsonl" not in left
    assert names(tmp_path, 1) == ["new"]


@pytest.mark.parametrize("damage", ["{", "\x00\x00", "[1]", '{"at": 3, "request": {}}', '{"at": "x"}', ""])
def test_damaged_lines_are_left_out(one: Journal, tmp_path: Path, damage: str) -> None:
    one.note(trace("a"), keep=True)
    (file,) = files(tmp_path)
    with file.open("a") as lines:
        lines.write(damage + "\n")
    one.note(trace("b"), keep=True)
    assert names(tmp_path, 9) == ["a", "b"]


def test_a_full_disk_ends_the_file_and_nothing_else(
    one: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_file: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    one.note(trace("a"), keep=True)
    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING):
        patch.setattr(os, "write", full)
        one.note(trace("b"), keep=True)
        one.note(trace("c"), keep=True)
    assert [record.getMessage() for record in caplog.records if "No space left" in record.getMessage()] != []
    assert len(caplog.records) == 1
    assert len(one.newest(9)) == 3
    assert names(tmp_path, 9) == ["a"]


def test_a_line_cut_short_by_a_full_disk_counts_as_none(one: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "write", lambda _file, data: len(data) - 1)
    one.note(trace("a"), keep=True)
    one.note(trace("b"), keep=True)
    assert one._folder is None


def test_a_folder_that_cannot_be_made_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    one = Journal(tmp_path / "file")
    one.note(trace("a"), keep=True)
    assert len(one.newest(1)) == 1
    assert read(tmp_path / "file", 5) == []
