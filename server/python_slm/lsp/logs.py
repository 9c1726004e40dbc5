"""Where the server's log goes: warnings to stderr, everything to ``--log-file`` as a JSON object a line."""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class JsonLines(logging.Formatter):
    """``{"time", "level", "logger", "message"}``, and ``trace`` for a request (see ``lsp.trace``)."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        entry: dict[str, object] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        if isinstance(trace := record.__dict__.get("trace"), dict):
            entry["trace"] = trace
        return json.dumps(entry)


def configure(file: Path | None) -> None:
    """Set up the process's logging; pygls is heard only when something fails, since it logs users' code."""
    to_stderr = logging.StreamHandler(sys.stderr)
    to_stderr.setLevel(logging.WARNING)
    to_stderr.setFormatter(logging.Formatter("python-slm: %(levelname)s: %(message)s"))
    handlers: list[logging.Handler] = [to_stderr]
    if file is not None:
        to_file = logging.FileHandler(file, encoding="utf-8", errors="backslashreplace")
        to_file.setFormatter(JsonLines())
        handlers.append(to_file)
    logging.basicConfig(level=logging.WARNING, handlers=handlers, force=True)
    logging.getLogger("python_slm").setLevel(logging.INFO)
    logging.getLogger("pygls").setLevel(logging.ERROR)
