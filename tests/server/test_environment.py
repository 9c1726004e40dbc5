"""The user's environment is found on disk, and nothing in it is run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from python_slm.project.environment import find_environment, installed


def make(prefix: Path, *modules: str) -> Path:
    """A virtual environment by its looks; running its interpreter would leave a file."""
    site = prefix / "lib" / "python3.11" / "site-packages"
    site.mkdir(parents=True)
    (prefix / "pyvenv.cfg").write_text(f"home = {sys.base_prefix}/bin\nversion = 3.11.7\n")
    (prefix / "bin").mkdir()
    python = prefix / "bin" / "python"
    python.write_text(f"#!/bin/sh\ntouch {prefix}/was-run\n")
    python.chmod(0o755)
    for name in modules:
        (site / f"{name}.py").touch()
    return site


def test_the_workspace_comes_before_the_variables(tmp_path: Path) -> None:
    make(tmp_path / "project" / ".venv", "mine")
    make(tmp_path / "other", "theirs")
    found = find_environment(tmp_path / "project", "", {"VIRTUAL_ENV": str(tmp_path / "other")})
    assert found is not None
    assert found.prefix == str(tmp_path / "project" / ".venv")
    assert not (tmp_path / "project" / ".venv" / "was-run").exists()


@pytest.mark.parametrize("named", ["env/bin/python", "env", "{absolute}/env/bin/python"])
def test_a_setting_names_an_interpreter_or_a_folder(tmp_path: Path, named: str) -> None:
    make(tmp_path / ".venv")
    make(tmp_path / "env")
    found = find_environment(tmp_path, named.format(absolute=tmp_path), {})
    assert found is not None
    assert found.prefix == str(tmp_path / "env")


def test_a_named_environment_that_is_not_there_is_not_replaced(tmp_path: Path) -> None:
    make(tmp_path / ".venv")
    assert find_environment(tmp_path, "gone", {}) is None


def test_no_environment_is_told_from_an_empty_one(tmp_path: Path) -> None:
    assert find_environment(tmp_path, "", {}) is None


@pytest.mark.skipif(os.name == "nt", reason="a POSIX layout")
def test_the_environment_of_this_process_is_read_as_its_interpreter_sees_it(tmp_path: Path) -> None:
    found = find_environment(tmp_path, sys.executable, {})
    assert found is not None
    ours = {str(Path(path).resolve()) for path in sys.path if path.endswith(("site-packages", "lib-dynload"))}
    assert ours <= {str(Path(path).resolve()) for path in found.search_path}


def test_installed_are_packages_modules_extensions_path_entries_and_editable_sources(tmp_path: Path) -> None:
    site = make(tmp_path / ".venv", "single")
    (site / "package").mkdir()
    (site / "package-1.0.dist-info").mkdir()
    (site / "fast.cpython-311-x86_64-linux-gnu.so").touch()
    for name in ("elsewhere", "editable/src"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "elsewhere" / "listed.py").touch()
    (tmp_path / "editable" / "src" / "working.py").touch()
    (site / "some.pth").write_text(f"import os; os._exit(1)\n{tmp_path}/elsewhere\n/not/there\n")
    (site / "editable-1.0.dist-info").mkdir()
    note = f'{{"dir_info": {{"editable": true}}, "url": "file://{tmp_path}/editable"}}'
    (site / "editable-1.0.dist-info" / "direct_url.json").write_text(note)
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "helper.py").touch()
    environment = find_environment(tmp_path, "", {})
    assert environment is not None
    names = installed(environment, tmp_path, "scripts/run.py")
    assert {"single", "package", "fast", "listed", "working", "helper", "scripts", "os", "sys"} <= names
    assert names.isdisjoint({"package-1", "missing"})
    assert "helper" not in installed(environment, tmp_path, "run.py")
