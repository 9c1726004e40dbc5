"""``slm data collect table``: rows of files and databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from python_slm_training.cli.collecting import EXISTING, licence_option, out_option, reserved_option, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from python_slm_training.collect.table import Columns, TablePart


@click.command()
@click.argument("files", nargs=-1, type=EXISTING, metavar="[FILE]…")
@out_option
@reserved_option
@licence_option
@click.option(
    "--columns", default="", metavar="FIELD=COLUMN,…", help="Fields: text, path, repo, licence, author, url …"
)
@click.option("--content", type=click.Choice(["python", "prose", "qa"]), default="python", show_default=True)
@click.option("--db", "address", metavar="URL", help="Database, as SQLAlchemy writes it.")
@click.option("--query", metavar="SQL", help="SELECT for --db; with ORDER BY an interrupted run goes on.")
@click.option("--name", help="What to call the rows of --db.")
@click.option("--max-age", type=click.IntRange(0), default=1, show_default=True, help="Days until --db is read again.")
def table(
    files: tuple[Path, ...],
    out: Path,
    reserved: Path | None,
    licence: str,
    columns: str,
    content: str,
    address: str | None,
    query: str | None,
    name: str | None,
    max_age: int,
) -> None:
    """Rows of CSV, TSV and JSON lines (plain, .gz or .zst), text files, and any SQL database.

    --columns says which column fills which field; names other than text, path, repo, revision, licence and
    modified_at are kept beside the text, such as author, url or stars. Lists of pages: 'slm data collect pages --urls'.

    \b
    Examples:
      slm data collect table --out raw snippets.csv --columns text=code,licence=license,author=user --licence MIT
      slm data collect table --out raw dump.jsonl.zst --columns text=content,repo=repo_name,path=path,stars=stars
      slm data collect table --out raw --db postgresql+psycopg://me@host/db --name kb --content prose \\
          --query 'SELECT body AS text, url FROM article ORDER BY id' --columns text=text,url=url
    """
    from python_slm.errors import SourceError
    from python_slm_training.collect import sql
    from python_slm_training.collect import table as tables

    if not files and not address:
        raise click.UsageError("which rows? Give files, or --db and --query")
    if address and not (query and name):
        raise click.UsageError("--db needs --query and --name")
    try:
        chosen = tables.Columns.of(columns, licence, content)
    except SourceError as error:
        raise click.UsageError(str(error)) from error
    if files:
        run(_of_files(files, chosen, out), out, reserved)
    if address and query and name:
        found = sql.of_query(address, query, chosen, name)
        run(_whole(found, out, name), out, reserved, timedelta(days=max_age))


def _of_files(files: Iterable[Path], columns: Columns, out: Path) -> Iterator[TablePart | Exception]:
    from python_slm.errors import SourceError
    from python_slm_training.collect import table as tables

    for path in files:
        try:
            yield from _whole(tables.of_file(path, columns), out, path.name)
        except SourceError as error:
            yield error


def _whole(parts: Iterable[TablePart], out: Path, name: str) -> Iterator[TablePart]:
    """The parts; when the last one is read, those that an earlier, longer table left are deleted."""
    from python_slm_training.collect.collect import forget_parts

    count = 0
    for part in parts:
        count += 1
        yield part
    forget_parts(out, "table", name, count)
