"""For people: one line a finding, or the lines of code with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from python_slm.cli.reports.rows import Row

_MOST_LINES = 6
_COLOURS = {"error": "red", "warning": "yellow", "information": "cyan", "hint": "cyan"}


def concise(rows: Iterable[Row]) -> Iterator[str]:
    """``path:row:column: CODE [*] message``, as ruff prints it."""
    for row in rows:
        message = " ".join(row.finding.message.split())
        place = f"{click.style(row.path, bold=True)}:{row.start.row}:{row.start.column}"
        yield f"{place}: {_code(row)}{row.mark} {message}{_sure(row)}"


def full(rows: Iterable[Row]) -> Iterator[str]:
    """The finding above its lines of code, with what is found underlined, why, and how it can be mended."""
    for row in rows:
        message = " ".join(row.finding.message.split())
        yield f"{_code(row)}{row.mark} {message}{_sure(row)}"
        yield f"{click.style('  -->', fg='blue')} {row.path}:{row.start.row}:{row.start.column}"
        yield from _frame(row)
        for related in row.finding.related:
            line = row.document.line_at(related.start) + 1
            yield f"   = line {line}: {related.message}"
        for fix in row.finding.fixes:
            yield f"   = help: {fix.title}{'' if fix.safe else ' (may change what the code does)'}"
        yield ""


def _code(row: Row) -> str:
    return click.style(row.finding.code, fg=_COLOURS[row.finding.severity], bold=True)


def _sure(row: Row) -> str:
    sure = row.finding.confidence
    return "" if sure is None else f" ({sure:.0%} sure)"


def _frame(row: Row) -> Iterator[str]:
    """Numbered lines, each with marks below what is found."""
    first, last = row.start.row, min(row.end.row, row.start.row + _MOST_LINES - 1)
    if row.end.column == 1 and last > first:
        last -= 1
    width = len(str(last))
    bar = click.style("|", fg="blue")
    yield f"{'':{width}} {bar}"
    for number in range(first, last + 1):
        start, end = row.document.line_span(number - 1)
        line = row.document.text[start:end].rstrip("\r\n")
        left = row.start.column - 1 if number == first else len(line) - len(line.lstrip())
        right = row.end.column - 1 if number == row.end.row else len(line)
        yield f"{click.style(f'{number:>{width}}', fg='blue')} {bar} {line}".rstrip()
        blank = "".join("\t" if character == "\t" else " " for character in line[:left])
        marks = click.style("^" * max(1, right - left), fg=_COLOURS[row.finding.severity])
        yield f"{'':{width}} {bar} {blank}{marks}"
