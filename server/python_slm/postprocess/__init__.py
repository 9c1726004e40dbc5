"""Model text → insertable text: where a suggestion stops, and what of it repeats what is already there.

One file a topic: ``stops`` ends a generation; ``repetition``, ``indentation``, ``brackets`` and ``right`` are applied
to what it said.
"""

from __future__ import annotations

from python_slm.postprocess.brackets import matched
from python_slm.postprocess.cursor import Cursor
from python_slm.postprocess.indentation import indented_as, indents_twice
from python_slm.postprocess.repetition import repeats_beside, stammers, without_line_below, without_repeats
from python_slm.postprocess.right import Insertion, beside
from python_slm.postprocess.stops import block_stop, single_line_stop, stop_at

__all__ = ["Cursor", "Insertion", "block_stop", "insertion", "single_line_stop", "stop_at"]


def insertion(text: str, cursor: Cursor, *, complete: bool = True, ended: bool = False) -> Insertion:
    """What to insert, or an empty text: trailing space, repeats, and text already beside the cursor are taken off.

    A last line that is not ``complete``, because the model was cut short, is left out. ``ended``: the model itself
    ended the text; otherwise it wrote its last line to the end.
    """
    text = without_repeats(text if complete else text.rpartition("\n")[0]).rstrip()
    if problem := _problem(text, cursor, complete=complete):
        return _nothing(problem)
    text = matched(without_line_below(indented_as(text, cursor), cursor), cursor.before)
    if not text.strip():
        return _nothing("it says the line below")
    found = beside(text, cursor, ended=ended)
    if not found.text.strip():
        return _nothing("it does not go with what stands right of the cursor, or says it again")
    if repeats_beside(found.text, cursor):
        return _nothing("it repeats a line beside the cursor")
    return found


def _problem(text: str, cursor: Cursor, *, complete: bool) -> str:
    """Why a text is no good wherever it goes; empty if it may be."""
    if not text:
        return "nothing but blanks" if complete else "cut short within its first line"
    if stammers(text):
        return "it repeats itself"
    return "indented a second time" if indents_twice(text, cursor) else ""


def _nothing(why: str) -> Insertion:
    return Insertion("", 0, why)
