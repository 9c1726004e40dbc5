"""Findings of one version of a text as they stand in the next, until that one has been looked at itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from python_slm.text import Edit, alike_at_ends

if TYPE_CHECKING:
    from collections.abc import Iterable

    from python_slm.findings import Finding, Fix


@dataclass(frozen=True)
class Carried:
    """What an edit did to offsets: ``text[start:end]`` became something ``by`` characters longer."""

    start: int
    end: int
    by: int

    @classmethod
    def between(cls, before: str, after: str) -> Carried:
        """The smallest edit that makes ``after`` of ``before``."""
        start, end = alike_at_ends(before, after)
        return cls(start, len(before) - end, len(after) - len(before))

    def findings(self, found: Iterable[Finding]) -> list[Finding]:
        """Those that the edit left alone, where they are now; what it touched is gone."""
        return [moved for one in found if (moved := self._finding(one)) is not None]

    def _finding(self, one: Finding) -> Finding | None:
        span = self.span(one.start, one.end)
        if span is None:
            return None
        fixes = (moved for fix in one.fixes if (moved := self._fix(fix)) is not None)
        related = ((each, self.span(each.start, each.end)) for each in one.related)
        suppress = [self._edit(edit) for edit in one.suppress]
        return replace(
            one,
            start=span[0],
            end=span[1],
            fixes=tuple(fixes),
            suppress=() if None in suppress else tuple(edit for edit in suppress if edit),
            related=tuple(replace(each, start=place[0], end=place[1]) for each, place in related if place),
        )

    def _fix(self, fix: Fix) -> Fix | None:
        edits = [self._edit(edit) for edit in fix.edits]
        return None if None in edits else replace(fix, edits=tuple(edit for edit in edits if edit))

    def _edit(self, edit: Edit) -> Edit | None:
        span = self.span(edit.start, edit.end)
        return None if span is None else Edit(*span, edit.text)

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Where ``text[start:end]`` is now; None where the edit touched it."""
        if end < self.start:
            return start, end
        if start > self.end:
            return start + self.by, end + self.by
        return None  # what the edit touches may be another word now
