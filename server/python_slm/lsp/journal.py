"""The newest traces: in memory for the editor, and in a file a server for 'slm why', without any of the user's code.

A file belongs to one process, so that servers never write over each other's lines; it is readable by its owner alone,
and begins anew with the newest traces when it gets long. A disk that cannot be written to ends the file, not the
server.
"""

from __future__ import annotations

import errno
import itertools
import json
import logging
import os
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

KEPT = 200
"""Traces in memory, and at least as many of them in the file."""
_LONGEST = 3 * KEPT
_FILES = 12
_FOLDER = "traces"
_LINE_BYTES = 8192

_log = logging.getLogger(__name__)


class Journal:
    """The traces of this process, written below ``state`` (see ``places.state_folder``); None writes nothing."""

    def __init__(self, state: Path | None, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._folder = state / _FOLDER if state is not None else None
        self._now = now
        self._newest: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._kept: deque[str] = deque(maxlen=KEPT)
        self._numbers = itertools.count(1)
        self._file: int | None = None
        self._path = Path()
        self._lines = 0

    def note(self, trace: Mapping[str, Any], *, keep: bool) -> None:
        """Add the trace of a request that ended now, as ``dataclasses.asdict`` makes it; ``keep``: to the file too."""
        at = self._now().isoformat(timespec="milliseconds")
        record = {"at": at, "server": os.getpid(), "number": next(self._numbers), **trace}
        self._newest.append(record)
        if not keep or self._folder is None:
            return
        line = json.dumps(record)
        self._kept.append(line)
        try:
            self._write(line, self._folder)
        except OSError as error:
            _log.warning("%s: traces are not kept any more: %s", self._folder, error)
            self._folder = None
            self.close()

    def newest(self, count: int) -> list[dict[str, Any]]:
        """The newest ``count`` traces, the newest last."""
        return list(self._newest)[-count:] if count > 0 else []

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            with suppress(OSError):
                os.close(self._file)
        self._file = None

    def _write(self, line: str, folder: Path) -> None:
        if self._file is None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _make_room(folder)
            self._path = folder / f"{self._now():%Y%m%dT%H%M%S}-{os.getpid()}.jsonl"
            self._file = _opened(self._path)
        elif self._lines >= _LONGEST:
            self._begin_anew()
            return
        _append(self._file, line)
        self._lines += 1

    def _begin_anew(self) -> None:
        """Replace the file by one with the newest lines, in one step for those who read."""
        fresh = self._path.with_suffix(".new")
        self.close()
        fresh.unlink(missing_ok=True)
        self._file = _opened(fresh)
        _append(self._file, "\n".join(self._kept))
        self.close()
        fresh.replace(self._path)
        self._file, self._lines = _opened(self._path), len(self._kept)


def read(state: Path, count: int) -> list[dict[str, Any]]:
    """The newest ``count`` traces of all servers below ``state``, the newest last. Damaged lines are left out."""
    found = [record for path in _files(state / _FOLDER) for record in _tail(path, count)]
    return sorted(found, key=lambda record: str(record["at"]))[-count:] if count > 0 else []


def stamps(state: Path) -> dict[str, tuple[int, int]]:
    """Changes whenever a server writes a trace: time and size of each file."""
    found = {}
    for path in _files(state / _FOLDER):
        with suppress(OSError):
            status = path.stat()
            found[path.name] = (status.st_mtime_ns, status.st_size)
    return found


def _files(folder: Path) -> list[Path]:
    """Files of traces, the oldest first."""
    return sorted(folder.glob("*.jsonl"), key=_modified) if folder.is_dir() else []


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _make_room(folder: Path) -> None:
    for path in _files(folder)[: -_FILES + 1]:
        with suppress(OSError):  # another server did it already, or holds it open (Windows)
            path.unlink()


def _tail(path: Path, count: int) -> Iterator[dict[str, Any]]:
    """The last ``count`` records of a file, the newest last."""
    try:
        with path.open("rb") as file:
            start = max(0, file.seek(0, os.SEEK_END) - (count + 4) * _LINE_BYTES)
            file.seek(start)
            lines = file.read().splitlines()[1 if start else 0 :]
    except OSError:
        return
    for line in lines[-count:]:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict) and isinstance(record.get("at"), str) and isinstance(record.get("request"), dict):
            yield record


def _opened(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def _append(file: int, text: str) -> None:
    line = text.encode("ascii") + b"\n"
    if os.write(file, line) < len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
