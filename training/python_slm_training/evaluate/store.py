"""What an evaluation has measured so far, on disk row by row, so that a killed run goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING, Any

from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_START, _ROW, _END = "depends_on", "row", "seconds"


class Store:
    """One journal a part in ``folder``; its name carries a digest of everything that the rows depend on.

    A journal's first line says what it depends on, each further one is a row as JSON, and the last one closes it. A row
    is on disk before the next one is made. Of two runs that want a part, one waits and takes what the other made.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.perf_counter) -> None:
        self._folder = folder
        self._clock = clock

    def rows(self, name: str, depends_on: dict[str, Any], make: Callable[[int], Iterator[Any]]) -> list[Any]:
        """All rows of a part: those on disk, then those that ``make(number on disk)`` yields.

        ``make(n)`` must give row n and all after it. Rows come back as JSON has them: lists and dictionaries.
        """
        digest = hashlib.sha256(json.dumps(depends_on, sort_keys=True).encode()).hexdigest()[:12]
        path = self._folder / f"{name}-{digest}.jsonl".replace(" ", "-").replace("/", "-")
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / ".gitignore").write_text("*\n", encoding="utf-8")
        with FileLock(path.with_suffix(".lock")):
            return self._rows(path, depends_on, make)

    def _rows(self, path: Path, depends_on: dict[str, Any], make: Callable[[int], Iterator[Any]]) -> list[Any]:
        found, size, finished = _read(path)
        if finished:
            return found
        begun = self._clock()
        with path.open("ab") as journal:
            journal.truncate(size)
            if not size:
                journal.write(_line(_START, depends_on))
            for row in make(len(found)):
                line = _line(_ROW, row)
                journal.write(line)
                journal.flush()
                found.append(json.loads(line)[_ROW])
            journal.write(_line(_END, round(self._clock() - begun, 1)))
        return found


def _line(kind: str, value: Any) -> bytes:
    return json.dumps({kind: value}).encode() + b"\n"


def _read(path: Path) -> tuple[list[Any], int, bool]:
    """(rows, bytes of whole lines, whether the part is finished); a line cut off by a kill is not counted."""
    rows: list[Any] = []
    size = 0
    if not path.exists():
        return rows, 0, False
    with path.open("rb") as journal:
        for line in journal:
            if not line.endswith(b"\n"):
                break
            record = json.loads(line)
            if _END in record:
                return rows, size, True
            if _ROW in record:
                rows.append(record[_ROW])
            size += len(line)
    return rows, size, False
