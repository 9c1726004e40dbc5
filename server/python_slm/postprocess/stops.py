"""Where a generation stops: at the end of its line, of its statement, or of its block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_slm.postprocess.brackets import walk
from python_slm.postprocess.cursor import indent

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_slm.postprocess.cursor import Cursor

_MAX_LINES = 12


def stop_at(cursor: Cursor, *, multiline: bool) -> Callable[[str], int | None]:
    """How much to say at ``cursor``: a body where a block opens, elsewhere one line."""
    if multiline and cursor.opens_block:
        return block_stop(cursor.body_indent)
    return single_line_stop


def single_line_stop(text: str) -> int | None:
    """Cut at the end of the first line."""
    end = text.find("\n")
    return end if end >= 0 else None


def statement_stop(before: str) -> Callable[[str], int | None]:
    """Cut at the end of the first line that leaves no bracket or string open of those that the text opens.

    ``before`` is the cursor's line up to the cursor: what it leaves open need not be closed.
    """
    start = walk(before).after

    def stop(text: str) -> int | None:
        end = text.find("\n")
        lines = 1
        while end >= 0:
            after = walk(text[:end], start).after
            closed = len(after.closers) <= len(start.closers) and len(after.quote) <= 1
            if (closed and not text[:end].endswith("\\")) or lines >= _MAX_LINES:
                return end
            end = text.find("\n", end + 1)
            lines += 1
        return None

    return stop


def block_stop(least: int) -> Callable[[str], int | None]:
    """Cut before the first later line indented less than ``least`` characters, or after ``_MAX_LINES`` lines."""

    def stop(text: str) -> int | None:
        start = text.find("\n") + 1
        lines = 1
        while start:
            end = text.find("\n", start)
            line = text[start : end if end >= 0 else len(text)]
            if line.strip() and indent(line) < least:
                return len(text[:start].rstrip())
            lines += 1
            if lines >= _MAX_LINES and end >= 0:
                return end
            start = end + 1
        return None

    return stop
