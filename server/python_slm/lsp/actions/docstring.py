"""Docstrings: written, brought up to date, or put into another style, at the definition that holds the cursor."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from python_slm.docstrings.actions import at, everywhere
from python_slm.lsp.actions.base import Action, proven
from python_slm.lsp.actions.kinds import ADD_DOCSTRINGS, DOCSTRING
from python_slm.refactor.plan import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.lsp.actions.base import Place
    from python_slm.refactor.plan import Plan


class Docstrings:
    """Nothing within a body; ``ADD_DOCSTRINGS`` is for who names it, as an editor that does it on saving would."""

    name = "docstring"
    kinds = (DOCSTRING, ADD_DOCSTRINGS)
    by_hand = True

    def actions(self, place: Place, only: str = "") -> Iterator[Action]:
        """See Sort."""
        if only in ("", ADD_DOCSTRINGS):
            make = partial(_add_all, place)
            yield Action(ADD_DOCSTRINGS, ADD_DOCSTRINGS, "Add all missing docstrings", make, cheap=False)
        if only and not only.startswith(f"{self.name}:"):
            return
        for one in at(place.index, place.start, path=place.path):
            name = f"{self.name}:{one.fix.title}"
            if only in ("", name):
                make = partial(proven, place.index, one.fix.edits)
                yield Action(name, f"{DOCSTRING}.{one.kind}", one.fix.title, make)


def _add_all(place: Place) -> Plan | Refusal:
    fix = everywhere(place.index, path=place.path)
    return proven(place.index, fix.edits) if fix else Refusal("no docstring is missing")


SORT = Docstrings()
