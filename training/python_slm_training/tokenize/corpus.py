"""Reading a corpus folder: ``CORPUS/{train,valid,test}/*.jsonl.zst``, one JSON record a line."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import zstandard

from python_slm.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class Record:
    """One document and where it lay in its project; ``path`` may be empty."""

    text: str
    path: str


def split_files(corpus: Path, split: str) -> list[Path]:
    """Files of a split, sorted by name. Raises CorpusError when there are none."""
    found = sorted((corpus / split).glob("*.jsonl.zst"))
    if not found:
        raise CorpusError(f"{corpus / split}: no *.jsonl.zst files; make a corpus with 'slm data curate'")
    return found


def read_records(path: Path) -> Iterator[Record]:
    """Records of one file, streamed. Raises CorpusError at a line that is not a record."""
    with path.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as stream:
        for number, line in enumerate(io.TextIOWrapper(stream, encoding="utf-8"), start=1):
            yield _record(line, f"{path}:{number}")


def _record(line: str, where: str) -> Record:
    try:
        fields = json.loads(line)
        return Record(str(fields["text"]), str(fields.get("metadata", {}).get("path") or ""))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorpusError(f"{where}: not a corpus record ({error!r}); curate the corpus again") from error


def text_bytes(text: str) -> int:
    """UTF-8 size; lone surrogates count as the U+FFFD they are read as."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
