"""The menu of a place: which actions there are, made as far as that is cheap, and one of them found again by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.lsp.actions import docstring, explanation, quick_fix, refactoring, source, suppression, through_ruff
from python_slm.lsp.actions.kinds import REFACTOR, may_hold, wanted
from python_slm.refactor.plan import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.lsp.actions.base import Action, Place, Sort
    from python_slm.refactor.plan import Plan

SORTS: tuple[Sort, ...] = (
    quick_fix.SORT,
    suppression.SORT,
    docstring.SORT,
    refactoring.SORT,
    through_ruff.SORT,
    source.SORT,
    explanation.SORT,
)


@dataclass(frozen=True)
class Entry:
    """An action with its plan, or the reason why there is none; with neither before it is made."""

    action: Action
    plan: Plan | None = None
    reason: str = ""


def entries(
    place: Place, only: tuple[str, ...] | None, *, by_hand: bool, eager: bool, refused: bool
) -> Iterator[Entry | None]:
    """What the menu shows, in its order; None for what was looked at in vain, so that the caller can take a breath.

    What comes to the same as an entry above is left out: a finding's fix may be a refactoring, too.
    ``eager``: what is not cheap is made, too. ``refused``: refactorings that cannot be done come with the reason.
    """
    seen: set[str] = set()
    for sort in SORTS:
        if (sort.by_hand and not by_hand) or not any(may_hold(kind, only) for kind in sort.kinds):
            continue
        for action in sort.actions(place):
            if place.cancelled():
                return
            entry = _entry(action, eager=eager, refused=refused) if wanted(action.kind, only) else None
            after = entry.plan.applied(place.index.text) if entry is not None and entry.plan is not None else ""
            yield None if after and after in seen else entry
            seen.add(after)


def chosen(place: Place, name: str) -> Entry | None:
    """The action with this name, made; None where it is not offered any more."""
    for sort in SORTS:
        for action in sort.actions(place, name):
            if action.name == name:
                return _made(action)
    return None


def _entry(action: Action, *, eager: bool, refused: bool) -> Entry | None:
    if not (action.cheap or eager):
        return Entry(action)
    entry = _made(action)
    return None if entry.reason and not (refused and action.kind.startswith(REFACTOR)) else entry


def _made(action: Action) -> Entry:
    outcome = action.make() if action.make is not None else None
    if isinstance(outcome, Refusal):
        return Entry(action, reason=outcome.reason)
    return Entry(action, outcome)
