"""Which files belong to a project; with git, and without it."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from python_slm.project.files import MOST_FILE_BYTES, source_files

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, name: str, text: str = "x = 1\n", mtime: int = 100) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    os.utime(path, (mtime, mtime))
    return path


def names(folder: Path, most_bytes: int = 10**7) -> list[str]:
    return sorted(file.name for file in source_files(folder, most_bytes=most_bytes))


@pytest.fixture(params=["git", "plain"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An empty folder, with and without a repository."""
    if request.param == "git":
        if not shutil.which("git"):
            pytest.skip("git is not installed")
        git(tmp_path, "init", "-q")
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


def test_python_and_stubs_and_nothing_else(folder: Path) -> None:
    for name in ("a.py", "pkg/b.pyi", "pkg/deep/c.py", "readme.md", "data.json", "d.pyc"):
        write(folder, name)
    assert names(folder) == ["a.py", "pkg/b.pyi", "pkg/deep/c.py"]


def test_what_was_installed_or_built_is_left_out(folder: Path) -> None:
    for name in ("venv/lib/x.py", "node_modules/x/y.py", "build/lib/x.py", "a/__pycache__/x.py", "src/a.py"):
        write(folder, name)
    assert names(folder) == ["src/a.py"]


def test_a_virtual_environment_by_any_name_is_left_out_without_git(tmp_path: Path) -> None:
    write(tmp_path, "mine/pyvenv.cfg")
    write(tmp_path, "mine/lib/x.py")
    write(tmp_path, ".hidden/x.py")
    write(tmp_path, "a.py")
    assert names(tmp_path) == ["a.py"]


def test_files_for_secrets_are_left_out(folder: Path) -> None:
    write(folder, "secrets.py")
    write(folder, "a.py")
    assert names(folder) == ["a.py"]


def test_large_and_empty_files_are_left_out(folder: Path) -> None:
    write(folder, "large.py", "x" * (MOST_FILE_BYTES + 1))
    write(folder, "empty.py", "")
    write(folder, "a.py")
    assert names(folder) == ["a.py"]


def test_links_out_of_the_folder_are_not_followed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = write(tmp_path_factory.mktemp("elsewhere"), "outside.py")
    (folder / "link.py").symlink_to(elsewhere)
    (folder / "linked").symlink_to(elsewhere.parent)
    (folder / "broken.py").symlink_to(folder / "nowhere.py")
    write(folder, "a.py")
    assert names(folder) == ["a.py"]


def test_newest_first_and_no_more_than_asked(folder: Path) -> None:
    for age, name in enumerate(("new.py", "middle.py", "old.py")):
        write(folder, name, "x" * 100, mtime=1000 - age)
    assert [file.name for file in source_files(folder, most_bytes=250)] == ["new.py", "middle.py"]


def test_a_folder_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    assert names(tmp_path / "nowhere") == []


def test_cancelled_gives_nothing(folder: Path) -> None:
    write(folder, "a.py")
    assert source_files(folder, most_bytes=1000, cancelled=lambda: True) == []


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
class TestGit:
    def test_ignored_files_are_left_out_and_new_ones_are_not(self, tmp_path: Path) -> None:
        git(tmp_path, "init", "-q")
        write(tmp_path, ".gitignore", "generated/\n*_local.py\n")
        for name in ("generated/x.py", "settings_local.py", "tracked.py", "pkg/new.py"):
            write(tmp_path, name)
        git(tmp_path, "add", "tracked.py")
        assert names(tmp_path) == ["pkg/new.py", "tracked.py"]

    def test_a_subfolder_is_a_project_of_its_own(self, tmp_path: Path) -> None:
        git(tmp_path, "init", "-q")
        for name in ("top.py", "part/a.py", "part/ünï cödé.py"):
            write(tmp_path, name)
        assert names(tmp_path / "part") == ["a.py", "ünï cödé.py"]

    def test_a_folder_that_the_repository_around_it_ignores_is_walked(self, tmp_path: Path) -> None:
        git(tmp_path, "init", "-q")
        write(tmp_path, ".gitignore", "ignored/\n")
        write(tmp_path, "ignored/a.py")
        assert names(tmp_path / "ignored") == ["a.py"]
        assert names(tmp_path) == []

    def test_a_deleted_file_that_git_still_knows_is_left_out(self, tmp_path: Path) -> None:
        git(tmp_path, "init", "-q")
        write(tmp_path, "a.py")
        gone = write(tmp_path, "gone.py")
        git(tmp_path, "add", ".")
        gone.unlink()
        assert names(tmp_path) == ["a.py"]

    def test_programs_that_a_repository_names_are_not_run(self, tmp_path: Path) -> None:
        git(tmp_path, "init", "-q")
        write(tmp_path, "a.py")
        git(tmp_path, "add", ".")
        hook = write(tmp_path, "hook.sh", f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        hook.chmod(0o755)
        git(tmp_path, "config", "core.fsmonitor", str(hook))
        assert names(tmp_path) == ["a.py"]
        assert not (tmp_path / "ran").exists()


def test_text_is_decoded_with_plain_line_ends(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes("\ufeffx = 'ä'\r\ny = 2\r".encode())
    (file,) = source_files(tmp_path, most_bytes=100)
    assert file.text() == "x = 'ä'\ny = 2\n"


def test_text_of_a_file_that_went_away_is_none(tmp_path: Path) -> None:
    write(tmp_path, "a.py")
    (file,) = source_files(tmp_path, most_bytes=100)
    file.path.unlink()
    assert file.text() is None
