"""Write every source to its own file, so that an interrupted collection goes on where it stopped."""

from __future__ import annotations

import glob
import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Protocol

from python_slm_training.collect.record import PYTHON, SUFFIX, write_json, writing
from python_slm_training.reserved import is_reserved_path, is_reserved_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from python_slm_training.collect.record import Record


VERSION = 2  # counts changes of what is read from a source, so that older files are made anew
_VENDORED = frozenset(
    {
        "3rdparty",
        "_vendor",
        "_vendored",
        "extern",
        "externals",
        "node_modules",
        "site-packages",
        "third_party",
        "thirdparty",
        "vendor",
        "vendored",
    }
)


class Source(Protocol):
    """A repository, folder, distribution, site or table."""

    @property
    def kind(self) -> str:
        """One of record.KINDS."""

    @property
    def repo(self) -> str:
        """Its name, owner/name where it has an owner; one of a kind has it."""

    @property
    def revision(self) -> str:
        """Changes when its files do."""

    def records(self, collected_at: str) -> Iterator[Record]:
        """Its files."""


@dataclass(frozen=True)
class Collected:
    """What happened to a source. ``outcome`` is collected, unchanged, reserved, or failed."""

    repo: str
    outcome: str
    files: int = 0
    bytes: int = 0


def raw_path(raw: Path, source: Source) -> Path:
    """File of a source below ``raw``."""
    return raw / f"{source.kind}-{_file_name(source.repo)}{SUFFIX}"


def _file_name(repo: str) -> str:
    return re.sub(r"[^\w.+-]", "_", repo.replace("/", "+"))


def forget_parts(raw: Path, kind: str, name: str, count: int) -> None:
    """Delete what was collected of ``name``, a source in numbered parts, from part ``count`` on."""
    start = f"{kind}-{_file_name(name)}-"
    for path in raw.glob(f"{glob.escape(start)}*{SUFFIX}"):
        number = path.name.removeprefix(start).removesuffix(SUFFIX)
        if number.isdigit() and int(number) >= count:
            path.unlink()
            path.with_name(path.name.removesuffix(SUFFIX) + ".json").unlink(missing_ok=True)


def collect(
    source: Source,
    raw: Path,
    reserved: frozenset[str],
    now: Callable[[], datetime] | None = None,
    max_age: timedelta | None = None,
) -> Collected:
    """Write ``source`` below ``raw`` unless it is there at the same revision, or is reserved for evaluation.

    Left out are copies of reserved projects inside it, and vendored code of others. ``max_age`` is for sources whose
    revision does not tell of every change: what was collected longer ago is collected again.
    """
    if is_reserved_project(source.repo, reserved):
        return Collected(source.repo, "reserved")
    path = raw_path(raw, source)
    note = path.with_name(path.name.removesuffix(SUFFIX) + ".json")
    key = {"revision": source.revision, "version": VERSION}
    at = (now or _utc_now)()
    if path.exists() and note.exists() and _is_current(json.loads(note.read_text("utf-8")), key, at, max_age):
        return Collected(source.repo, "unchanged")
    files = size = 0
    licences: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    with writing(path) as put:
        for record in source.records(at.isoformat(timespec="seconds")):
            reason = _unwanted(record, reserved)
            if reason:
                left_out[reason] += 1
                continue
            put(record)
            files += 1
            size += len(record.text.encode("utf-8", "surrogatepass"))
            licences[record.metadata.licence] += 1
    head = {"repo": source.repo, "source": source.kind, **key, "collected_at": at.isoformat(timespec="seconds")}
    write_json(note, {**head, "files": files, "bytes": size, "licences": licences, "left_out": left_out})
    return Collected(source.repo, "collected", files, size)


def _is_current(note: dict[str, object], key: dict[str, object], at: datetime, max_age: timedelta | None) -> bool:
    if not note.items() >= key.items():
        return False
    return max_age is None or at - datetime.fromisoformat(str(note["collected_at"])) < max_age


def _unwanted(record: Record, reserved: frozenset[str]) -> str | None:
    about = record.metadata
    if is_reserved_project(about.repo, reserved) or is_reserved_path(about.path, reserved):
        return "reserved"
    folders = PurePosixPath(about.path).parts[:-1]
    return "vendored" if about.content == PYTHON and not _VENDORED.isdisjoint(folders) else None


def _utc_now() -> datetime:
    return datetime.now(UTC)
