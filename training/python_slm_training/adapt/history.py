"""What people typed last: the edits of a repository's newest commits, as gaps to fill.

An edit record holds a function or class before and after a commit; what the commit put in is the gap, and what it left
alone stands around it. Only edits of files to learn from count: a held-out file's past is held out too.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from python_slm_training.collect.git import GitSource, repositories
from python_slm_training.collect.history import Options, mine, records
from python_slm_training.collect.record import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

MOST_COMMITS = 3000
_LONGEST = 600
"""Characters that a person types in one go; more is a paste."""


def history_gaps(
    path: Path, work: Path, allowed: Collection[str], progress: Callable[[int], object] = lambda _: None
) -> list[dict[str, Any]]:
    """Infilling examples from the history of the repository at ``path``, of files in ``allowed``; none without git.

    Mining goes on where it was interrupted; ``progress`` is told how many commits more are done.
    """
    found = repositories(path, depth=0)
    if not found:
        return []
    mine(GitSource.of(found[0]), work, Options(limit=MOST_COMMITS), progress=progress)
    return [
        {"task": "infill", "path": edit["metadata"]["path"], **gap}
        for file in sorted(work.glob(f"*{SUFFIX}"))
        for edit in records(file)
        if edit["metadata"]["path"] in allowed and (gap := gap_of(edit["before"], edit["after"])) is not None
    ]


def gap_of(before: str, after: str) -> dict[str, str] | None:
    """The lines of ``after`` that ``before`` lacks, and what stands around them; None if there are none, or too many.

    The first of these lines keeps its indentation outside the gap, as an editor puts it there.
    """
    old, new = before.split("\n"), after.split("\n")
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    inserted = "\n".join(new[head : len(new) - tail])
    target = inserted.lstrip()
    if not target.strip() or len(target) > _LONGEST:
        return None
    above, below = "".join(f"{line}\n" for line in new[:head]), new[len(new) - tail :]
    suffix = "\n" + "\n".join(below) if tail else ""
    return {"prefix": above + inserted[: len(inserted) - len(target)], "suffix": suffix, "target": target}


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
