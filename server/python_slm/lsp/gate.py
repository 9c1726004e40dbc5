"""Whether a request for completions is worth an answer: ``speaking`` with what one connection knows."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from python_slm.speaking import Asked, BackOff, silence

if TYPE_CHECKING:
    from python_slm.lsp.offer import Outcome
    from python_slm.lsp.server import Server
    from python_slm.lsp.session import Session, Snapshot
    from python_slm.speaking import Trigger

DID_CHANGE_SELECTION = "python-slm/didChangeSelection"


@dataclass
class Gate:
    """Listens to what becomes of suggestions, and to where text is selected."""

    session: Session
    back_off: BackOff = field(default_factory=lambda: BackOff(time.monotonic))
    _selecting: dict[str, int] = field(default_factory=dict)
    """Documents in which text is selected, and their versions then: an edit ends a selection."""

    def silence(self, snapshot: Snapshot, offset: int, trigger: Trigger) -> str:
        """Why nothing is offered; empty when something may be."""
        settings, document = self.session.settings.completion, snapshot.document
        selecting = self._selecting.get(document.uri) == document.version
        reason = silence(document, offset, Asked(snapshot.path, snapshot.language, trigger, selecting), settings)
        if reason or trigger == "hand" or not settings.back_off:
            return reason
        return self.back_off.silence()

    def heard(self, outcome: Outcome) -> None:
        """A suggestion's life has ended."""
        if outcome.life == "rejected":
            self.back_off.rejected(outcome.shown_ms)
        else:
            self.back_off.taken()

    def selected(self, uri: str, *, something: bool) -> None:
        """The selection in a document has changed."""
        snapshot = self.session.snapshot(uri)
        if something and snapshot is not None:
            self._selecting[uri] = snapshot.document.version
        else:
            self._selecting.pop(uri, None)


def register(server: Server) -> None:
    """Hear of selections, where a client tells of them: LSP itself has no word for it."""
    server.feature(DID_CHANGE_SELECTION)(did_change_selection)


def did_change_selection(ls: Server, params: Any) -> None:
    """``{"textDocument": {"uri"}, "ranges": [{"start", "end"}]}``: all selections of a document, empty ones too."""
    uri = getattr(getattr(params, "textDocument", None), "uri", None)
    ranges = getattr(params, "ranges", None)
    if isinstance(uri, str) and isinstance(ranges, list):
        ls.suggester.gate.selected(uri, something=any(not _empty(each) for each in ranges))


def _empty(place: Any) -> bool:
    return getattr(place, "start", None) == getattr(place, "end", None)
