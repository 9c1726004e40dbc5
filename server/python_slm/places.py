"""Where things of the user's own are kept, on every OS."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:
    from collections.abc import Mapping

HOME = "PYTHON_SLM_HOME"
"""Environment variable: a folder to use in place of all of the user's folders below."""


def data_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """For what was made on purpose: models."""
    if environ.get(HOME):
        return Path(environ[HOME]).expanduser()
    return platformdirs.user_data_path("python-slm", appauthor=False)


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """For what can be made again: what ruff says of its rules."""
    if environ.get(HOME):
        return Path(environ[HOME]).expanduser() / "cache"
    return platformdirs.user_cache_path("python-slm", appauthor=False)


def state_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """For what accumulates and may be deleted at any time: traces, history."""
    if environ.get(HOME):
        return Path(environ[HOME]).expanduser() / "state"
    return platformdirs.user_state_path("python-slm", appauthor=False)
