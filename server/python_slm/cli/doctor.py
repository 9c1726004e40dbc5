"""``slm doctor``: what is installed, what works, and the way out of what does not."""

from __future__ import annotations

import json
import platform
import shutil
import sys
import time
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from python_slm.cli.doctor_tools import (
    check_encoding,
    check_filter,
    check_folders,
    check_resolver,
    check_server,
    check_tools,
)
from python_slm.cli.findings import Report
from python_slm.errors import SettingsError
from python_slm.places import state_folder
from python_slm.prompt import PROMPT_VERSION, SPECIAL_TOKENS, complete_ids
from python_slm.registry import Registry
from python_slm.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_slm.engine.manifest import Manifest
    from python_slm.engine.model import LanguageModel

RUNTIMES = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-openvino")
LOAD_TEST_TOKENS = 8
_REINSTALL = "install python-slm again; in its repository: pip install --force-reinstall --no-deps ."


@click.command(epilog="Example: slm doctor --model runs/mine/exported")
@click.option("--model", "model_path", type=click.Path(path_type=Path), help="Model folder instead of the one in use.")
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON file with the settings that your editor sends.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def doctor(model_path: Path | None, settings_file: Path | None, as_json: bool) -> None:
    """Check the installation and the model, and say the way out of each problem.

    Exit code 1 when something essential is broken; a missing optional tool is only mentioned.
    """
    report = Report()
    settings = Settings()
    with report.guarding("settings", "correct the value in your editor's settings"):
        settings = read_settings(settings_file)
        report.add("settings", describe_settings(settings))
    if model_path is not None:
        settings = replace(settings, model=replace(settings.model, path=str(model_path)))
    check_machine(report)
    runtimes = installed_runtimes(version)
    runs = check_runtime(report, runtimes)
    folder = check_choice(report, settings, Registry.of_user(), Path.cwd())
    if check_model(report, folder, settings) and runs:
        with report.guarding("load test", "try device 'cpu', then " + way_back(settings)):
            check_load(report, folder, settings)
            check_filter(report, folder)
            check_server(report, [sys.executable, "-m", "python_slm", "lsp", "--model", str(folder)])
            check_resolver(report, Path.cwd(), settings)
    check_tools(report, runtimes, shutil.which)
    check_folders(report, state_folder(), settings)
    encoding = sys.stdout.encoding or "utf-8"
    check_encoding(report, terminal=encoding)
    report.show_json() if as_json else report.show_lines(encoding)
    if not report.ok:
        raise SystemExit(1)


def read_settings(file: Path | None) -> Settings:
    """Settings of a JSON file, or the defaults. Raises SettingsError naming the file."""
    if file is None:
        return Settings()
    try:
        return Settings.from_dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, SettingsError) as error:
        raise SettingsError(f"{file}: {error}") from error


def describe_settings(settings: Settings) -> str:
    """The settings that decide how fast and how much."""
    model, completion = settings.model, settings.completion
    return (
        f"device={model.device} threads={model.threads or 'auto'} deadline={completion.deadline_ms} ms "
        f"prompt={completion.prompt_tokens} tokens answer={completion.max_new_tokens} tokens"
    )


def check_choice(report: Report, settings: Settings, registry: Registry, workspace: Path) -> Path:
    """Which model runs in ``workspace``, and why: the folder that the settings ask for, else what is in use there."""
    choice = registry.choose([workspace], named=settings.model.path)
    folder = choice.folder or Path(str(files("python_slm_model")))
    name = choice.name or str(choice.folder or "shipped")
    fix = "see 'slm model list'; undo the last change: slm model rollback"
    report.add("model", f"{name}: {choice.problem or choice.why}", ok=not choice.problem, fix=fix, essential=False)
    return folder


def check_machine(report: Report) -> None:
    """Python, operating system, cores and memory."""
    report.add("python", f"{platform.python_version()} at {sys.executable}")
    with report.guarding("machine", "pip install --force-reinstall psutil"):
        import psutil

        cores = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
        memory = psutil.virtual_memory()
        free, total = memory.available / 2**30, memory.total / 2**30
        report.add("machine", f"{platform.platform()}, {cores} cores, {free:.1f} of {total:.1f} GiB memory free")


