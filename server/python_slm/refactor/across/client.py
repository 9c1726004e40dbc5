"""Asking rope's process once, and killing it when it is late or no longer wanted."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from python_slm.errors import MissingExtraError
from python_slm.refactor.across.question import Changes, digest
from python_slm.refactor.plan import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from python_slm.refactor.across.question import Question

COMMAND = (sys.executable, "-P", "-m", "python_slm.refactor.across.worker")
"""``-P``: the folder it is started in may be a workspace with a json.py."""
WAIT_S = 120.0
"""A first rename in a project of 860,000 lines took rope 31 s."""
LATE = Refusal("rope was not done in time, and was stopped")
FAILED = Refusal("rope stumbled over the code, and was stopped")
_LOOK_S = 0.1


def require_rope() -> None:
    """Raises MissingExtraError, with the command that installs it, where rope is missing."""
    if find_spec("rope") is None:
        raise MissingExtraError("refactorings across files need rope; run: pip install 'python-slm[rope]'")


def ask(question: Question, cancelled: Callable[[], bool] = lambda: False, wait_s: float = WAIT_S) -> Changes | Refusal:
    """What would change, or why not; the process is gone afterwards. Raises MissingExtraError."""
    require_rope()
    asked: bytes | None = json.dumps(question.__dict__).encode() + b"\n"
    end = time.monotonic() + wait_s
    with subprocess.Popen(  # noqa: S603 - our own module
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        while True:
            try:
                output, _ = process.communicate(asked, timeout=_LOOK_S)
            except subprocess.TimeoutExpired:
                asked = None  # it is on its way
                if cancelled() or time.monotonic() >= end:
                    process.kill()
                    return LATE
            else:
                return said(output)


def said(line: bytes) -> Changes | Refusal:
    """What an answer of the process says; an empty one is its end."""
    if not line.strip():
        return FAILED
    return said_in(json.loads(line))


def said_in(values: dict[str, Any]) -> Changes | Refusal:
    """What an object of the process says."""
    return Refusal(values["refused"]) if "refused" in values else Changes.from_json(values)


def unsaved(open_files: Mapping[Path, str]) -> Path | None:
    """The first of the open files whose text is not the one on disk: rope would not see what was typed."""
    for path, text in open_files.items():
        try:
            saved = path.read_bytes().decode("utf-8", "surrogateescape")
        except OSError:
            return path
        if digest(saved) != digest(text):
            return path
    return None
