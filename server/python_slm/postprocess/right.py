"""What stands right of the cursor already: taken off the suggestion, or replaced by it where it contains it.

A model that writes its line to the end repeats, in its own words, what an editor closed ahead (``f(|)``) or what the
user typed earlier (``x = |None``). VS Code shows a suggestion that replaces text only on the cursor's line, and only if
the replaced characters are in it, in order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_slm.postprocess.brackets import walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.postprocess.cursor import Cursor

_TOKEN = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class Insertion:
    """``text`` for the cursor, in place of the ``replaced`` characters right of it. ``why`` it is empty, if it is."""

    text: str
    replaced: int
    why: str = field(default="", compare=False)


def beside(text: str, cursor: Cursor, *, ended: bool) -> Insertion:
    """``text`` as it fits what is right of the cursor; empty where the two do not go together.

    ``ended``: the model ended the text itself, before what follows; otherwise it wrote its last line to the end.
    """
    after = cursor.after.rstrip()
    if not after or after.lstrip().startswith("#"):
        return Insertion(text, 0)
    if _contains(text, after, cursor.before):
        return _shortest(text, after)
    shorter = _before_closing(text, after, cursor.before)
    shorter = _without_overlap(shorter, after)
    wrote_on = shorter == text and not ended and re.search(r"\w", after)
    if wrote_on or (shorter[-1:].isidentifier() and re.match(r"\w", after)):
        return Insertion("", 0)
    return Insertion(shorter, 0)


def _contains(text: str, after: str, before: str) -> bool:
    """Whether the line is as complete with ``text`` alone as with ``after``, and nothing of that is lost."""
    start = walk(before).after
    in_order = _subsequence(after, text) and _subsequence(_TOKEN.findall(after), _TOKEN.findall(text))
    return in_order and walk(text, start).after == walk(after, start).after


def _subsequence(parts: Sequence[str], whole: Sequence[str]) -> bool:
    rest = iter(whole)
    return all(part in rest for part in parts)


def _shortest(text: str, after: str) -> Insertion:
    """The same edit, leaving alone what both end in; nothing is replaced by a text of several lines."""
    same = 0
    while same < min(len(text), len(after)) and text[-1 - same] == after[-1 - same]:
        same += 1
    replaced = len(after) - same
    text = text[: len(text) - same]
    return Insertion("", 0) if replaced and "\n" in text else Insertion(text, replaced)


def _before_closing(text: str, after: str, before: str) -> str:
    """``text`` up to where it closes a bracket or string of the line that ``after`` closes as well."""
    start = walk(before).after
    closed = walk(text, start).closed
    return text[: closed[0]].rstrip() if closed and walk(after, start).closed else text


def _without_overlap(text: str, after: str) -> str:
    """Take off whole tokens at the end of ``text`` that ``after`` begins with; brackets are not these."""
    for length in range(min(len(text), len(after)), 0, -1):
        overlap = after[:length]
        if not text.endswith(overlap) or not re.search(r"[\w:,=]", overlap):
            continue
        cuts_text = length < len(text) and re.match(r"\w\w", text[-length - 1 :])
        cuts_after = re.match(r"\w\w", after[length - 1 :])
        if not cuts_text and not cuts_after:
            return text[:-length]
    return text
