"""Write every source to its own file, so that an interrupted collection goes on where it stopped."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from python_slm_training.collect.record import SUFFIX, write_json, writing
from python_slm_training.reserved import is_reserved_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from python_slm_training.collect.record import Record


VERSION = 2  # counts changes of what is read from a source, so that older files are made anew


class Source(Protocol):
    """A repository, folder or distribution."""

    @property
    def kind(self) -> str:
        """One of git, folder, installed, stdlib."""

    @property
    def repo(self) -> str:
        """Its name, owner/name where it has an owner."""

    @property
    def revision(self) -> str:
        """Changes when its files do."""

    def records(self, collected_at: str) -> Iterator[Record]:
        """Its Python files."""


@dataclass(frozen=True)
class Collected:
    """What happened to a source. ``outcome`` is collected, unchanged or reserved."""

    repo: str
    outcome: str
    files: int = 0
    bytes: int = 0


def raw_path(raw: Path, source: Source) -> Path:
    """File of a source below ``raw``."""
    name = re.sub(r"[^\w.+-]", "_", source.repo.replace("/", "+"))
    return raw / f"{source.kind}-{name}{SUFFIX}"


def collect(
    source: Source, raw: Path, reserved: frozenset[str], now: Callable[[], datetime] | None = None
) -> Collected:
    """Write ``source`` below ``raw`` unless it is there at the same revision, or is reserved for evaluation."""
    if is_reserved_project(source.repo, reserved):
        return Collected(source.repo, "reserved")
    path = raw_path(raw, source)
    note = path.with_name(path.name.removesuffix(SUFFIX) + ".json")
    key = {"revision": source.revision, "version": VERSION}
    if path.exists() and note.exists() and json.loads(note.read_text("utf-8")).items() >= key.items():
        return Collected(source.repo, "unchanged")
    at = (now or _utc_now)().isoformat(timespec="seconds")
    files = size = 0
    licences: dict[str, int] = {}
    with writing(path) as put:
        for record in source.records(at):
            put(record)
            files += 1
            size += len(record.text.encode("utf-8", "surrogatepass"))
            licences[record.metadata.licence] = licences.get(record.metadata.licence, 0) + 1
    head = {"repo": source.repo, "source": source.kind, **key, "collected_at": at}
    write_json(note, {**head, "files": files, "bytes": size, "licences": licences})
    return Collected(source.repo, "collected", files, size)


def _utc_now() -> datetime:
    return datetime.now(UTC)
