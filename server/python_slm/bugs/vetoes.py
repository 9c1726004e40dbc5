"""Where nothing is said, however likely: in tests, where the line stands elsewhere too, in tables of data."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from python_slm.bugs.scene import Candidate, Scene

_TEST = re.compile(r"(?:test_.*|.*_tests?|conftest)\.py")
_TEST_FOLDERS = frozenset({"test", "tests", "testing"})
_SHORTEST = 12  # characters of a line that may not stand elsewhere


def is_test(path: str) -> bool:
    """Whether a file holds tests, whose oddities are meant."""
    where = PurePosixPath(path.replace("\\", "/"))
    return bool(_TEST.fullmatch(where.name)) or not _TEST_FOLDERS.isdisjoint(where.parts[:-1])


def veto(scene: Scene, found: Candidate) -> str:
    """Why a rewrite is not worth a look; empty when it may be."""
    line = _line(scene, found)
    if len(line) >= _SHORTEST and scene.facts.lines[line] > 1:
        return "the same line stands elsewhere in the file"
    if found.kind == "off-by-one" and _in_table(scene, found):
        return "it is data"
    return ""


def _line(scene: Scene, found: Candidate) -> str:
    text = scene.code.text
    start = text.rfind("\n", 0, found.start) + 1
    end = text.find("\n", found.end)
    return text[start : end if end >= 0 else len(text)].strip()


def _in_table(scene: Scene, found: Candidate) -> bool:
    return any(low <= found.start and found.end <= high for low, high in scene.tables)
