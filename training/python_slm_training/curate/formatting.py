"""One style for all code: ``ruff format``, which knows no options here but its defaults (those of Black)."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import replace
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from python_slm.errors import CorpusError
from python_slm_training.collect.record import PYTHON

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from python_slm_training.collect.record import Record

NONE, RUFF = "none", "ruff"
_BATCH = 256  # files a process: starting ruff takes longer than formatting one


def formatted(records: Iterable[Record]) -> Iterator[Record]:
    """The same records, their code formatted; what is not Python, or does not parse, stays as it is.

    Raises CorpusError if ruff is missing.
    """
    if find_spec("ruff") is None:
        raise CorpusError("--format ruff: ruff is not installed; run 'pip install ruff'")
    waiting = iter(records)
    while batch := list(islice(waiting, _BATCH)):
        yield from _formatted(batch)


def _formatted(batch: list[Record]) -> Iterator[Record]:
    with tempfile.TemporaryDirectory(prefix="slm-format-") as name:
        paths = [Path(name) / f"{number}.py" for number in range(len(batch))]
        for path, record in zip(paths, batch, strict=True):
            if record.metadata.content == PYTHON:
                path.write_bytes(record.text.encode("utf-8", "surrogatepass"))
        command = [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache", "--quiet", name]
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603  # 2 is only that a file does not parse
        for path, record in zip(paths, batch, strict=True):
            if path.exists():
                yield replace(record, text=path.read_bytes().decode("utf-8", "surrogatepass"))
            else:
                yield record
