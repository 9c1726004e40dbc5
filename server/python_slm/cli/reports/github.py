"""For GitHub Actions: annotations at the lines of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from python_slm.cli.reports.rows import Row

_LEVELS = {"error": "error", "warning": "warning", "information": "notice", "hint": "notice"}


def github(rows: Iterable[Row]) -> Iterator[str]:
    """Workflow commands, escaped as GitHub's own toolkit does: docs.github.com, "Workflow commands"."""
    for row in rows:
        start, end = row.start, row.end
        where = {"title": f"python-slm ({row.finding.code})", "file": row.path, "line": start.row, "endLine": end.row}
        if end.row == start.row:  # columns are refused where lines differ
            where |= {"col": start.column, "endColumn": end.column}
        told = ",".join(f"{name}={_property(str(value))}" for name, value in where.items())
        text = f"{row.path}:{start.row}:{start.column}: {row.headline}"
        yield f"::{_LEVELS[row.finding.severity]} {told}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