def installed_runtimes(version_of: Callable[[str], str]) -> dict[str, str]:
    """Installed distributions that provide the module ``onnxruntime`` → version."""
    found = {}
    for name in RUNTIMES:
        try:
            found[name] = version_of(name)
        except PackageNotFoundError:
            continue
    return found


def check_runtime(report: Report, installed: dict[str, str]) -> bool:
    """ONNX Runtime: exactly one build, and the providers it offers. True when it can be tried."""
    listed = ", ".join(f"{name} {number}" for name, number in installed.items()) or "not installed"
    if len(installed) > 1:
        names = " ".join(installed)
        wanted = next((name for name in installed if name != "onnxruntime"), "onnxruntime")
        fix = f"they overwrite each other: pip uninstall -y {names} && pip install {wanted}"
        report.add("onnxruntime", listed, ok=False, fix=fix)
        return True
    with report.guarding("onnxruntime", "pip install --force-reinstall onnxruntime"):
        import onnxruntime

        report.add("onnxruntime", f"{listed}: {', '.join(onnxruntime.get_available_providers())}")
        return True
    return False


def way_back(settings: Settings) -> str:
    """How to get an intact model: the shipped one is reinstalled, another one exported."""
    return "export the model again: slm export --help" if settings.model.path else _REINSTALL


def check_model(report: Report, folder: Path, settings: Settings) -> bool:
    """Files against the manifest, tokenizer against the prompt formats. True when the model can be loaded."""
    fix = way_back(settings)
    before = len(report.checks)
    with report.guarding("model files", fix):
        from python_slm.engine.manifest import verify

        manifest = verify(folder)
        size = sum(file.bytes for file in manifest.files.values()) / 1e6
        report.add("model files", f"{manifest.name} {manifest.version}, {size:.1f} MB, sha256 as in the manifest")
        check_tokenizer(report, folder, manifest, fix)
    return all(check.ok for check in report.checks[before:])


def check_tokenizer(report: Report, folder: Path, manifest: Manifest, fix: str) -> None:
    """Special tokens at their ids, vocabulary and prompt version as the manifest says."""
    with report.guarding("tokenizer", fix):
        from python_slm.tokenizer import Tokenizer

        tokenizer = Tokenizer.from_file(folder / "tokenizer.json")
        misplaced = [name for index, name in enumerate(SPECIAL_TOKENS) if tokenizer.special(name) != index]
        problems = [f"{', '.join(misplaced)} not at their ids"] if misplaced else []
        if tokenizer.vocab_size > manifest.vocab_size:
            problems.append(f"{tokenizer.vocab_size} ids, the model knows {manifest.vocab_size}")
        if manifest.prompt_version != PROMPT_VERSION:
            problems.append(f"prompt version {manifest.prompt_version}, this server speaks {PROMPT_VERSION}")
        fine = f"{tokenizer.vocab_size} ids, prompt version {PROMPT_VERSION}"
        report.add("tokenizer", "; ".join(problems) or fine, ok=not problems, fix=fix)


def check_load(report: Report, folder: Path, settings: Settings) -> None:
    """Load the model as the server would and decode a few tokens, timed."""
    from python_slm.engine.model import Model

    started = time.perf_counter()
    model = Model.load(folder, device=settings.model.device, threads=settings.model.threads)
    loaded = time.perf_counter()
    report.add("device", f"{model.device}, loaded in {(loaded - started) * 1e3:.0f} ms: {model.describe()}")
    text = first_tokens(model, "def add(a, b):\n    return ", LOAD_TEST_TOKENS)
    each = (time.perf_counter() - loaded) * 1e3 / LOAD_TEST_TOKENS
    report.add("load test", f"{LOAD_TEST_TOKENS} tokens, {each:.1f} ms each, prompt included: {text!r}")


def first_tokens(model: LanguageModel, prefix: str, count: int) -> str:
    """The ``count`` most likely next tokens after ``prefix``, as text; stops for nothing."""
    tokenizer = model.tokenizer
    ids = complete_ids(tokenizer, prefix, "")
    start, past = len(ids), 0
    for _ in range(count):
        logits = model.forward(ids[past:], past=past)
        past = len(ids)
        ids.append(int(logits.argmax()))
    return tokenizer.decode(ids[start:])
