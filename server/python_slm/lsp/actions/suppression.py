"""Silence: a comment at the place of a finding, or the wish never to see its kind again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from python_slm.lsp.actions.base import Action, ClientCommand, proven
from python_slm.lsp.actions.kinds import DISABLE, QUICK_FIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.findings import Finding
    from python_slm.lsp.actions.base import Place


class Suppression:
    """What is wrong with the syntax cannot be silenced."""

    name = "suppress"
    kinds = (QUICK_FIX,)
    by_hand = True

    def actions(self, place: Place, only: str = "") -> Iterator[Action]:
        """See Sort."""
        codes: dict[str, Finding] = {}
        for finding in place.touched():
            codes.setdefault(finding.code, finding)
            name = f"{self.name}:{finding.code}:{finding.start}"
            if finding.suppress and only in ("", name):
                make = partial(proven, place.index, finding.suppress)
                yield Action(name, QUICK_FIX, f"Ignore {finding.code} on this line", make, mends=(finding,))
        for code, finding in codes.items():
            name = f"disable:{code}"
            if finding.origin != "syntax" and only in ("", name):
                command = ClientCommand(f"Never show {code}", DISABLE, (code,))
                yield Action(name, QUICK_FIX, f"Never show {code} again", None, mends=(finding,), command=command)


SORT = Suppression()
