"""Refactorings that ruff has as fixes: one process, when somebody asks for refactorings by hand."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from python_slm.lsp.actions.base import Action, proven
from python_slm.lsp.actions.kinds import REWRITE
from python_slm.refactor.through_ruff import offers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.lsp.actions.base import Place


class ThroughRuff:
    """What the project asks ruff for anyway is a quick fix already, and comes under another name here."""

    name = "ruff"
    kinds = (REWRITE,)
    by_hand = True

    def actions(self, place: Place, only: str = "") -> Iterator[Action]:
        """See Sort."""
        if only and not only.startswith(f"{self.name}:"):
            return
        text, span = place.index.text, (place.start, place.end)
        for title, kind, plan in offers(text, place.ruff_path, *span, cancelled=place.cancelled, index=place.index):
            yield Action(f"{self.name}:{kind}", kind, title, partial(proven, place.index, plan.edits))


SORT = ThroughRuff()
