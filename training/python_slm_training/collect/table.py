"""Rows of CSV, TSV and JSON lines, text files, and anything else that gives rows, as records."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import IO, TYPE_CHECKING, Any

import zstandard

from python_slm.errors import SourceError
from python_slm_training.collect import licences
from python_slm_training.collect.record import PYTHON, Metadata, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

_FIELDS = ("text", "path", "repo", "revision", "licence", "modified_at")
_TEXT_COLUMNS = ("text", "content", "code", "body")
_MAX_FIELD_BYTES = 50_000_000
PART = 50_000  # rows in one raw file


@dataclass(frozen=True)
class Columns:
    """Which column fills which field: ``text``, ``path``, ``repo``, ``revision``, ``licence`` or ``modified_at``.

    Any other name goes to ``extra``: author, url, stars, score … ``licence`` and ``content`` are for all rows, the
    former where a row has none.
    """

    by_field: Mapping[str, str] = field(default_factory=dict)
    licence: str = licences.UNKNOWN
    content: str = PYTHON

    @classmethod
    def of(cls, text: str, licence: str = licences.UNKNOWN, content: str = PYTHON) -> Columns:
        """From ``text=body,licence=license,author=user``. Raises SourceError if it is not of that form."""
        pairs = [part.split("=", 1) for part in text.split(",") if part.strip()]
        if any(len(pair) != 2 or not pair[0].strip() or not pair[1].strip() for pair in pairs):  # noqa: PLR2004
            raise SourceError(f"{text}: no mapping of columns; write FIELD=COLUMN,… such as text=body,author=user")
        return cls({name.strip(): column.strip() for name, column in pairs}, licence, content)

    def digest(self) -> str:
        """Changes with the mapping."""
        data = json.dumps([sorted(self.by_field.items()), self.licence, self.content])
        return hashlib.sha256(data.encode()).hexdigest()[:8]

    def record(self, row: Mapping[str, Any], number: int, name: str, revision: str, at: str) -> Record | None:
        """Row ``number`` of the table ``name``; None if its text is empty. Raises SourceError for a missing column."""
        text = row[self._text_column(row, name)]
        if not isinstance(text, str) or not text.strip():
            return None
        given = {each: self._value(row, column, name) for each, column in self.by_field.items() if each != "text"}
        known = {each: str(value) for each, value in given.items() if each in _FIELDS and value not in (None, "")}
        extra = {each: value for each, value in given.items() if each not in _FIELDS and value not in (None, "")}
        licence = licences.of_name(known["licence"]) if "licence" in known else licences.UNKNOWN
        path = known.get("path", f"row-{number}")
        about = Metadata(
            source="table",
            repo=known.get("repo", name),
            path=path,
            revision=known.get("revision", revision),
            licence=licence if licence != licences.UNKNOWN else self.licence,
            collected_at=at,
            modified_at=known.get("modified_at"),
            content=self.content,
            extra=extra,
        )
        return Record(text.replace("\r\n", "\n"), f"{name}:{number}:{path}", about)

    def _text_column(self, row: Mapping[str, Any], name: str) -> str:
        if "text" in self.by_field:
            self._value(row, self.by_field["text"], name)
            return self.by_field["text"]
        found = next((column for column in _TEXT_COLUMNS if column in row), None)
        if found is None:
            raise SourceError(f"{name}: which column is the text? Say --columns text=…; it has {', '.join(row)}")
        return found

    def _value(self, row: Mapping[str, Any], column: str, name: str) -> Any:
        if column not in row:
            raise SourceError(f"{name}: no column {column!r}; it has {', '.join(map(str, row))}")
        return row[column]


@dataclass(frozen=True)
class TablePart:
    """Some rows of a table as a source; ``rows`` can be read once."""

    table: str
    number: int
    first: int
    revision: str
    columns: Columns
    rows: Iterator[Mapping[str, Any]]
    kind: str = "table"

    @property
    def repo(self) -> str:
        """Table and number of the part."""
        return f"{self.table}-{self.number}"

    def records(self, collected_at: str) -> Iterator[Record]:
        """One a row."""
        for number, row in enumerate(self.rows, self.first):
            record = self.columns.record(row, number, self.table, self.revision, collected_at)
            if record is not None:
                yield record


def parts(
    name: str, rows: Iterable[Mapping[str, Any]], revision: str, columns: Columns, size: int = PART
) -> Iterator[TablePart]:
    """Sources of ``size`` rows each. What a source leaves unread is skipped: it is there already."""
    left = iter(rows)
    for number, first in enumerate(range(0, 10**12, size)):
        head = next(left, None)
        if head is None:
            return
        mine = chain([head], islice(left, size - 1))
        yield TablePart(name, number, first, f"{revision}-{columns.digest()}", columns, mine)
        for _ in mine:
            pass


def of_file(path: Path, columns: Columns, size: int = PART) -> Iterator[TablePart]:
    """Sources from a file, by its ending: .csv, .tsv, .jsonl, .ndjson (all also .gz, .zst), .txt, .md, .rst.

    A text file is one row. Raises SourceError if the ending is another, or a line cannot be read.
    """
    if not path.is_file():
        raise SourceError(f"{path}: no such file")
    plain = path.name.removesuffix(".gz").removesuffix(".zst")
    readers: dict[str, Callable[[Path], Iterator[Mapping[str, Any]]]] = {
        ".csv": _separated(","),
        ".tsv": _separated("\t"),
        ".jsonl": _json_lines,
        ".ndjson": _json_lines,
        **dict.fromkeys((".txt", ".md", ".rst"), _whole_text),
    }
    reader = next((reader for ending, reader in readers.items() if plain.lower().endswith(ending)), None)
    if reader is None:
        raise SourceError(f"{path}: which format? Its name ends in none of {', '.join(readers)}")
    stat = path.stat()
    if reader is _whole_text:
        columns = replace(columns, by_field={"path": "path", **columns.by_field})
    yield from parts(path.name, reader(path), f"{stat.st_size}-{stat.st_mtime_ns}", columns, size)


def _opened(path: Path) -> IO[str]:
    if path.name.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8-sig", errors="replace", newline="")
    if path.name.endswith(".zst"):
        stream = zstandard.open(path, "rb")
        return io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
    return path.open(encoding="utf-8-sig", errors="replace", newline="")


def _separated(delimiter: str) -> Callable[[Path], Iterator[Mapping[str, Any]]]:
    def rows(path: Path) -> Iterator[Mapping[str, Any]]:
        csv.field_size_limit(_MAX_FIELD_BYTES)  # of the module, for readers have none of their own; 128 KiB is too few
        with _opened(path) as file:
            reader = csv.DictReader(file, delimiter=delimiter)
            try:
                yield from reader
            except (csv.Error, EOFError, OSError, zstandard.ZstdError) as error:
                raise SourceError(f"{path}, line {reader.line_num}: cannot be read ({error})") from error

    return rows


def _json_lines(path: Path) -> Iterator[Mapping[str, Any]]:
    number = 0
    with _opened(path) as file:
        try:
            for number, line in enumerate(file, 1):
                if line.strip():
                    row = json.loads(line)
                    if not isinstance(row, dict):
                        raise SourceError(f"{path}, line {number}: no JSON object, but {type(row).__name__}")
                    yield row
        except (ValueError, EOFError, OSError, zstandard.ZstdError) as error:
            raise SourceError(f"{path}, line {number}: cannot be read ({error})") from error


def _whole_text(path: Path) -> Iterator[Mapping[str, Any]]:
    with _opened(path) as file:
        yield {"text": file.read(), "path": path.name}
