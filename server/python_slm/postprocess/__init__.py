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

_NOTHING = Insertion("", 0)


def insertion(text: str, cursor: Cursor, *, complete: bool = True, ended: bool = False) -> Insertion:
    """What to insert, or an empty text: trailing space, repeats, and text already beside the cursor are taken off.

    A last line that is not ``complete``, because the model was cut short, is left out. ``ended``: the model itself
    ended the text; otherwise it wrote its last line to the end.
    """
    text = without_repeats(text if complete else text.rpartition("\n")[0]).rstrip()
    if not text or stammers(text) or indents_twice(text, cursor):
        return _NOTHING
    text = without_line_below(indented_as(text, cursor), cursor)
    found = beside(matched(text, cursor.before), cursor, ended=ended)
    if not found.text.strip() or repeats_beside(found.text, cursor):
        return _NOTHING
    return found
