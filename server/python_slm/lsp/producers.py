"""Who looks at a document once typing pauses, and under which settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_slm.findings import Finding
    from python_slm.lsp.session import Session, Snapshot


@dataclass(frozen=True)
class Producer:
    """``find`` runs on the worker's thread and asks its last argument, between blocks, whether to stop."""

    name: str
    wanted: Callable[[Session], bool]
    find: Callable[[Session, Snapshot, Callable[[], bool]], list[Finding]]


def _rules(_session: Session, snapshot: Snapshot, stopped: Callable[[], bool]) -> list[Finding]:
    from python_slm.rules.find import find  # noqa: PLC0415 - brings libcst, and initialize is not to wait for it

    return find(snapshot.block_index(), cancelled=stopped)


PRODUCERS = (Producer("rules", lambda session: session.settings.diagnostics.rules, _rules),)
