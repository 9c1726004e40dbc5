"""Mined fixes → pairs: those where one rewrite of the product's own turns the buggy file into the mended one.

A rewrite that no kind makes is out of reach and says nothing about the thresholds; how many those are is counted.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from python_slm.bugs.candidates import candidates
from python_slm.bugs.facts import Facts, leaves, part_of
from python_slm.bugs.scene import scenes
from python_slm.syntax.blocks import BlockIndex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from python_slm.bugs.scene import Scene

_MOST_CHANGED = 60  # characters gone or come; the two arguments of a swap are some
_SPACE = re.compile(r"\s+")
_CHANGED = re.compile(r"[\w\s.,<>=!+\-*/%&|\"'()\[\]]*")


@dataclass(frozen=True)
class Pair:
    """A real fix: ``text`` in place of ``start:end`` of ``before`` makes ``after``, but for blanks.

    ``strict``: the commit's subject says that it mends behaviour; ``tested``: it changes tests as well.
    """

    repo: str
    path: str
    revision: str
    subject: str
    strict: bool
    tested: bool
    kind: str
    start: int
    end: int
    text: str
    before: str
    after: str

    def to_json(self) -> dict[str, Any]:
        """For a line of JSON."""
        return asdict(self)


def pair_of(fix: Mapping[str, Any]) -> Pair | None:
    """The pair that a mined fix is, or None."""
    before, after = fix["before"], fix["after"]
    if "\r" in before:
        return None
    head = _shared(before, after)
    tail = _shared(before[head:][::-1], after[head:][::-1])
    gone, come = before[head : len(before) - tail], after[head : len(after) - tail]
    if max(len(gone), len(come)) > _MOST_CHANGED or not _CHANGED.fullmatch(gone + come):
        return None
    scene = _scene(before, head)
    if scene is None:
        return None
    wanted = _SPACE.sub("", after)
    for each in candidates(scene):
        start, end = scene.part.offset(each.start), scene.part.offset(each.end)
        if start <= head + len(gone) + 1 and head - 1 <= end + _MOST_CHANGED:
            made = before[:start] + each.text + before[end:]
            if abs(len(made) - len(after)) <= 8 and _SPACE.sub("", made) == wanted:  # noqa: PLR2004 - blanks
                return Pair(
                    repo=str(fix["repo"]),
                    path=str(fix["path"]),
                    revision=str(fix["revision"]),
                    subject=str(fix["subject"]),
                    strict=bool(fix["is_fix"]),
                    tested=bool(fix["tests_changed"]),
                    kind=each.kind,
                    start=start,
                    end=end,
                    text=each.text,
                    before=before,
                    after=after,
                )
    return None


def _shared(one: str, other: str) -> int:
    """Length of the beginning that two texts share."""
    most = min(len(one), len(other))
    return next((at for at in range(most) if one[at] != other[at]), most)


def _scene(text: str, offset: int) -> Scene | None:
    """The function that ``offset`` lies in."""
    for block in leaves(BlockIndex.of(text)):
        if block.start <= offset < block.end:
            part = part_of(block)
            if part is None:
                return None
            facts = Facts.of_parts([part])
            for scene in scenes(part, facts):
                start, end = map(part.offset, scene.span)
                if start <= offset < end:
                    return scene
    return None


def is_held_out(repo: str) -> bool:
    """Whether a repository belongs to the half that thresholds are reported on, and never fitted."""
    return hashlib.sha256(repo.lower().encode()).digest()[0] % 2 == 1
