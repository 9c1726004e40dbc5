"""What is done to a whole file: all safe fixes, ours and ruff's or ruff's alone, and the imports in order."""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING

from python_slm.errors import LinterError
from python_slm.findings import graded
from python_slm.linter.run import check_text
from python_slm.lsp.actions.base import Action, proven
from python_slm.lsp.actions.kinds import FIX_ALL, FIX_ALL_RUFF, ORGANIZE
from python_slm.refactor.plan import Refusal
from python_slm.rules.find import find as find_by_rules
from python_slm.tasks.mend import mend
from python_slm.text import Document, Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.findings import Finding, Origin
    from python_slm.lsp.actions.base import Place
    from python_slm.refactor.plan import Plan
    from python_slm.syntax.blocks import BlockIndex

_ROUNDS = 10
"""As many as ruff makes."""


_IMPORTS = ("--select", "I001,I002")
"""Ruff's rules about the order of imports, whether or not the project asks for them."""


class Source:
    """Fixes are offered where there is one. What ruff fixes alone is for who names the kind: all fixes hold it."""

    name = "source"
    kinds = (FIX_ALL, FIX_ALL_RUFF, ORGANIZE)
    by_hand = True

    def actions(self, place: Place, only: str = "") -> Iterator[Action]:
        """See Sort."""
        if _fixable(place, None) and only in ("", FIX_ALL):
            yield Action(FIX_ALL, FIX_ALL, "Fix all that is safe to fix", partial(_fix_all, place, None), cheap=False)
        if _fixable(place, "ruff") and only in ("", FIX_ALL_RUFF):
            make = partial(_fix_all, place, "ruff")
            yield Action(FIX_ALL_RUFF, FIX_ALL_RUFF, "Fix all that ruff fixes safely", make, cheap=False)
        if only in ("", ORGANIZE):
            yield Action(ORGANIZE, ORGANIZE, "Organize imports", partial(_organize, place), cheap=False)


def _fixable(place: Place, origin: Origin | None) -> list[Finding]:
    return [one for one in place.findings if origin in (None, one.origin) and any(fix.safe for fix in one.fixes)]


def _fix_all(place: Place, origin: Origin | None) -> Plan | Refusal:
    """A fix may make room for another, so what is mended is looked at again."""
    index, found = place.index, _fixable(place, origin)
    for _ in range(_ROUNDS):
        mended = mend(index, found)
        if not mended.edits or place.cancelled():
            break
        index = index.updated(mended.text)
        try:
            found = _found_again(place, index, origin)
        except LinterError as error:
            return Refusal(str(error))
    edits = difference(place.document.text, index.text)
    return proven(place.index, edits) if edits else Refusal("there is nothing that is safe to fix")


def _found_again(place: Place, index: BlockIndex, origin: Origin | None) -> list[Finding]:
    settings = place.settings.diagnostics
    document = Document(place.document.uri, index.text)
    found = check_text(document, index, place.ruff_path) if settings.ruff else []
    if origin is None and settings.rules:
        found += find_by_rules(index, cancelled=place.cancelled)
    return graded(found, settings.severity)


def difference(before: str, after: str) -> tuple[Edit, ...]:
    """The edits, whole lines each, that make one text of the other."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0, *accumulate(map(len, old))]
    return tuple(
        Edit(starts[first], starts[last], "".join(new[begin:end]))
        for tag, first, last, begin, end in SequenceMatcher(None, old, new).get_opcodes()
        if tag != "equal"
    )


def _organize(place: Place) -> Plan | Refusal:
    try:
        found = check_text(place.document, place.index, place.ruff_path, options=_IMPORTS)
    except LinterError as error:
        return Refusal(str(error))
    edits = tuple({edit for one in found for fix in one.fixes for edit in fix.edits if fix.safe})
    return proven(place.index, edits) if edits else Refusal("the imports are in order")


SORT = Source()
