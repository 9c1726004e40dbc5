"""Quick fixes: what a finding at the selection brings itself, and the same for all like it in the file."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from python_slm.lsp.actions.base import Action, proven
from python_slm.lsp.actions.kinds import QUICK_FIX
from python_slm.refactor.plan import Refusal
from python_slm.tasks.mend import mend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.findings import Finding, Fix
    from python_slm.lsp.actions.base import Place
    from python_slm.refactor.plan import Plan


class QuickFix:
    """Safe fixes may be preferred; of one that may change what the code does, the title says so."""

    name = "fix"
    kinds = (QUICK_FIX,)
    by_hand = False

    def actions(self, place: Place, only: str = "") -> Iterator[Action]:
        """See Sort."""
        seen: set[tuple[str, int]] = set()
        for finding in place.touched():
            for number, fix in enumerate(finding.fixes):
                name = f"{self.name}:{finding.code}:{finding.start}:{number}"
                if only in ("", name):
                    yield _fix(place, finding, fix, name, preferred=not number)
            code = finding.code, 0
            if code not in seen:
                seen.add(code)
                yield from self._all(place, finding, only)

    def _all(self, place: Place, finding: Finding, only: str) -> Iterator[Action]:
        name = f"{self.name}-all:{finding.code}"
        alike = [one for one in place.findings if one.code == finding.code and any(fix.safe for fix in one.fixes)]
        if len(alike) > 1 and only in ("", name):
            title = f"Fix all {finding.code} in this file ({len(alike)})"
            yield Action(name, QUICK_FIX, title, partial(_fix_all, place, alike), mends=(finding,), cheap=False)


def _fix(place: Place, finding: Finding, fix: Fix, name: str, *, preferred: bool) -> Action:
    title = (
        f"{fix.title} ({finding.code})" if fix.safe else f"{fix.title} ({finding.code}, may change what the code does)"
    )
    make = partial(proven, place.index, fix.edits)
    return Action(name, QUICK_FIX, title, make, preferred=preferred and fix.safe, mends=(finding,))


def _fix_all(place: Place, alike: list[Finding]) -> Plan | Refusal:
    mended = mend(place.index, alike)
    return proven(place.index, mended.edits) if mended.edits else Refusal("none of them can be made by itself")


SORT = QuickFix()
