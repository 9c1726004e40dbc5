"""The interface of a sort of action: a place of a file in, actions out, whose edits are made when they are chosen.

An action is found again by its name, for the same version and selection: nothing is kept between the offer and the
choice. Every edit is proven by ``objection`` before it leaves, whoever made it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from python_slm.refactor.plan import Plan, Refusal
from python_slm.settings import Settings
from python_slm.syntax.verify import objection

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.findings import Finding
    from python_slm.syntax.blocks import BlockIndex
    from python_slm.text import Document, Edit

Make = Callable[[], "Plan | Refusal"]


@dataclass(frozen=True)
class Place:
    """A selection in one version of a document, and what is known of that version. ``path`` as in ``Snapshot``.

    ``root`` is the workspace folder that the file lies in, empty where there is none; ``file`` where it lies on disk,
    empty before it is saved.
    """

    document: Document
    index: BlockIndex
    start: int
    end: int
    path: str = ""
    root: str = ""
    file: str = ""
    findings: tuple[Finding, ...] = ()
    settings: Settings = field(default_factory=Settings)
    cancelled: Callable[[], bool] = lambda: False

    @property
    def ruff_path(self) -> Path | None:
        """Where ruff looks for the configuration that holds; None is nobody's."""
        return Path(self.file) if self.file else None

    def touched(self) -> Iterator[Finding]:
        """The findings that the selection touches, or whose first line it is on where it is but a cursor."""
        line = self.document.line_at(self.start)
        for one in self.findings:
            on_line = self.start == self.end and self.document.line_at(one.start) == line
            if on_line or (one.start <= self.end and self.start <= one.end):
                yield one


@dataclass(frozen=True)
class ClientCommand:
    """What the client does, once the edits are made: ``name`` among its own commands, else the server's."""

    title: str
    name: str
    arguments: tuple[object, ...] = ()


@dataclass(frozen=True)
class Action:
    """One entry of the menu. ``name`` tells it from all others at its place; ``make`` is None for a mere command.

    ``mends`` is the finding that it is for. What is ``cheap`` is made while the menu is: the others when chosen.
    """

    name: str
    kind: str
    title: str
    make: Make | None
    preferred: bool = False
    mends: tuple[Finding, ...] = ()
    cheap: bool = True
    command: ClientCommand | None = None


class Sort(Protocol):
    """A sort of action, found in the list of ``menu``."""

    name: str
    by_hand: bool
    """Whether somebody must have asked: what takes long, or is no remedy for anything, does not light a bulb."""

    @property
    def kinds(self) -> Sequence[str]:
        """Those of its actions, or what they begin with."""

    def actions(self, place: Place, only: str = "") -> Iterator[Action]:
        """The actions there; of those with other names than ``only``, where it is given, none need come."""


def proven(index: BlockIndex, edits: tuple[Edit, ...], rename: int | None = None) -> Plan | Refusal:
    """The edits as a plan, unless they would break something."""
    plan = Plan(tuple(sorted(edits, key=lambda edit: (edit.start, edit.end))), rename)
    if any(before.end > after.start for before, after in zip(plan.edits, plan.edits[1:], strict=False)):
        return Refusal("its edits overlap")
    if any(not 0 <= edit.start <= edit.end <= len(index.text) for edit in plan.edits):
        return Refusal("the file has changed")
    reason = objection(index, plan.applied(index.text))
    return Refusal(reason) if reason else plan
