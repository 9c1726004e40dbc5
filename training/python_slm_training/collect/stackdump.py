"""Posts.xml and Users.xml of a Stack Exchange data dump (https://archive.org/details/stackexchange), gigabytes each.

Rows are read one after the other into an SQLite file that holds the wanted ones, with the place in the dump in the
same transaction: whenever it is killed, reading goes on where the last transaction ended. Memory stays constant: which
questions are wanted is one bit for each possible id.
"""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lxml import etree

from python_slm.errors import SourceError
from python_slm_training.collect.questions import Post, Question, Selection, licence_of, to_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from python_slm_training.collect.record import Record

_SCHEMA = """
CREATE TABLE IF NOT EXISTS posts (
  id INTEGER PRIMARY KEY, parent INTEGER, score INTEGER, body TEXT, created TEXT, edited TEXT, owner INTEGER,
  author TEXT, licence TEXT, title TEXT, tags TEXT, views INTEGER, accepted INTEGER);
CREATE INDEX IF NOT EXISTS answers ON posts (parent);
CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE IF NOT EXISTS progress (file TEXT PRIMARY KEY, stamp TEXT, place INTEGER);
"""
_IDS = re.compile(rb'\bId="(\d+)" PostTypeId="([12])"(?: ParentId="(\d+)")?')
_PARENT = re.compile(rb' ParentId="(\d+)"')
_USER = re.compile(rb'\bId="(-?\d+)"')
_COMMIT_S = 5.0
_PART = 5_000  # questions in one raw file


