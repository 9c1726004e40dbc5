"""``slm`` itself: lazy commands, exit codes, errors in one line."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint, version

import click
import pytest
from click.testing import CliRunner, Result

from python_slm import cli
from python_slm.cli import LazyGroup
from python_slm.errors import ModelMissingError


@click.command()
def broken_model() -> None:
    """Fail as our code fails."""
    raise ModelMissingError("/m/manifest.json: not there; run 'slm doctor'")


@click.command()
def interrupted() -> None:
    """Be stopped with Ctrl-C."""
    raise KeyboardInterrupt


@click.command()
def lacks_torch() -> None:
    """Import what is not installed, late."""
    raise ModuleNotFoundError("No module named 'torch'", name="torch")


@click.command()
def lacks_ours() -> None:
    """Import a module of ours that is not there: a bug, not a missing extra."""
    raise ModuleNotFoundError("No module named 'python_slm.nonsense'", name="python_slm.nonsense")


class Entry(EntryPoint):
    """An entry point of the training package that loads a command of this file."""

    def load(self) -> object:
        if self.attr == "missing":
            raise ModuleNotFoundError("No module named 'datatrove.pipeline'", name="datatrove.pipeline")
        return globals()[self.attr]


def invoke(*args: str, commands: dict[str, str]) -> Result:
    """Run a group whose commands are ``name → entry point``."""
    entries = [Entry(name, value, "test") for name, value in commands.items()]
    return CliRunner().invoke(LazyGroup("slm", entries=entries), args)


def test_our_errors_are_one_line_on_stderr_and_exit_code_1() -> None:
    result = invoke("go", commands={"go": "tests.server.test_cli:broken_model"})
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: /m/manifest.json: not there; run 'slm doctor'\n"


def test_ctrl_c_exits_130_without_a_traceback() -> None:
    result = invoke("go", commands={"go": "tests.server.test_cli:interrupted"})
    assert (result.exit_code, result.stderr) == (130, "interrupted\n")


@pytest.mark.parametrize("attr", ["missing", "lacks_torch"])
def test_training_command_without_its_extra_says_how_to_install_it(attr: str) -> None:
    result = invoke("go", commands={"go": f"python_slm_training.cli.go:{attr}"})
    assert result.exit_code == 1
    assert "pip install 'python-slm[train]'" in result.stderr


@pytest.mark.parametrize("value", ["python_slm_training.cli.go:lacks_ours", "python_slm.cli.go:lacks_torch"])
def test_a_bug_is_not_reported_as_a_missing_extra(value: str) -> None:
    assert isinstance(invoke("go", commands={"go": value}).exception, ModuleNotFoundError)


def test_wrong_usage_exits_2() -> None:
    result = invoke("nonsense", commands={"go": "tests.server.test_cli:broken_model"})
    assert result.exit_code == 2
    assert "nonsense" in result.stderr


def test_listing_reads_the_sentence_of_the_function_without_importing_it() -> None:
    listing = invoke("--help", commands={"go": "tests.server.test_cli:interrupted", "gone": "tests.no_such:x"}).stdout
    assert "go    Be stopped with Ctrl-C." in listing
    assert "gone" in listing


@pytest.mark.parametrize("command", [["-m", "python_slm"], ["-c", "from python_slm.cli import main; main()"]])
def test_version_is_the_distributions(command: list[str]) -> None:
    done = subprocess.run([sys.executable, *command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"slm, version {version('python-slm')}\n"


def test_no_command_shows_help() -> None:
    assert "Commands:" in CliRunner().invoke(cli.main, []).output
