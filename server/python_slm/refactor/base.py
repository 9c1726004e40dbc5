"""The interface of a refactoring: code and a selection in, edits out, or a refusal that says why.

Text edits keep comments and layout; ``ast`` judges them: a refactoring knows the tree that its edits must lead to.
"""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from python_slm.errors import RefusedError
from python_slm.refactor import catalog
from python_slm.refactor.code import Code
from python_slm.syntax.verify import objection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.syntax.blocks import BlockIndex
    from python_slm.text import Edit


@dataclass(frozen=True)
class Plan:
    """Edits that do not overlap, in order. ``rename`` is the offset, once they are made, of a name to choose anew."""

    edits: tuple[Edit, ...]
    rename: int | None = None

    def applied(self, text: str) -> str:
        """``text`` after all edits."""
        for edit in reversed(self.edits):
            text = text[: edit.start] + edit.text + text[edit.end :]
        return text


@dataclass(frozen=True)
class Refusal:
    """Why a refactoring is not offered, in words fit to show, which hold none of the user's code."""

    reason: str


class Refactoring(Protocol):
    """One change of shape. ``kind`` is LSP's code action kind, ``title`` what a menu says."""

    name: str
    kind: str
    title: str

    def plan(self, code: Code) -> Plan:
        """The edits for the selection; raises RefusedError with the reason where there are none."""


def refactorings() -> Iterator[Refactoring]:
    """Every one in ``catalog``, by name of its file."""
    for module in pkgutil.iter_modules(catalog.__path__):
        found: Refactoring = import_module(f"{catalog.__name__}.{module.name}").REFACTORING
        yield found


def offer(refactoring: Refactoring, index: BlockIndex, start: int, end: int, new_name: str = "") -> Plan | Refusal:
    """The verified plan for ``index.text[start:end]``, or why there is none. ``new_name``: for what is named by it."""
    try:
        code = Code(index, start, end, new_name)
        plan = refactoring.plan(code)
    except RefusedError as error:
        return Refusal(str(error))
    plan = replace(plan, edits=tuple(sorted(plan.edits, key=lambda edit: (edit.start, edit.end))))
    reason = objection(index, plan.applied(index.text))
    return Refusal(reason) if reason else plan


def offers(index: BlockIndex, start: int, end: int, new_name: str = "") -> Iterator[tuple[Refactoring, Plan | Refusal]]:
    """What every refactoring says of a selection, one after the other."""
    for one in refactorings():
        yield one, offer(one, index, start, end, new_name)
