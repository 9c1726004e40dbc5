"""The house rules that a machine can hold: public names, layers, sizes, packaging, nothing private in the tree."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import subprocess
import sys
import time
import zipfile
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

import python_slm
from python_slm.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for folder in ("server", "training", "models") for path in (ROOT / folder).rglob("*.py"))
SCRIPTS = {ROOT / "training", ROOT / "training" / "gpu"}  # run by path, installed nowhere
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
PUBLIC = [
    "Answer",
    "Change",
    "Completion",
    "CompletionSettings",
    "Document",
    "DocumentError",
    "MissingExtraError",
    "ModelCorruptError",
    "ModelError",
    "ModelMissingError",
    "ModelSettings",
    "Position",
    "PythonSLM",
    "SLMError",
    "Settings",
    "SettingsError",
    "TokenizerError",
    "Trace",
]
HEAVY = {"libcst", "lsprotocol", "numpy", "onnxruntime", "pygls", "tokenizers", "torch", "transformers"}


def run(*command: str | Path, cwd: Path = ROOT, timeout: float = 600) -> str:
    """Output of a command that must succeed; its whole output is the failure message."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False
    )
    assert done.returncode == 0, f"{command} → {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def imported_by(statement: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after ``statement``."""
    listing = run(sys.executable, "-c", f"{statement}\nimport sys; print(); print(*sys.modules)")
    return {name.partition(".")[0] for name in listing.splitlines()[-1].split()}


@cache
def tracked() -> list[Path]:
    """Files under version control; all files where this is not a git checkout."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = [name for name in listed.stdout.split("\0") if name]
    return [ROOT / name for name in names if (ROOT / name).is_file()] or SOURCES


# Public names


def test_public_names_are_pinned() -> None:
    """Adding or dropping one is a decision that the changelog records."""
    assert python_slm.__all__ == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_exists_and_is_documented(name: str) -> None:
    assert getattr(python_slm, name).__doc__


def test_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = python_slm.nonsense


def test_importing_the_package_is_light() -> None:
    started = time.perf_counter()
    modules = imported_by("import python_slm")
    print(f"import python_slm, interpreter included: {(time.perf_counter() - started) * 1e3:.0f} ms")
    assert not modules & HEAVY


def test_the_server_says_hello_before_it_imports_what_is_slow() -> None:
    modules = imported_by("import python_slm.lsp.server")
    assert not modules & (HEAVY | {"jedi", "rope"}) - {"lsprotocol", "pygls"}


def test_listing_the_commands_is_light() -> None:
    modules = imported_by(
        "import click; from python_slm.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass"
    )
    assert not modules & HEAVY


# Commands


ENTRIES = sorted(entry_points(group="python_slm.commands"), key=lambda entry: entry.name)


def walk(path: tuple[str, ...], command: click.Command) -> Iterator[tuple[str, ...]]:
    """Paths of a command and all below it, such as ("bench",), ("bench", "decode")."""
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=path[-1])
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from walk((*path, name), child)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_command_explains_itself_with_an_example(entry: EntryPoint) -> None:
    for path in walk((entry.name,), entry.load()):
        result = CliRunner().invoke(main, [*path, "--help"], prog_name="slm")
        assert result.exit_code == 0, result.output
        assert "\\b" not in result.output, "click's \\b needs a docstring that is not raw"
        usage, _, rest = result.output.partition("\n")
        assert f"slm {path[0]}" in " ".join(rest.split()), f"{usage}: needs an example line, 'slm {' '.join(path)} …'"


def test_help_lists_every_command_with_a_sentence() -> None:
    listing = CliRunner().invoke(main, ["--help"]).output
    for entry in ENTRIES:
        assert re.search(rf"^  {entry.name} +\w+", listing, re.MULTILINE), entry.name


def documented_commands() -> list[str]:
    """Every ``slm …`` line in a fenced block of the documentation."""
    pages = [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *(ROOT / "docs").glob("*.md"),
        *ROOT.glob("client/*/README.md"),
    ]
    fenced = [block for page in pages for block in re.findall(r"```sh\n(.*?)```", page.read_text("utf-8"), re.DOTALL)]
    found = re.findall(r"(?:^|/|&& )(slm [^\n&|>]+)", "\n".join(fenced), re.MULTILINE)
    return sorted({line.partition(" #")[0].strip() for line in found})


@pytest.mark.parametrize("line", documented_commands())
def test_documented_command_lines_are_understood(line: str) -> None:
    """Commands and options exist, and every required argument is given; nothing is run."""
    words = shlex.split(line)[1:]
    command: click.Command = main
    while isinstance(command, click.Group) and not words[0].startswith("-"):  # "slm data collect" is a command too
        name = words.pop(0)
        found = command.get_command(click.Context(command), name)
        assert found is not None, f"no command {name!r}"
        command = found
    options, left, _ = command.make_parser(click.Context(command)).parse_args(words)
    assert not left
    required = [parameter.name for parameter in command.params if parameter.required]
    assert [name for name in required if not isinstance(options.get(name or ""), str | tuple | list)] == []


# Architecture and sizes


def test_imports_point_one_way() -> None:
    print(run(Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_FILE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= MAX_FUNCTION_LINES, f"{node.name}: {lines} lines"


def test_every_source_package_has_an_init() -> None:
    for path in (path for path in SOURCES if path.parent not in SCRIPTS):
        assert (path.parent / "__init__.py").exists(), (
            f"{path.parent.relative_to(ROOT)} would not be type-checked as ours"
        )


def test_nothing_in_the_tree_names_a_private_place() -> None:
    private = re.compile(rb"(?<![\w}])/(?:work|root)/")
    named = [path for path in tracked() if private.search(path.read_bytes())]
    assert named == []


def test_no_drawer_modules() -> None:
    assert [path for path in SOURCES if re.search(r"util|helper|misc|common", path.stem)] == []


# Packaging


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that ``pip install .`` would install."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT)
    return next(folder.glob("python_slm-*.whl"))


@pytest.mark.slow
def test_wheel_carries_the_model_and_nothing_else_of_the_repository(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {
        "python_slm/py.typed",
        "python_slm/style/profiles/google.toml",
        "python_slm_model/manifest.json",
        "python_slm_model/tokenizer.json",
        "python_slm_model/model.int8.onnx",
    } <= names
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {
        "python_slm",
        "python_slm_training",
        "python_slm_model",
    }


def start_section() -> list[str]:
    """The shell blocks of the README's "Start": what a stranger runs first."""
    start = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## Start\n")[2].partition("\n## ")[0]
    return [block.strip() for block in re.findall(r"```sh\n(.*?)```", start, re.DOTALL)]


