"""Finished parts of an evaluation, on disk, so that an interrupted run goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Store:
    """One JSON file a part in ``folder``; its name carries a digest of everything that the result depends on.

    ``fresh`` makes every part again.
    """

    def __init__(self, folder: Path, *, fresh: bool = False, clock: Callable[[], float] = time.perf_counter) -> None:
        self._folder = folder
        self._fresh = fresh
        self._clock = clock

    def part(self, name: str, depends_on: dict[str, Any], make: Callable[[], Any]) -> Any:
        """The part's JSON value: read if it was finished before with the same ``depends_on``, else made and written."""
        digest = hashlib.sha256(json.dumps(depends_on, sort_keys=True).encode()).hexdigest()[:12]
        path = self._folder / f"{name}-{digest}.json".replace(" ", "-")
        if path.exists() and not self._fresh:
            return json.loads(path.read_text(encoding="utf-8"))["result"]
        start = self._clock()
        result = make()
        record = {"depends_on": depends_on, "seconds": round(self._clock() - start, 1), "result": result}
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / ".gitignore").write_text("*\n", encoding="utf-8")
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(record), encoding="utf-8")
        partial.replace(path)
        return result
