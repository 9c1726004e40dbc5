"""Tables in files and databases: mapping of columns, parts, and what is wrong with them."""

from __future__ import annotations

import csv
import gzip
import json
import sqlite3
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
import zstandard

from python_slm.errors import SourceError
from python_slm_training.collect import sql, table
from python_slm_training.collect.collect import collect
from python_slm_training.collect.table import Columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from python_slm_training.collect.record import Record
    from python_slm_training.collect.table import TablePart

NOW = "2026-01-02T03:04:05+00:00"


def records(parts: Iterable[TablePart]) -> list[Record]:
    return [record for part in parts for record in part.records(NOW)]


def written_csv(path: Path, *rows: dict[str, Any], delimiter: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_columns_fill_fields_and_the_rest_is_kept_beside(tmp_path: Path) -> None:
    path = written_csv(
        tmp_path / "t.csv", {"code": "def f():\n    return 'a,b'\n", "lic": "MIT License", "user": "Ann", "link": "u"}
    )
    columns = Columns.of("text=code, licence=lic, author=user, url=link")
    (record,) = records(table.of_file(path, columns))
    assert record.text == "def f():\n    return 'a,b'\n"
    assert (record.metadata.licence, record.metadata.source, record.metadata.repo) == ("MIT", "table", "t.csv")
    assert record.metadata.extra == {"author": "Ann", "url": "u"}


def test_a_text_column_is_found_by_its_usual_names(tmp_path: Path) -> None:
    path = written_csv(tmp_path / "t.tsv", {"n": 1, "content": "x = 1\n"}, delimiter="\t")
    assert [record.text for record in records(table.of_file(path, Columns()))] == ["x = 1\n"]


def test_rows_without_text_are_left_out_and_others_keep_their_number(tmp_path: Path) -> None:
    path = written_csv(tmp_path / "t.csv", {"text": "a"}, {"text": " "}, {"text": "c"})
    found = records(table.of_file(path, Columns(licence="MIT", content="prose")))
    assert [record.metadata.path for record in found] == ["row-0", "row-2"]
    assert {(record.metadata.licence, record.metadata.content) for record in found} == {("MIT", "prose")}


@pytest.mark.parametrize("ending", ["jsonl", "ndjson", "jsonl.gz", "jsonl.zst"])
def test_json_lines_are_read_however_they_are_packed(ending: str, tmp_path: Path) -> None:
    rows = [{"text": "x = 'é\u2028'\n", "stars": 5, "repo": "o/r", "path": "a.py"}, {"text": "y", "stars": 0}]
    data = "".join(json.dumps({"repo": "", "path": "", **row}, ensure_ascii=False) + "\n" for row in rows).encode()
    path = tmp_path / f"t.{ending}"
    packers: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "zst": zstandard.compress}
    path.write_bytes(packers.get(ending.rsplit(".", 1)[-1], bytes)(data))
    first, second = records(table.of_file(path, Columns.of("repo=repo,path=path,stars=stars")))
    assert (first.text, first.metadata.repo, first.metadata.path) == ("x = 'é\u2028'\n", "o/r", "a.py")
    assert [one.metadata.extra for one in (first, second)] == [{"stars": 5}, {"stars": 0}]
    assert second.metadata.repo == path.name