class _Bits:
    """A set of ids, one bit each."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, number: int) -> None:
        if number >> 3 >= len(self._bytes):
            self._bytes.extend(bytes((number >> 3) + (1 << 16) - len(self._bytes)))
        self._bytes[number >> 3] |= 1 << (number & 7)

    def __contains__(self, number: int) -> bool:
        return number >> 3 < len(self._bytes) and bool(self._bytes[number >> 3] >> (number & 7) & 1)


@dataclass(frozen=True)
class Dump:
    """The folder of an unpacked dump of ``site``; ``work`` is the SQLite file, safe to delete. ``clock`` in seconds."""

    folder: Path
    site: str
    selection: Selection
    work: Path
    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic

    def parts(self, size: int = _PART) -> list[DumpPart]:
        """Read the dump, as far as it is not read, and split its questions into sources of ``size`` questions each.

        Raises SourceError if there is no Posts.xml, or it ends early.
        """
        posts, users = self.folder / "Posts.xml", self.folder / "Users.xml"
        if not posts.is_file():
            raise SourceError(f"{self.folder}: no Posts.xml; unpack the dump's Posts.7z here (7z x …-Posts.7z)")
        with self._database() as database:
            self._read(database, posts, self._post_reader(database))
            if users.is_file():
                self._read(database, users, self._user_reader(database))
            else:
                self.say(f"{users}: absent, so authors are named by their number; unpack it for their names")
            ids = [row[0] for row in database.execute("SELECT id FROM posts WHERE parent IS NULL ORDER BY id")]
        revision = f"{_stamp(posts)}-{_stamp(users) if users.is_file() else 'no-users'}-{self.selection.digest()}"
        starts = range(0, len(ids), size)
        return [DumpPart(self, f"{self.site}-{n}", revision, ids[at : at + size]) for n, at in enumerate(starts)]

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        self.work.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.work)) as database:
            database.executescript(_SCHEMA)
            yield database

    def _read(self, database: sqlite3.Connection, path: Path, take: Callable[[bytes], None]) -> None:
        """Hand every line that is new to ``take``; the place is committed with what it wrote."""
        known = database.execute("SELECT stamp, place FROM progress WHERE file = ?", (path.name,)).fetchone()
        stamp = _stamp(path)
        if known and known[0] != stamp:
            raise SourceError(f"{path}: has changed since it was read half; delete {self.work} and run again")
        size, last, line = path.stat().st_size, self.clock(), b""
        with path.open("rb") as file:
            file.seek(known[1] if known else 0)
            if file.tell() >= size:
                return
            for line in file:
                if line.lstrip().startswith(b"<row"):
                    take(line)
                if self.clock() - last >= _COMMIT_S:
                    last = self._commit(database, path, stamp, file.tell(), size)
        if b"</" not in line and line.strip():
            raise SourceError(f"{path}: ends early, in the middle of the dump; download and unpack it again")
        self._commit(database, path, stamp, size, size)

    def _commit(self, database: sqlite3.Connection, path: Path, stamp: str, place: int, size: int) -> float:
        database.execute("INSERT OR REPLACE INTO progress VALUES (?, ?, ?)", (path.name, stamp, place))
        database.commit()
        self.say(f"{path.name}: {place / 1e6:,.0f} of {size / 1e6:,.0f} MB")
        return self.clock()

    def _post_reader(self, database: sqlite3.Connection) -> Callable[[bytes], None]:
        wanted = _Bits()
        for (number,) in database.execute("SELECT id FROM posts WHERE parent IS NULL"):
            wanted.add(number)

        names = [tag.encode() for tag in self.selection.tags]

        def take(line: bytes) -> None:
            match = _IDS.search(line)
            if match is None:
                return
            is_question = match[2] == b"1"
            if is_question:
                row = _row(line) if any(name in line for name in names) else None
                if row is None or not self._wants(row):
                    return
                wanted.add(int(match[1]))
            else:
                found = match if match[3] else _PARENT.search(line)
                if found is None or int(found[found.re.groups]) not in wanted:  # the last group of either
                    return
                row = _row(line)
            database.execute(f"INSERT OR REPLACE INTO posts VALUES ({','.join('?' * 13)})", _columns(row))  # noqa: S608

        return take

    def _wants(self, row: Any) -> bool:
        tags = _tags(row.get("Tags", ""))
        return int(row.get("Score", 0)) >= self.selection.question_score and bool(set(tags) & set(self.selection.tags))

    def _user_reader(self, database: sqlite3.Connection) -> Callable[[bytes], None]:
        wanted = _Bits()
        for (number,) in database.execute("SELECT DISTINCT owner FROM posts WHERE owner > 0"):
            wanted.add(number)

        def take(line: bytes) -> None:
            match = _USER.search(line)
            if match and int(match[1]) > 0 and int(match[1]) in wanted:
                name = _row(line).get("DisplayName")
                database.execute("INSERT OR REPLACE INTO users VALUES (?, ?)", (int(match[1]), name))

        return take


@dataclass(frozen=True)
class DumpPart:
    """Some of a dump's questions as a source."""

    dump: Dump
    repo: str
    revision: str
    ids: list[int]
    kind: str = "stackoverflow"

    def records(self, collected_at: str) -> Iterator[Record]:
        """One for each question with an answer worth keeping."""
        with self.dump._database() as database:  # noqa: SLF001  # a part of it
            for number in self.ids:
                rows = list(database.execute(_QUERY, (number, number)))
                asked = next(row for row in rows if row[0] == number)
                question = Question(
                    self._post(asked), self.dump.site, asked[9], _tags(asked[10]), asked[11] or 0, asked[12]
                )
                answers = [self._post(row) for row in rows if row[0] != number]
                best = self.dump.selection.best(question, answers)
                if best:
                    yield to_record(question, best, collected_at)

    def _post(self, row: Any) -> Post:
        number, _, score, body, created, edited, owner, author, licence = row[:9]
        address = f"https://{self.dump.site}/users/{owner}" if owner and owner > 0 else None
        name = row[13] or author or (f"user {owner}" if owner else "unknown")
        return Post(number, score, body, created, edited, name, address, licence)


_QUERY = "SELECT posts.*, users.name FROM posts LEFT JOIN users ON users.id = owner WHERE posts.id = ? OR parent = ?"


def _row(line: bytes) -> Any:
    try:
        return etree.fromstring(line, etree.XMLParser(resolve_entities=False, huge_tree=True))
    except etree.XMLSyntaxError as error:
        raise SourceError(f"a row of the dump is no XML ({line[:60]!r}…); download and unpack it again") from error


def _columns(row: Any) -> tuple[Any, ...]:
    def number(name: str) -> int | None:
        return int(row.get(name)) if row.get(name) else None

    created = row.get("CreationDate")
    return (
        number("Id"),
        number("ParentId"),
        number("Score") or 0,
        row.get("Body", ""),
        created,
        row.get("LastEditDate"),
        number("OwnerUserId"),
        row.get("OwnerDisplayName"),
        licence_of(created, row.get("ContentLicense")),
        row.get("Title"),
        row.get("Tags"),
        number("ViewCount"),
        number("AcceptedAnswerId"),
    )


def _tags(text: str | None) -> tuple[str, ...]:
    """Both forms that dumps have had: ``<python><list>`` and ``|python|list|``."""
    return tuple(re.findall(r"[^<>|]+", text or ""))


def _stamp(path: Path) -> str:
    stat = path.stat()
    return f"{stat.st_size}-{stat.st_mtime_ns}"
