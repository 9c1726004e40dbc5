"""The scripted server on a machine that has no ruff."""

from __future__ import annotations

import shutil
from functools import partial

from python_slm.cli.lsp import leave, run
from tests.e2e.scripted_server import factory

which = shutil.which


def nowhere(name: str, *arguments: object, **named: object) -> str | None:
    return None if name == "ruff" else which(name, *arguments, **named)  # type: ignore[call-overload]


shutil.which = nowhere  # type: ignore[assignment]
leave(run(partial(factory, {})))
