"""For a comment on a pull request: a table, and below it each fix as a suggestion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_slm.cli.reports.rows import RANK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.cli.reports.rows import Row

_MOST_ROWS = 50
_FENCE = "`" * 4


def markdown(rows: Sequence[Row], files: int, mended: int) -> Iterator[str]:
    """GitHub's dialect; the loudest first, the rest counted once the table grows long."""
    yield "### python-slm review"
    yield ""
    yield f"{len(rows)} new, {mended} mended, in {files} changed files."
    if not rows:
        return
    yield ""
    yield "| where | code | what |"
    yield "|---|---|---|"
    loudest = sorted(rows, key=lambda row: (RANK[row.finding.severity], row.path, row.finding.start))
    for row in loudest[:_MOST_ROWS]:
        code = f"[{row.finding.code}]({row.finding.url})" if row.finding.url else row.finding.code
        yield f"| `{row.path}:{row.start.row}` | {code} | {_cell(row)} |"
    if len(rows) > _MOST_ROWS:
        yield ""
        yield f"… and {len(rows) - _MOST_ROWS} more."
    for row in loudest[:_MOST_ROWS]:
        yield from _suggestion(row)


def _cell(row: Row) -> str:
    return " ".join(row.finding.message.split()).replace("|", "\\|").replace("<", "&lt;")


def _suggestion(row: Row) -> Iterator[str]:
    """The lines of the first fix, before and after, folded."""
    if not row.finding.fixes:
        return
    fix, document = row.finding.fixes[0], row.document
    first = document.line_span(document.line_at(min(edit.start for edit in fix.edits)))[0]
    last = document.line_span(document.line_at(max(edit.end for edit in fix.edits)))[1]
    after = document.text[first:last]
    for edit in reversed(fix.edits):
        after = after[: edit.start - first] + edit.text + after[edit.end - first :]
    title = fix.title.replace("<", "&lt;")
    yield ""
    yield f"<details><summary>{row.path}:{row.start.row} {row.finding.code}: {title}</summary>"
    yield ""
    yield f"{_FENCE}diff"
    for sign, text in (("-", document.text[first:last]), ("+", after)):
        yield from (f"{sign}{line}" for line in text.splitlines())
    yield _FENCE
    yield "</details>"
