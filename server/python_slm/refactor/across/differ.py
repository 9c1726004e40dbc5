"""From a file's text and the one that rope wants to the edits between them, line ends as the file has them."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from python_slm.text import Edit

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$")
_LINE_END = re.compile(r"\r\n|\n|\r")


def with_newlines(text: str) -> str:
    """``text`` with its lines ended by newlines alone, as rope reads it."""
    return _LINE_END.sub("\n", text)


def edits_between(text: str, wanted: str) -> tuple[Edit, ...]:
    """Edits that make of ``text`` what ``wanted`` says, whose lines end in newlines; as small as lines allow."""
    old, new = _LINE.findall(text), _LINE.findall(wanted)
    found = _LINE_END.search(text)
    newline = found.group() if found else "\n"
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    matcher = SequenceMatcher(None, [with_newlines(line) for line in old], new, autojunk=False)
    edits = []
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            continue
        if tag == "replace" and j - i == m - k:
            pairs = [(starts[i + one], old[i + one], new[k + one]) for one in range(j - i)]
        else:
            pairs = [(starts[i], "".join(old[i:j]), "".join(new[k:m]))]
        edits += [_trimmed(start, before, after.replace("\n", newline)) for start, before, after in pairs]
    return tuple(edits)


def _trimmed(start: int, before: str, after: str) -> Edit:
    """Whole words at both ends that stay are left out."""
    first = 0
    while first < min(len(before), len(after)) and before[first] == after[first]:
        first += 1
    while first and (before[first - 1].isalnum() or before[first - 1] == "_"):
        first -= 1
    last = 0
    while last < min(len(before), len(after)) - first and before[-1 - last] == after[-1 - last]:
        last += 1
    while last and (before[-last].isalnum() or before[-last] == "_"):
        last -= 1
    return Edit(start + first, start + len(before) - last, after[first : len(after) - last])
