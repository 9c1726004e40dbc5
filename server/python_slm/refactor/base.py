"""The interface of a refactoring: code and a selection in, edits out, or a refusal that says why.

Text edits keep comments and layout; ``ast`` judges them: a refactoring knows the tree that its edits must lead to.
"""

from __future__ import annotations

import pkgutil
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from python_slm.errors import RefusedError
from python_slm.refactor import catalog
from python_slm.refactor.code import Code
from python_slm.refactor.plan import Plan, Refusal
from python_slm.syntax.verify import objection

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.syntax.blocks import BlockIndex


class Refactoring(Protocol):
    """One change of shape. ``kind`` is LSP's code action kind, ``title`` what a menu says."""

    name: str
    kind: str
    title: str

    def plan(self, code: Code) -> Plan:
        """The edits for the selection; raises RefusedError with the reason where there are none."""


@cache
def refactorings() -> Sequence[Refactoring]:
    """Every one in ``catalog``, by name of its file."""
    names = [f"{catalog.__name__}.{module.name}" for module in pkgutil.iter_modules(catalog.__path__)]
    return tuple(import_module(name).REFACTORING for name in names)


def planned(refactoring: Refactoring, code: Code) -> Plan | Refusal:
    """The plan, held against the tree that it must lead to but not against the rest of the file: see ``proven``."""
    try:
        plan = refactoring.plan(code)
    except RefusedError as error:
        return Refusal(str(error))
    return replace(plan, edits=tuple(sorted(plan.edits, key=lambda edit: (edit.start, edit.end))))


def proven(index: BlockIndex, plan: Plan | Refusal) -> Plan | Refusal:
    """``plan``, if the file compiles with it as it did before and misses no more names."""
    if isinstance(plan, Refusal):
        return plan
    reason = objection(index, plan.applied(index.text))
    return Refusal(reason) if reason else plan


def offer(
    refactoring: Refactoring, index: BlockIndex, start: int, end: int, new_name: str = "", *, module: str = ""
) -> Plan | Refusal:
    """The proven plan for ``index.text[start:end]``, or why there is none.

    ``new_name`` is for what is named by it, ``module`` as in ``Code``.
    """
    try:
        code = Code(index, start, end, new_name, module=module)
    except RefusedError as error:
        return Refusal(str(error))
    return proven(index, planned(refactoring, code))


def applicable(
    index: BlockIndex, start: int, end: int, *, module: str = ""
) -> list[tuple[Refactoring, Plan | Refusal]]:
    """What every refactoring says of a selection, its plan not ``proven`` yet.

    For menus: a proof takes 8 ms of processor time in a file of 1,500 lines, three times as long as reading the tree of
    the selection for all plans, and half of all cursors have no plan. So who shows many proves each as it is made.
    """
    try:
        code = Code(index, start, end, module=module)
    except RefusedError as error:
        return [(one, Refusal(str(error))) for one in refactorings()]
    return [(one, planned(one, code)) for one in refactorings()]


def offers(
    index: BlockIndex, start: int, end: int, new_name: str = "", *, module: str = ""
) -> Iterator[tuple[Refactoring, Plan | Refusal]]:
    """What every refactoring says of a selection, proven, one after the other; the tree is read once."""
    try:
        code = Code(index, start, end, new_name, module=module)
    except RefusedError as error:
        yield from ((one, Refusal(str(error))) for one in refactorings())
        return
    for one in refactorings():
        yield one, proven(index, planned(one, code))
