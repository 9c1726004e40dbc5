"""What became of the user's own suggestions, kept on this machine for 'slm train filter --history', if they want it.

A JSON object a line: ``life`` (accepted, partly, typed, rejected), how long it was to be seen, lengths in characters,
and the numbers that were known when it was shown. No code, no names of files.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MOST_BYTES = 8_000_000
"""Some ten thousand suggestions; then the older half goes."""
_FILE = "history.jsonl"


@dataclass(frozen=True)
class Shown:
    """A suggestion that was to be seen, and its end; ``lsp.offer.Outcome`` less what names the user's files."""

    life: str
    shown_at_ms: int
    """Unix time."""
    shown_ms: int
    characters: int
    accepted_characters: int
    typed_characters: int
    features: Mapping[str, float] = field(default_factory=dict)


class History:
    """The history below ``state`` (see ``places.state_folder``). Servers at once may add to it: one write a line."""

    def __init__(self, state: Path, most_bytes: int = MOST_BYTES) -> None:
        self.path = state / _FILE
        self._most_bytes = most_bytes

    def add(self, shown: Shown) -> None:
        """Append one suggestion. Raises OSError where the file cannot be written."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(file, json.dumps(asdict(shown)).encode() + b"\n")
            size = os.fstat(file).st_size
        finally:
            os.close(file)
        if size > self._most_bytes:
            self._forget_half()

    def read(self) -> list[dict[str, Any]]:
        """All of it, the oldest first; lines that a full disk cut short are left out. Raises OSError."""
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        rows = []
        for line in lines:
            with suppress(ValueError):
                row = json.loads(line)
                if isinstance(row, dict) and isinstance(row.get("life"), str):
                    rows.append(row)
        return rows

    def clear(self) -> None:
        """Forget all of it. Raises OSError."""
        self.path.unlink(missing_ok=True)

    def _forget_half(self) -> None:
        rows = self.read()
        fresh = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as lines:
            lines.writelines(json.dumps(row) + "\n" for row in rows[len(rows) // 2 :])
        fresh.replace(self.path)
