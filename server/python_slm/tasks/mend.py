"""Fixes of many findings made at once: those that do not touch each other, proven together or else one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.syntax.verify import objection

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from python_slm.findings import Finding, Fix
    from python_slm.syntax.blocks import BlockIndex
    from python_slm.text import Edit


@dataclass(frozen=True)
class Mended:
    """``text`` after ``edits``, and the findings that are mended by them. Edits are in order and do not overlap."""

    text: str
    edits: tuple[Edit, ...]
    findings: tuple[Finding, ...]


def mend(index: BlockIndex, findings: Iterable[Finding], *, unsafe: bool = False) -> Mended:
    """Make the first fix of every finding that has one, safe ones only unless ``unsafe``.

    Of two that touch each other the one that stands first is made, so a second round may find more to do. The result
    parses where the text did and lacks no name that it had; a fix that would break that is left out.
    """
    wanted = [(one, fix) for one in sorted(findings, key=_place) if (fix := first_fix(one, unsafe=unsafe))]
    made = _apart(wanted)
    edits = _edits(made)
    if made and objection(index, applied(index.text, edits)):
        made = _proven(index, made)
        edits = _edits(made)
    return Mended(applied(index.text, edits), tuple(edits), tuple(finding for finding, _ in made))


def first_fix(finding: Finding, *, unsafe: bool) -> Fix | None:
    """The fix to make of a finding without asking which; None where there is none."""
    return next((fix for fix in finding.fixes if fix.safe), next(iter(finding.fixes), None) if unsafe else None)


def applied(text: str, edits: Iterable[Edit]) -> str:
    """``text`` after edits that do not overlap."""
    parts: list[str] = []
    end = 0
    for edit in sorted(edits, key=lambda one: (one.start, one.end)):
        parts += [text[end : edit.start], edit.text]
        end = edit.end
    return "".join([*parts, text[end:]])


def _place(finding: Finding) -> tuple[int, int, str]:
    return finding.start, finding.end, finding.code


def _apart(wanted: Sequence[tuple[Finding, Fix]]) -> list[tuple[Finding, Fix]]:
    """The fixes whose edits touch no other's; equal edits, such as one import that two of them need, are one."""
    taken: set[Edit] = set()
    found = []
    for finding, fix in wanted:
        new = [edit for edit in fix.edits if edit not in taken]
        if not any(_touch(edit, other) for edit in new for other in taken):
            taken.update(new)
            found.append((finding, fix))
    return found


def _touch(one: Edit, other: Edit) -> bool:
    return one.start == other.start or max(one.start, other.start) < min(one.end, other.end)


def _edits(made: Sequence[tuple[Finding, Fix]]) -> list[Edit]:
    return sorted({edit for _, fix in made for edit in fix.edits}, key=lambda edit: (edit.start, edit.end))


def _proven(index: BlockIndex, made: Sequence[tuple[Finding, Fix]]) -> list[tuple[Finding, Fix]]:
    """The fixes that break nothing, each tried upon those before it."""
    found: list[tuple[Finding, Fix]] = []
    for one in made:
        if not objection(index, applied(index.text, _edits([*found, one]))):
            found.append(one)
    return found
