"""Who looks at a document once typing pauses, and under which settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
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


def _static(session: Session, snapshot: Snapshot, stopped: Callable[[], bool]) -> list[Finding]:
    """Rules, docstrings and the style profile. Raises SettingsError for a profile that cannot be read."""
    from python_slm.style.profile import load  # noqa: PLC0415 - brings libcst, and initialize is not to wait for it
    from python_slm.tasks.analyze import analyze  # noqa: PLC0415

    settings, root = session.settings.diagnostics, session.root_of(snapshot.document.uri)
    profile = load(settings.profile, Path(root) if root else None)
    path = snapshot.path
    return list(analyze(snapshot.block_index(), path=path, settings=settings, profile=profile, cancelled=stopped))


def _bugs(session: Session, snapshot: Snapshot, stopped: Callable[[], bool]) -> list[Finding]:
    """What the model takes for bugs; blocks that were judged before cost nothing, so to be stopped loses little."""
    finder = session.model.finder() if session.model else None
    return finder.find(snapshot.block_index(), path=snapshot.path, cancelled=stopped) if finder else []


PRODUCERS = (
    Producer("static", lambda _: True, _static),
    Producer("bugs", lambda session: session.settings.diagnostics.bugs, _bugs),
)
