"""A Python file or other text with its provenance, and its form on disk: one JSON object a line in ``*.jsonl.zst``."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import zstandard

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SUFFIX = ".jsonl.zst"
_CHUNK = 65_536  # bytes read at a time
KINDS = ("stdlib", "git", "github", "pypi", "folder", "installed", "prose", "pages", "stackoverflow", "table")
"""Every ``Metadata.source``; a raw file's name starts with its own and a dash."""
PYTHON, PROSE, QA = "python", "prose", "qa"
"""What ``Metadata.content`` may be: code; documentation and pages as text or Markdown; questions with their answers."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """Where a text comes from. ``source`` is one of KINDS; times are ISO 8601.

    ``extra`` holds what only some sources know, JSON values all: author, url, attribution, version, and indicators of
    popularity and quality such as stars, score, accepted or topics. ``labels`` comes with curation: domain,
    difficulty, patterns, quality and Python version.
    """

    source: str
    repo: str
    path: str
    revision: str
    licence: str
    collected_at: str
    modified_at: str | None
    content: str = PYTHON
    extra: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """One Python file, document or question with its answers."""

    text: str
    id: str
    metadata: Metadata

    def to_json(self) -> str:
        """One line of JSON, without its newline; what is optional and says nothing is left out."""
        about = asdict(self.metadata)
        if about["content"] == PYTHON:
            del about["content"]
        for name in ("extra", "labels"):
            if not about[name]:
                del about[name]
        return json.dumps({"text": self.text, "id": self.id, "metadata": about}, ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str) -> Record:
        """Inverse of ``to_json``; lines from before the optional keys are read too."""
        data: dict[str, Any] = json.loads(line)
        return cls(data["text"], data["id"], Metadata(**data["metadata"]))


class RecordSink(Protocol):
    """Takes records one by one."""

    def __call__(self, record: Record, /) -> None:
        """Append ``record``."""


@contextmanager
def writing(path: Path, level: int = 3) -> Iterator[RecordSink]:
    """A sink of records; ``path`` appears whole at the end, or not at all if the block is left by an exception."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".tmp")
    try:
        with partial.open("wb") as file, zstandard.ZstdCompressor(level).stream_writer(file) as stream:

            def put(record: Record) -> None:
                stream.write(record.to_json().encode("utf-8", "surrogatepass") + b"\n")

            yield put
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read(path: Path) -> Iterator[Record]:
    """Records of one file, few in memory at a time. Raises ValueError or ZstdError if it is damaged or cut off."""
    decoder = zstandard.ZstdDecompressor().decompressobj()
    rest = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            *lines, rest = (rest + decoder.decompress(chunk)).split(b"\n")
            for line in lines:
                yield Record.from_json(line.decode("utf-8", "surrogatepass"))
    if rest or not decoder.eof:  # zstandard.open would end here without a word
        raise ValueError("the file ends in the middle")


def write_json(path: Path, data: object) -> None:
    """Write ``data`` as JSON so that ``path`` is either whole or absent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".tmp")
    partial.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(path)
