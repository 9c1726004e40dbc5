"""Refactorings of the selection: those of ``refactor.catalog``, with the reason where one cannot be done."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.lsp.actions.base import Action
from python_slm.lsp.actions.kinds import REFACTOR
from python_slm.refactor.base import planned, proven, refactorings
from python_slm.refactor.code import Code
from python_slm.refactor.plan import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.lsp.actions.base import Place
    from python_slm.refactor.base import Refactoring
    from python_slm.refactor.plan import Plan


class Refactorings:
    """One action each, whether it can be done here or not: that shows when it is made. The tree is read once."""

    name = "refactor"
    kinds = (REFACTOR,)
    by_hand = True

    def actions(self, place: Place, only: str = "") -> Iterator[Action]:
        """See Sort."""
        code: Code | Refusal
        try:
            code = Code(place.index, place.start, place.end)
        except RefusedError as error:
            code = Refusal(str(error))
        for one in refactorings():
            name = f"{self.name}:{one.name}"
            if only in ("", name):
                yield Action(name, one.kind, one.title, partial(_made, one, place, code))


def _made(refactoring: Refactoring, place: Place, code: Code | Refusal) -> Plan | Refusal:
    return code if isinstance(code, Refusal) else proven(place.index, planned(refactoring, code))


SORT = Refactorings()
