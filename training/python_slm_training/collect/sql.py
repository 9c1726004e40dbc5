"""Rows of any SQL database that SQLAlchemy reaches, streamed."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from python_slm.errors import SourceError
from python_slm_training.collect.table import PART, Columns, TablePart, parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FETCHED = 1000  # rows in memory


def of_query(address: str, query: str, columns: Columns, name: str, size: int = PART) -> Iterator[TablePart]:
    """Sources from a SELECT, ``size`` rows each where it has an ORDER BY, else one.

    Only in a known order can an interrupted collection skip the rows that it has. ``address`` is as SQLAlchemy wants
    it: ``postgresql+psycopg://user@host/db``. Raises SourceError if the database refuses.
    """
    digest = hashlib.sha256(f"{_shown(address)}\n{query}".encode()).hexdigest()[:16]
    ordered = re.search(r"\border\s+by\b", query, re.IGNORECASE) is not None
    yield from parts(name, rows(address, query), digest, columns, size if ordered else 10**12)


def rows(address: str, query: str) -> Iterator[Mapping[str, Any]]:
    """Rows one after the other, from a cursor on the server where the driver has them."""
    try:
        engine = sqlalchemy.create_engine(address)
    except (ArgumentError, NoSuchModuleError) as error:
        raise SourceError(
            f"{_shown(address)}: no address of a database ({error}); see 'slm data collect table --help'"
        ) from error
    except ModuleNotFoundError as error:
        raise SourceError(f"{_shown(address)}: its driver is not installed; run 'pip install {error.name}'") from error
    try:
        with engine.connect().execution_options(stream_results=True, yield_per=_FETCHED) as connection:
            for row in connection.execute(sqlalchemy.text(query)).mappings():
                yield dict(row)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip()
        raise SourceError(f"{_shown(address)}: {reason}; check the address, the rights and the query") from error
    finally:
        engine.dispose()


def _shown(address: str) -> str:
    """Without its password."""
    try:
        return sqlalchemy.make_url(address).render_as_string(hide_password=True)
    except ArgumentError:
        return re.sub(r"//[^@/]*@", "//***@", address)
