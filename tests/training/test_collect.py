"""Collection from real git repositories, folders and installed distributions."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from python_slm.errors import CorpusError
from python_slm_training.cli.data import data
from python_slm_training.collect import folder, git
from python_slm_training.collect.collect import collect, raw_path
from python_slm_training.collect.record import Metadata, Record, read, writing

if TYPE_CHECKING:
    from pathlib import Path

    from python_slm_training.collect.folder import FolderSource
    from python_slm_training.collect.git import GitSource

MIT = "Permission is hereby granted, free of charge, to any person obtaining a copy\nof this software and"
NOW = "2026-01-02T03:04:05+00:00"


def run_git(where: Path, *arguments: str) -> str:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for who in ("AUTHOR", "COMMITTER"):
        environment |= {
            f"GIT_{who}_NAME": "A",
            f"GIT_{who}_EMAIL": "a@example.com",
            f"GIT_{who}_DATE": "2025-05-06T07:08:09+02:00",
        }
    return subprocess.run(
        ["git", "-C", str(where), *arguments], check=True, env=environment, capture_output=True, text=True
    ).stdout.strip()


def repository(where: Path, files: dict[str, str | bytes]) -> Path:
    where.mkdir(parents=True)
    run_git(where, "init", "-q")
    commit(where, files)
    return where


def commit(where: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = where / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    run_git(where, "add", "-A")
    run_git(where, "commit", "-q", "-m", "files")


def only_source(path: Path) -> GitSource:
    (git_dir,) = git.repositories(path)
    return git.GitSource.of(git_dir)


def by_path(source: GitSource | FolderSource) -> dict[str, Record]:
    return {record.metadata.path: record for record in source.records(NOW)}


def test_reads_a_repository_with_its_provenance(tmp_path: Path) -> None:
    where = repository(tmp_path / "owner+project", {"LICENSE": MIT, "pkg/a.py": "x = 1\n", "notes.md": "no"})
    records = by_path(only_source(where))
    head = run_git(where, "rev-parse", "HEAD")
    assert records["pkg/a.py"] == Record(
        "x = 1\n",
        f"owner/project@{head[:12]}:pkg/a.py",
        Metadata("git", "owner/project", "pkg/a.py", head, "MIT", NOW, "2025-05-06T07:08:09+02:00"),
    )
    assert list(records) == ["pkg/a.py"]


def test_reads_a_bare_repository_like_its_work_tree(tmp_path: Path) -> None:
    where = repository(tmp_path / "work", {"a.py": "x = 1\n"})
    run_git(tmp_path, "clone", "-q", "--bare", "work", "bare.git")
    assert [each.text for each in only_source(tmp_path / "bare.git").records(NOW)] == ["x = 1\n"]
    assert only_source(tmp_path / "bare.git").revision == only_source(where).revision


def test_finds_many_repositories_below_a_folder(tmp_path: Path) -> None:
    repository(tmp_path / "mirror" / "a+one" / "repo", {"a.py": "x = 1\n"})
    repository(tmp_path / "mirror" / "b+two" / "repo", {"b.py": "y = 1\n"})
    names = [git.GitSource.of(path).repo for path in git.repositories(tmp_path / "mirror")]
    assert names == ["a/one", "b/two"]


def test_names_a_repository_after_its_remote(tmp_path: Path) -> None:
    where = repository(tmp_path / "checkout", {"a.py": "x = 1\n"})
    run_git(where, "remote", "add", "origin", "https://host.example/owner/name.git")
    assert only_source(where).repo == "owner/name"


def test_skips_links_large_files_and_what_is_not_text(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.py": "x = 1\n",
        "big.py": "#" * 1_000_001,
        "nul.py": b"x = '\0'",
        "bad.py": b"x = '\xff'",
    }
    where = repository(tmp_path / "r", files)
    (where / "link.py").symlink_to("a.py")
    commit(where, {})
    assert list(by_path(only_source(where))) == ["a.py"]


def test_leaves_out_a_missing_blob(tmp_path: Path) -> None:
    where = repository(tmp_path / "r", {"a.py": "x = 1\n", "b.py": "y = 2\n"})
    blob = run_git(where, "rev-parse", "HEAD:a.py")
    (where / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    assert list(by_path(only_source(where))) == ["b.py"]


def test_decodes_by_the_declared_encoding_and_normalises_line_ends(tmp_path: Path) -> None:
    where = repository(tmp_path / "r", {"a.py": "# coding: latin-1\r\nx = 'é'\r\n".encode("latin-1")})
    assert by_path(only_source(where))["a.py"].text == "# coding: latin-1\nx = 'é'\n"


def test_a_vendored_licence_and_a_header_beat_the_project_licence(tmp_path: Path) -> None:
    where = repository(
        tmp_path / "r",
        {
            "LICENSE": MIT,
            "a.py": "x = 1\n",
            "vendor/gpl/COPYING": "GNU GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007",
            "vendor/gpl/b.py": "x = 2\n",
            "c.py": "# SPDX-License-Identifier: MPL-2.0\nx = 3\n",
        },
    )
    licences = {path: record.metadata.licence for path, record in by_path(only_source(where)).items()}
    assert licences == {"a.py": "MIT", "vendor/gpl/b.py": "GPL-3.0-only", "c.py": "MPL-2.0"}


def test_a_folder_without_a_commit_is_an_error_that_says_so(tmp_path: Path) -> None:
    run_git(tmp_path, "init", "-q", "empty")
    with pytest.raises(CorpusError, match="HEAD cannot be read"):
        only_source(tmp_path / "empty")


def test_a_folder_changes_its_revision_with_its_files(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    before = folder.folder(tmp_path)
    (tmp_path / "a.py").write_text("x = 10\n")
    assert folder.folder(tmp_path).revision != before.revision
    assert by_path(before)["a.py"].metadata.source == "folder"


def test_a_folder_leaves_out_environments_and_links(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "b.py").write_text("y = 1\n")
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "c.py").symlink_to("a.py")
    assert list(by_path(folder.folder(tmp_path))) == ["a.py"]


def test_the_standard_library_is_under_the_psf_licence() -> None:
    source = folder.standard_library()
    assert "dataclasses.py" in source.files
    assert not any("site-packages" in path for path in source.files)
    first = next(source.records(NOW))
    assert (first.metadata.licence, first.metadata.repo) == ("PSF-2.0", "python/cpython")


def test_an_installed_distribution_has_its_version_and_licence() -> None:
    click = next(each for each in folder.distributions() if each.repo == "click")
    record = by_path(click)["click/core.py"]
    assert record.metadata.licence == "BSD-3-Clause"
    assert record.metadata.revision == click.revision


def collect_at(source: GitSource, raw: Path, *reserved: str) -> str:
    return collect(source, raw, frozenset(reserved), lambda: datetime(2026, 1, 2, tzinfo=UTC)).outcome


def test_a_source_is_read_again_only_when_its_revision_changes(tmp_path: Path) -> None:
    where = repository(tmp_path / "r", {"a.py": "x = 1\n"})
    outcomes = [collect_at(only_source(where), tmp_path / "raw") for _ in range(2)]
    commit(where, {"a.py": "x = 2\n"})
    assert [*outcomes, collect_at(only_source(where), tmp_path / "raw")] == ["collected", "unchanged", "collected"]
    assert [record.text for record in read(raw_path(tmp_path / "raw", only_source(where)))] == ["x = 2\n"]


def test_a_reserved_project_is_never_collected_whoever_owns_the_copy(tmp_path: Path) -> None:
    where = repository(tmp_path / "fork+My_Project", {"a.py": "x = 1\n"})
    assert collect_at(only_source(where), tmp_path / "raw", "my-project") == "reserved"
    assert not list(tmp_path.glob("raw/*"))


def test_an_interrupted_write_leaves_no_file(tmp_path: Path) -> None:
    record = Record("x = 1\n", "i", Metadata("git", "r", "a.py", "0", "MIT", NOW, None))

    def interrupted() -> None:
        with writing(tmp_path / "a.jsonl.zst") as put:
            put(record)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not list(tmp_path.iterdir())


def test_records_survive_the_round_trip(tmp_path: Path) -> None:
    record = Record("x = '\u2028\n\"é'\n", "i", Metadata("git", "r", "a.py", "0", "MIT", NOW, None))
    with writing(tmp_path / "a.jsonl.zst") as put:
        put(record)
    assert list(read(tmp_path / "a.jsonl.zst")) == [record]


def test_the_command_collects_and_reports(tmp_path: Path) -> None:
    where = repository(tmp_path / "r", {"a.py": "x = 1\n"})
    result = CliRunner().invoke(data, ["collect", "--out", str(tmp_path / "raw"), "--git", str(where)])
    assert result.exit_code == 0
    assert "1 sources (1 collected): 1 files" in result.output


def test_the_command_without_sources_says_which_to_give(tmp_path: Path) -> None:
    result = CliRunner().invoke(data, ["collect", "--out", str(tmp_path / "raw")])
    assert result.exit_code == 2
    assert "--git, --folder, --installed or --stdlib" in result.output