def test_readme_starts_with_two_single_lines_and_the_second_is_the_check() -> None:
    first, second = start_section()
    assert "\n" not in first
    assert second == "./check"


def test_readmes_tree_is_the_tree() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    tree = page.partition("\n## What is where\n")[2].partition("```\n")[2].partition("```")[0]
    place, missing = ROOT, []
    for line in tree.splitlines():
        base = place if line.startswith("  ") else ROOT
        named = re.findall(r"(?:^| )([\w.-]+(?:/[\w.-]+)*(?:/|\.py|\.md))(?= |$)", line)
        missing += [name for name in named if not (base / name).exists()]
        if base == ROOT and named:
            place = ROOT / named[0]
    assert missing == []


@pytest.mark.slow
def test_readmes_first_line_works_on_a_fresh_clone_without_the_training_extra(tmp_path: Path) -> None:
    """A fresh environment, no extras: ready in about a minute, without torch."""
    clone = tmp_path / "clone"
    for path in tracked():
        target = clone / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    started = time.perf_counter()
    suggestion = run("bash", "-c", start_section()[0], cwd=clone).splitlines()[-1]
    print(f"{time.perf_counter() - started:.0f} s to the first suggestion: {suggestion!r}")
    assert suggestion
    assert not suggestion.startswith("Successfully installed"), "installed, and then no suggestion"

    binaries = clone / ".venv" / "bin"
    assert "complete" in run(binaries / "slm", "--help", cwd=tmp_path)
    assert run(binaries / "slm", "doctor", cwd=tmp_path).rstrip().endswith("ready")
    installed = run(binaries / "python", "-m", "pip", "list", "--format=freeze").lower()
    assert not re.search(r"^(torch|transformers|optimum|datatrove)\b", installed, re.MULTILINE)
    command = [str(binaries / "slm"), "train", "pretrain", "--help"]
    refused = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert "Traceback" not in refused.stderr
