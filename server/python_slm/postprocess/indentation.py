"""Indentation as the lines around the cursor have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_slm.postprocess.cursor import indent

if TYPE_CHECKING:
    from python_slm.postprocess.cursor import Cursor

_WIDTH = 4
"""Columns of one level, where a model says tabs and the file has spaces, or the other way round."""


def indents_twice(text: str, cursor: Cursor) -> bool:
    """The cursor stands at the indentation of the lines around it, and the text would add more."""
    deep_enough = indent(cursor.before) > indent(cursor.above) or not cursor.above.rstrip().endswith(":")
    return not cursor.before.strip() and deep_enough and text[:1] in (" ", "\t")


def indented_as(text: str, cursor: Cursor) -> str:
    """The later lines of ``text`` with tabs where the cursor's line, or else the one above, has them, else with spaces.

    A file that mixes both follows what stands nearest. Without an indented line nearby nothing is changed.
    """
    if "\n" not in text:
        return text
    near = next((line for line in (cursor.before, cursor.above, cursor.below) if indent(line)), "")
    blanks = near[: indent(near)]
    if not blanks or ("\t" in blanks and " " in blanks):
        return text
    first, *rest = text.split("\n")
    return "\n".join([first, *(_reindented(line, tabs="\t" in blanks) for line in rest)])


def _reindented(line: str, *, tabs: bool) -> str:
    blanks = line[: indent(line)]
    if ("\t" in blanks) == tabs and not (tabs and " " in blanks):
        return line.rstrip() if line.isspace() else line
    width = len(blanks.replace("\t", " " * _WIDTH))
    # What does not fill a level aligns a continuation line, which stays spaces behind tabs.
    return ("\t" * (width // _WIDTH) + " " * (width % _WIDTH) if tabs else " " * width) + line[len(blanks) :]
