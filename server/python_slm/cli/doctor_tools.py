"""``slm doctor``: what stands around the model: encoding, git, ruff, jedi, the user's folders, the server itself."""

from __future__ import annotations

import json
import locale
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from typing import TYPE_CHECKING

from python_slm.project.ruff import installed_ruff

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from python_slm.cli.findings import Report
    from python_slm.settings import Settings

_TOOL_S = 10.0
_SERVER_S = 60.0
_RESOLVER_S = 30.0
_BUFFER = "class Point:\n    def __init__(self, x, y):\n        self.x = x\n        self.y = "
_URI = "file:///doctor/example.py"


def check_tools(report: Report, installed: Mapping[str, str], which: Callable[[str], str | None]) -> None:
    """What makes the server better and is not needed: a GPU build where there is a GPU, ruff, git, jedi.

    ``installed``: builds of ONNX Runtime, with their versions.
    """
    if which("nvidia-smi"):
        cuda = len(installed) == 1 and "onnxruntime" not in installed
        fix = "optional: pip uninstall -y onnxruntime && pip install onnxruntime-gpu"
        detail = "the CUDA build is installed" if cuda else "there, but this is the CPU build"
        report.add("gpu", detail, ok=cuda, fix=fix, essential=False)
    check_program(report, "ruff", installed_ruff(), "without it there are no diagnostics of style: pip install ruff")
    check_program(report, "git", which("git"), "optional, it tells which files belong to a project: install git")


def check_program(report: Report, name: str, program: str | None, fix: str) -> None:
    """The version that an optional program says it is, and where it lies."""
    if program is None:
        report.add(name, "not found", ok=False, fix=fix, essential=False)
        return
    with report.guarding(name, fix, essential=False):
        found = subprocess.run(  # noqa: S603 - the program that the server would run
            [program, "--version"], capture_output=True, text=True, timeout=_TOOL_S, check=True
        )
        report.add(name, f"{found.stdout.strip()} at {program}")


def check_resolver(report: Report, workspace: Path, settings: Settings) -> None:
    """Start the process that looks names up in other files, with jedi, and ask it for one of the standard library."""
    fix = "pip install --force-reinstall jedi; without it nothing is known of other files, and completions go on"
    with report.guarding("resolver", fix, essential=False):
        begun = time.perf_counter()
        question = {
            "root": str(workspace),
            "python": settings.project.python,
            "path": "example.py",
            "text": "import json\n\njson",
            "offset": 17,
            "names": ["json"],
        }
        ended = subprocess.run(
            [sys.executable, "-m", "python_slm.project.resolver"],
            input=json.dumps(question) + "\n",
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_RESOLVER_S,
            check=False,
        )
        if not ended.stdout:
            detail = f"ended with code {ended.returncode}: {ended.stderr.strip().rpartition(chr(10))[2]}"
            report.add("resolver", detail, ok=False, fix=fix, essential=False)
            return
        answer = json.loads(ended.stdout)
        milliseconds, modules = 1000 * (time.perf_counter() - begun), answer["installed"]
        known = "environment unknown" if modules is None else f"{len(modules)} modules can be imported in this folder"
        found = bool(answer["definitions"])
        detail = f"jedi {version('jedi')}, first answer after {milliseconds:.0f} ms; {known}"
        report.add("resolver", detail if found else f"{detail}; json was not found", ok=found, fix=fix, essential=False)


def check_filter(report: Report, folder: Path) -> None:
    """Whether the model brings a show filter, and with which operating points."""
    from python_slm.checks.show import FILTER, ShowFilter

    fix = "optional: 'slm train filter' makes one for a model of your own"
    with report.guarding("show filter", fix, essential=False):
        if not (folder / FILTER).exists():
            report.add("show filter", "none: every valid suggestion is shown", ok=False, fix=fix, essential=False)
            return
        read = ShowFilter.from_json((folder / FILTER).read_text(encoding="utf-8"), where=str(folder / FILTER))
        report.add("show filter", f"{len(read.features)} features; {', '.join(read.points)}")


def check_encoding(report: Report, *, terminal: str, environ: Mapping[str, str] = os.environ) -> None:
    """What text is written in: here, by the locale, and in names of files. LSP itself is always UTF-8."""
    files, preferred = sys.getfilesystemencoding(), locale.getpreferredencoding(do_setlocale=False)
    plain = [name for name in (files, preferred, terminal) if name.lower().replace("-", "").replace("_", "") != "utf8"]
    mode = f", PYTHONUTF8={environ['PYTHONUTF8']}" if "PYTHONUTF8" in environ else ""
    detail = f"terminal {terminal}, locale {preferred}, names of files {files}{mode}"
    fix = "set PYTHONUTF8=1 where your editor starts the server, or a UTF-8 locale, as in LANG=C.UTF-8"
    report.add("encoding", detail, ok=not plain, fix=fix, essential=False)


def check_folders(report: Report, state: Path, settings: Settings) -> None:
    """Where traces and history go, and whether they can."""
    fix = f"make {state} writable, or name another folder in PYTHON_SLM_HOME; 'slm why' lacks traces until then"
    with report.guarding("traces", fix, essential=False):
        from python_slm.lsp import journal

        state.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=state) as file:
            file.write(b"x")
        newest = journal.read(state, 1)
        kept = "kept" if settings.trace.keep else "not kept (trace.keep)"
        last = f"the last request was at {newest[0]['at']}" if newest else "no request so far"
        report.add("traces", f"{kept} in {state}; {last}")
    with report.guarding("history", f"see to the permissions of {state}", essential=False):
        from python_slm.history import History

        history = History(state)
        kept = "kept" if settings.history.keep else "not kept (history.keep)"
        report.add("history", f"{kept}; {len(history.read())} suggestions in {history.path}")


def check_server(report: Report, command: Sequence[str]) -> None:
    """Start the server as an editor does, ask it for ghost text, and end it."""
    fix = (
        "see what it says on stderr: slm lsp --log-file slm.log; then report it with the output of 'slm doctor --json'"
    )
    with report.guarding("server", fix):
        from python_slm.bench.client import LanguageClient

        begun = time.perf_counter()
        options = {"completion": {"deadlineMs": round(1000 * _SERVER_S), "backOff": False}, "trace": {"keep": False}}
        with LanguageClient(command, stderr=subprocess.DEVNULL) as client:
            client.initialize(options=options)
            client.open(_URI, _BUFFER)
            lines = _BUFFER.split("\n")
            found = client.inline(_URI, len(lines) - 1, len(lines[-1]), triggerKind=1) or []
            answered = time.perf_counter()
            told = client.request("workspace/executeCommand", {"command": "python-slm.why", "arguments": []}).result
            code = client.end()
        detail = f"answered with {len(found)} suggestions {1000 * (answered - begun):.0f} ms after its start"
        if not found:
            detail = f"{detail}: {' '.join(told['text'].splitlines()[1:2])}"
        report.add("server", detail if code == 0 else f"{detail}; it ended with code {code}", ok=code == 0, fix=fix)
