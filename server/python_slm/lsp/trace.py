"""How each request ended: one ``$/logTrace`` a request for the client that asked for traces, one line in the log.

No word of the user's code is in it.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Literal

from lsprotocol import types

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.lsp.server import Server
    from python_slm.lsp.worker import Job
    from python_slm.speaking import Trigger
    from python_slm.tasks.complete import Answer, Completion, Trace

Outcome = Literal["answered", "cached", "quiet", "superseded", "cancelled", "deadline", "failed"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """A request for completions as its client saw it: ``wait_ms`` from its arrival to its answer.

    ``line`` and ``column`` count from one, as editors show them, the column in characters. ``path`` is relative to the
    workspace folder. ``reason`` says why the server kept quiet.
    """

    method: str
    uri: str
    version: int
    trigger: Trigger = "typing"
    path: str = ""
    line: int = 0
    column: int = 0
    outcome: Outcome = "failed"
    suggestions: int = 0
    wait_ms: float = 0.0
    reason: str = ""

    def ended(self, outcome: Outcome, suggestions: int, wait_ms: float, reason: str = "") -> Request:
        """The same, with its end."""
        return replace(self, outcome=outcome, suggestions=suggestions, wait_ms=wait_ms, reason=reason)


@dataclass(frozen=True)
class RequestTrace:
    """One request, the work behind it (None when it never ended), and what was shown of it.

    ``checks`` counts how often the work asked whether to stop: once a token. ``told`` counts how often the answer was
    yes; at most one means that decoding had ended before the stop came. ``stop_ms`` is how long the work went on after
    a newer request or a cancellation; None when it was not stopped.
    """

    request: Request
    checks: int
    told: int
    stop_ms: float | None
    model: str = ""
    """Name and version of the model that is loaded; empty when none is."""
    work: Trace | None = None
    copied: str = ""
    """What of the training corpus the first suggestion repeats; empty when nothing."""

    @property
    def summary(self) -> str:
        """One line for a person."""
        text = f"{self.request.method} {self.request.outcome} after {self.request.wait_ms:.0f} ms"
        if self.request.reason:
            return f"{text}: {self.request.reason}"
        if self.work is None or not self.work.prompt_tokens:
            return text
        copied = f"; {self.copied}" if self.copied else ""
        return (
            f"{text}: {self.request.suggestions} suggestions from {self.work.prompt_tokens} tokens, of which "
            f"{self.work.reused_tokens} were reused, by {self.model}{copied}"
        )


def traced(request: Request, job: Job[Answer], found: Sequence[Completion], model: str) -> RequestTrace:
    """The trace of an ended job, of which the client got ``found``."""
    answer = job.future.result() if job.future.exception() is None else None
    copied = found[0].copied if found else None
    work = answer.trace if answer else None
    return RequestTrace(request, job.checks, job.told, job.stop_ms, model, work, copied.summary if copied else "")


def report(server: Server, trace: RequestTrace) -> None:
    """Log the trace, note it for 'slm why', and send it to a client whose trace value is not ``off``."""
    record = asdict(trace)
    _log.info(trace.summary, extra={"trace": record})
    server.journal.note(record, keep=server.session.settings.trace.keep)
    value = server.protocol.trace
    if value != types.TraceValue.Off:
        verbose = json.dumps(record) if value == types.TraceValue.Verbose else None
        server.log_trace(types.LogTraceParams(message=trace.summary, verbose=verbose))
