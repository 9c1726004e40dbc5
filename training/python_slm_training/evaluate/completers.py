"""What is measured: the product itself, and the copy-from-file floor it has to beat.

No answer means that a completer shows nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from python_slm_training.evaluate.sources import SourceFile

Completer = Callable[["SourceFile", str, int], Sequence[str]]
"""(file, text, offset) → texts to insert at ``offset`` of ``text``, best first.

``file`` says where the text is from; what it holds itself is the answer, and no completer may look at it.
"""

MIN_CONTEXT = 3


def copy_from_file(file: SourceFile, text: str, offset: int) -> list[str]:  # noqa: ARG001 - the interface
    """The floor: find where the longest run of characters before the cursor occurred before, copy that line's rest.

    Of several places the nearest wins. The run has at least three characters and begins at a word's start, and reaches
    over line ends, so a new line continues as the file did after the same previous line. Nothing from after the
    cursor is copied, and nothing is shown when the copied rest is blank.
    """
    low, high = 0, min(offset, 2000)
    while low < high:  # a run that occurs implies that every shorter one does
        middle = (low + high + 1) // 2
        if text.rfind(text[offset - middle : offset], 0, offset - 1) >= 0:
            low = middle
        else:
            high = middle - 1
    word = re.search(r"\w*$", text[max(0, offset - 80) : offset])
    if low < MIN_CONTEXT or (word and low < len(word.group())):
        return []
    found = text.rfind(text[offset - low : offset], 0, offset - 1) + low
    end = text.find("\n", found)
    rest = text[found : end if 0 <= end < offset else offset].rstrip()
    return [rest] if rest.strip() else []


def show_nothing(file: SourceFile, text: str, offset: int) -> list[str]:  # noqa: ARG001 - the interface
    """The completer that never speaks."""
    return []