def test_a_text_file_is_one_record(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# Notes\n\nText.\n")
    (record,) = records(table.of_file(tmp_path / "notes.md", Columns(content="prose")))
    assert (record.text, record.metadata.path) == ("# Notes\n\nText.\n", "notes.md")


def test_a_table_is_read_in_parts_and_goes_on_with_the_missing_ones(tmp_path: Path) -> None:
    path = written_csv(tmp_path / "t.csv", *({"text": f"x = {n}\n"} for n in range(25)))
    raw = tmp_path / "raw"
    outcomes = []
    for part in table.of_file(path, Columns(), 10):
        outcomes.append(collect(part, raw, frozenset()).outcome)
        if part.number == 1:
            break  # interrupted
    assert outcomes == ["collected", "collected"]
    done = [collect(part, raw, frozenset()) for part in table.of_file(path, Columns(), 10)]
    assert [(one.outcome, one.files) for one in done] == [("unchanged", 0), ("unchanged", 0), ("collected", 5)]


def test_another_mapping_is_another_revision(tmp_path: Path) -> None:
    path = written_csv(tmp_path / "t.csv", {"text": "a", "user": "Ann"})
    revisions = {next(table.of_file(path, columns)).revision for columns in (Columns(), Columns.of("author=user"))}
    assert len(revisions) == 2


def test_a_reserved_project_named_in_a_row_is_left_out(tmp_path: Path) -> None:
    path = written_csv(tmp_path / "t.csv", {"text": "a", "repo": "o/secret"}, {"text": "b", "repo": "o/open"})
    part = next(table.of_file(path, Columns.of("repo=repo")))
    assert collect(part, tmp_path / "raw", frozenset({"secret"})).files == 1


@pytest.mark.parametrize(
    ("name", "data", "columns", "message"),
    [
        ("t.csv", "a,b\n1,2\n", "", r"which column is the text\? Say --columns text=…; it has a, b"),
        ("t.csv", "a,b\n1,2\n", "text=c", r"no column 'c'; it has a, b"),
        ("t.csv", "text\nx\n", "author=user", r"no column 'user'"),
        ("t.jsonl", '{"text": "a"}\n{"text": \n', "", r"t\.jsonl, line 2: cannot be read"),
        ("t.jsonl", "[1]\n", "", r"line 1: no JSON object, but list"),
        ("t.xls", "", "", r"which format\? Its name ends in none of \.csv"),
        ("t.jsonl.gz", "no gzip", "", r"cannot be read"),
    ],
)
def test_an_error_says_where_and_the_way_out(name: str, data: str, columns: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(data)
    with pytest.raises(SourceError, match=message):
        records(table.of_file(tmp_path / name, Columns.of(columns)))


def test_a_mapping_that_is_none_is_an_error_that_shows_one() -> None:
    with pytest.raises(SourceError, match="write FIELD=COLUMN,… such as text=body"):
        Columns.of("body")


@pytest.fixture
def database(tmp_path: Path) -> str:
    with closing(sqlite3.connect(tmp_path / "kb.sqlite")) as connection, connection:
        connection.execute("CREATE TABLE article (id INTEGER PRIMARY KEY, body TEXT, writer TEXT)")
        rows = [(n, f"Article {n}.", f"Writer {n}") for n in range(2500)]
        connection.executemany("INSERT INTO article VALUES (?, ?, ?)", rows)
    return f"sqlite:///{tmp_path}/kb.sqlite"


def test_rows_of_a_database_become_records(database: str) -> None:
    columns = Columns.of("text=body,author=writer", "CC0-1.0", "prose")
    query = "SELECT body, writer FROM article WHERE id >= 2 ORDER BY id"
    found = records(sql.of_query(database, query, columns, "kb"))
    assert len(found) == 2498
    assert found[0].text == "Article 2."
    assert found[0].metadata.extra == {"author": "Writer 2"}
    assert (found[0].metadata.licence, found[0].metadata.content) == ("CC0-1.0", "prose")


def test_only_a_query_with_an_order_is_read_in_parts(database: str) -> None:
    columns = Columns.of("text=body")
    queries = ("SELECT body FROM article ORDER BY id", "SELECT body FROM article")
    counts = [len([None for _ in sql.of_query(database, query, columns, "kb", 1000)]) for query in queries]
    assert counts == [3, 1]


def test_rows_are_streamed(database: str) -> None:
    """A query without end is read from its start."""
    streamed = sql.rows(database, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n")
    assert [row["i"] for row in islice(streamed, 3)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("address", "query", "message"),
    [
        ("sqlite:////nonexistent/kb.sqlite", "SELECT 1", "unable to open database file; check the address"),
        ("{database}", "SELECT absent FROM article", "no such column: absent; check the address"),
        ("not-an-address", "SELECT 1", "no address of a database"),
        (
            "oracle://me:s3cret@host/db",
            "SELECT 1",
            r"oracle://me:\*\*\*@host/db: its driver is not installed; run 'pip",
        ),
    ],
)
def test_a_database_that_refuses_is_an_error_without_the_password(
    address: str, query: str, message: str, database: str
) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        records(sql.of_query(address.format(database=database), query, Columns.of("text=a"), "kb"))
    assert "s3cret" not in str(caught.value)
