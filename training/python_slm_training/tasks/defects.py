"""Find a bug, and repair it: injected bugs, mined real ones, and as much code without any.

The answer to ``bug`` is ``none`` or ``kind: line``; the line is quoted, a small model copies better than it counts.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from python_slm_training.tasks.bugs import inject, kind_of
from python_slm_training.tasks.example import NO_BUG, Example

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from random import Random

    from python_slm_training.tasks.bugs import Mutant
    from python_slm_training.tasks.functions import Function
    from python_slm_training.tasks.source import SourceFile

_TEST = re.compile(r"(?:^|/)(?:tests?|testing)/|(?:^|/)(?:test_[^/]*|[^/]*_tests?|conftest)\.py$")
_CLEAN = 0.5  # share of functions that are left as they are
_MIN_STATEMENTS = 2
MAX_CHARACTERS = 3_000


def answer(kind: str, source: str, line: int) -> str:
    """The answer that says which sort of bug is on ``line`` (from 1) of ``source``."""
    return f"{kind}: {source.splitlines()[line - 1].strip()}"


def read_answer(text: str, source: str) -> tuple[str, int] | None:
    """(kind, line from 1) that an answer names; None if it says that there is no bug, or quotes no line there."""
    kind, colon, quoted = text.strip().partition(": ")
    lines = [line.strip() for line in source.splitlines()]
    return (kind, lines.index(quoted.strip()) + 1) if colon and quoted.strip() in lines else None


def examples(source: SourceFile, rng: Random) -> Iterator[Example]:
    """``bug`` for every function outside tests, half of them clean; ``fix`` for those that got a bug."""
    if _TEST.search(source.path):
        return
    for function in source.functions:
        if len(function.text) > MAX_CHARACTERS or len(function.tree.body) < _MIN_STATEMENTS:
            continue
        mutant = None if rng.random() < _CLEAN else inject(function.text, rng.getrandbits(32))
        if mutant is None:
            yield _bug(source, function, NO_BUG, function.text, NO_BUG)
        elif _is_unique(mutant):
            yield _bug(source, function, mutant.kind, mutant.after, answer(mutant.kind, mutant.after, mutant.line))
            where = f"{source.id}#fix:{function.line}"
            yield Example(
                "fix",
                mutant.kind,
                mutant.before,
                where,
                source=mutant.after,
                path=source.path,
                metadata=source.metadata,
            )


def of_real_fix(record: Mapping[str, Any]) -> Iterator[Example]:
    """``bug`` and ``fix`` from an edit record that is a fix; and its repaired side as code without a bug."""
    before, after = record["before"], record["after"]
    if max(len(before), len(after)) > MAX_CHARACTERS:
        return
    kind = f"real {kind_of(before, after)}"
    about: dict[str, Any] = {"path": record["metadata"].get("path") or "", "metadata": record["metadata"]}
    yield Example("fix", kind, after, f"{record['id']}#fix", source=before, **about)
    line = _first_changed(before, after)
    if line is not None:
        target = answer(kind.removeprefix("real "), before, line)
        yield Example("bug", kind, target, f"{record['id']}#bug", source=before, **about)
        yield Example("bug", "real none", NO_BUG, f"{record['id']}#clean", source=after, **about)


def _bug(source: SourceFile, function: Function, kind: str, text: str, target: str) -> Example:
    where = f"{source.id}#bug:{function.line}"
    return Example("bug", kind, target, where, source=text, path=source.path, metadata=source.metadata)


def _is_unique(mutant: Mutant) -> bool:
    """Whether the line can be told from all others by its text."""
    lines = [line.strip() for line in mutant.after.splitlines()]
    return lines.count(lines[mutant.line - 1]) == 1


def _first_changed(before: str, after: str) -> int | None:
    """The first line of ``before`` that is replaced or removed and unlike all others; None if lines were only added."""
    old = [line.strip() for line in before.splitlines()]
    for tag, start, stop, _, _ in SequenceMatcher(None, old, after.split("\n"), autojunk=False).get_opcodes():
        if tag in {"replace", "delete"}:
            code = (
                at for at in range(start, stop) if old[at] and not old[at].startswith("#") and old.count(old[at]) == 1
            )
            return next((at + 1 for at in code), None)
    return None
