"""Code from outside the repository: what the model must not forget, and what shows whether it did.

The standard library of the running interpreter: it is on every machine, it is good general Python, and the shipped
model has read it, so that forgetting shows there first. One module in five is measured, the others are replayed while
training; a model never trains on what it is measured on.
"""

from __future__ import annotations

import sysconfig
import zlib
from pathlib import Path

from python_slm_training.collect.files import decoded
from python_slm_training.evaluate.sources import SourceFile, is_usable

_ONE_IN = 5
_LEFT_OUT = {"site-packages", "dist-packages", "test", "tests", "idlelib", "lib2to3", "pydoc_data", "turtledemo"}


def read_general(root: Path | None = None) -> tuple[list[SourceFile], list[SourceFile]]:
    """Files to replay and files to measure on, in path order; ``root`` None is the standard library."""
    root = root or Path(sysconfig.get_path("stdlib"))
    replayed: list[SourceFile] = []
    measured: list[SourceFile] = []
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root)
        text = None if set(relative.parts) & _LEFT_OUT else decoded(path.read_bytes())
        if text is not None and is_usable(text):
            side = measured if zlib.crc32(relative.as_posix().encode()) % _ONE_IN == 0 else replayed
            side.append(SourceFile("stdlib", relative.as_posix(), text))
    return replayed, measured
