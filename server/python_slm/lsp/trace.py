"""How each request ended: one ``$/logTrace`` a request for the client that asked for traces, one line in the log.

No word of the user's code is in it.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Literal

from lsprotocol import types

if TYPE_CHECKING:
    from python_slm.lsp.server import Server
    from python_slm.lsp.worker import Job
    from python_slm.provenance import Copy
    from python_slm.tasks.complete import Completion

Outcome = Literal["answered", "superseded", "cancelled", "deadline", "failed"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """A request for completions as its client saw it: ``wait_ms`` from its arrival to its answer."""

    method: str
    uri: str
    version: int
    outcome: Outcome
    suggestions: int
    wait_ms: float


@dataclass(frozen=True)
class RequestTrace:
    """One request and the work behind it. Tokens and stages are the first suggestion's; None when there is none.

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
    prompt_tokens: int | None = None
    reused_tokens: int | None = None
    new_tokens: int | None = None
    stopped: str | None = None
    stages_ms: dict[str, float] = field(default_factory=dict)
    copied: Copy | None = None
    """What of the training corpus the suggestion repeats."""

    @property
    def summary(self) -> str:
        """One line for a person."""
        text = f"{self.request.method} {self.request.outcome} after {self.request.wait_ms:.0f} ms"
        if self.prompt_tokens is None:
            return text
        copied = f"; {self.copied.summary}" if self.copied else ""
        return (
            f"{text}: {self.request.suggestions} suggestions, the first {self.new_tokens} tokens long, "
            f"from {self.prompt_tokens} tokens of which {self.reused_tokens} were reused, by {self.model}{copied}"
        )


def traced(request: Request, job: Job[list[Completion]], found: list[Completion] | None, model: str) -> RequestTrace:
    """The trace of an ended job."""
    if not found:
        return RequestTrace(request, job.checks, job.told, job.stop_ms, model)
    first = found[0].trace
    return RequestTrace(
        request,
        job.checks,
        job.told,
        job.stop_ms,
        model,
        first.prompt_tokens,
        first.reused_tokens,
        first.new_tokens,
        first.stopped,
        dict(first.stages_ms),
        first.copied,
    )


def report(server: Server, trace: RequestTrace) -> None:
    """Log the trace, and send it to a client whose trace value is not ``off``."""
    _log.info(trace.summary, extra={"trace": asdict(trace)})
    value = server.protocol.trace
    if value != types.TraceValue.Off:
        verbose = json.dumps(asdict(trace)) if value == types.TraceValue.Verbose else None
        server.log_trace(types.LogTraceParams(message=trace.summary, verbose=verbose))
