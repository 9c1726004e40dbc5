"""The menu of a place: which actions there are, made as far as that is cheap, and one of them found again by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.lsp.actions import quick_fix, refactoring, source, suppression, through_ruff
from python_slm.lsp.actions.base import may_hold, wanted
from python_slm.refactor.base import Plan, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.lsp.actions.base import Action, Place, Sort

SORTS: tuple[Sort, ...] = (quick_fix.SORT, suppression.SORT, refactoring.SORT, through_ruff.SORT, source.SORT)
KINDS = tuple(dict.fromkeys(kind for sort in SORTS for kind in sort.kinds))


@dataclass(frozen=True)
class Entry:
    """An action, and its edits or why there are none; None before they are made."""

    action: Action
    outcome: Plan | Refusal | None


def entries(
    place: Place, only: tuple[str, ...] | None, *, by_hand: bool, eager: bool, refused: bool
) -> Iterator[Entry | None]:
    """What the menu shows, in its order; None for what was looked at in vain, so that the caller can take a breath.

    ``eager``: what is not cheap is made, too. ``refused``: refactorings that cannot be done come with the reason.
    """
    for sort in SORTS:
        if (sort.by_hand and not by_hand) or not any(may_hold(kind, only) for kind in sort.kinds):
            continue
        for action in sort.actions(place):
            if place.cancelled():
                return
            known = wanted(action.kind, only) and not _held_by_another(action.kind, only)
            yield _entry(action, eager=eager, refused=refused) if known else None


def chosen(place: Place, name: str) -> Plan | Refusal:
    """The edits of the action with this name."""
    for sort in SORTS:
        for action in sort.actions(place, name):
            if action.name == name and action.make is not None:
                return action.make()
    return Refusal("it is not offered here any more")


def _held_by_another(kind: str, only: tuple[str, ...] | None) -> bool:
    """What ruff fixes is part of all that is fixed: an editor that fixes all on saving must not do it twice."""
    return kind == source.FIX_ALL_RUFF and kind not in (only or ())


def _entry(action: Action, *, eager: bool, refused: bool) -> Entry | None:
    if action.make is None or not (action.cheap or eager):
        return Entry(action, None)
    outcome = action.make()
    if isinstance(outcome, Refusal) and not (refused and action.kind.startswith("refactor")):
        return None
    return Entry(action, outcome)
