"""Builds the language server of one connection: a session, our protocol, and the features, one file each."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from python_slm.lsp import (
    accept,
    code_actions,
    completion,
    configuration,
    diagnostics,
    explain,
    gate,
    generate,
    hover,
    inline_completion,
    lifecycle,
    rename,
    synchronization,
    watching,
    why,
)
from python_slm.lsp.diagnosis import Diagnosis
from python_slm.lsp.gate import Gate
from python_slm.lsp.protocol import Protocol
from python_slm.lsp.rope_child import RopeChild
from python_slm.lsp.session import Session
from python_slm.lsp.slices import Slices
from python_slm.lsp.suggest import Suggester
from python_slm.lsp.surroundings import SessionSurroundings
from python_slm.lsp.trace import report

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from python_slm.history import History
    from python_slm.lsp.journal import Journal
    from python_slm.lsp.models import Chosen, Models
    from python_slm.lsp.offer import Outcome
    from python_slm.lsp.worker import Job, Worker
    from python_slm.settings import ModelSettings, Settings

_log = logging.getLogger(__name__)


class Server(LanguageServer):
    """pygls's server with our state. Handlers get it as ``ls``."""

    protocol: Protocol

    def __init__(self, models: Models, worker: Worker, defaults: Settings, journal: Journal, history: History) -> None:
        super().__init__("python-slm", version("python-slm"), protocol_cls=Protocol)
        self.journal = journal
        self.history: History | None = history
        """None after it could not be written."""
        self.session = Session(defaults)
        self.worker = worker
        self.slices = Slices(lambda: worker.busy)
        self.rope = RopeChild()
        self.surroundings = SessionSurroundings(self.session, worker, self.in_background)
        self.suggester = Suggester(self.session, worker, Gate(self.session), self.surroundings, partial(report, self))
        self.session.ledger.listeners += [self.suggester.gate.heard, self._keep]
        self.display = diagnostics.Display(self)
        self.diagnosis = Diagnosis(self.session, worker, self._warn, self.display.show)
        self.loading: Job[Chosen] | None = None
        """The load that ``initialize`` began, until ``initialized``."""
        self.complaint = ""
        """What is wrong with the client's settings, to be shown once messages may be sent."""
        self._models = models
        self._stamp: tuple[int, ...] = ()
        self._tasks: set[asyncio.Task[None]] = set()

    def load_model(self) -> Job[Chosen]:
        """Begin to load the model that the settings name; requests queue behind it until their deadline."""
        settings, roots = self.session.settings.model, self.session.roots
        self._stamp = self._models.stamp(settings)

        def work(_stopped: object) -> Chosen:
            self.session.model = None
            return self._load(settings, roots)

        return self.worker.submit(("model", id(self.session)), (settings, self._stamp), work)

    def follow_registry(self) -> Job[Chosen] | None:
        """Load the model that the registry now names, when no request waits; the one at work answers until then.

        None where nothing has changed since the last look.
        """
        settings, roots = self.session.settings.model, self.session.roots
        stamp = self._models.stamp(settings)
        if stamp == self._stamp:
            return None
        self._stamp = stamp

        def work(_stopped: object) -> Chosen:
            return self._load(settings, roots)

        return self.worker.submit(("model", id(self.session)), (settings, stamp), work, background=True)

    def _load(self, settings: ModelSettings, roots: tuple[str, ...]) -> Chosen:
        chosen = self._models.load(settings, roots)
        self.session.model = chosen.model
        return chosen

    def _keep(self, outcome: Outcome) -> None:
        """Add what became of a suggestion to the user's history, if they want one."""
        if not self.session.settings.history.keep or self.history is None:
            return
        try:
            self.history.add(outcome.shown)
        except OSError as error:
            _log.warning("%s: the history is not kept any more: %s", self.history.path, error)
            self.history = None

    def _warn(self, text: str) -> None:
        self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, f"python-slm: {text}"))

    def in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine beside the messages until it ends or the connection does."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("background work failed", exc_info=error)

    def stop_work(self) -> None:
        """Stop whatever the worker does for this connection; requests that wait for it are answered with null."""
        for uri in self.session.uris:
            self.suggester.stop(uri)
        self.worker.stop(("model", id(self.session)))
        self.surroundings.close()
        self.diagnosis.close()
        self.rope.kill()
        self.slices.close()
        for task in self._tasks:
            task.cancel()


def build_server(models: Models, worker: Worker, defaults: Settings, journal: Journal, history: History) -> Server:
    """A server for one connection; all arguments are shared by all connections of the process."""
    server = Server(models, worker, defaults, journal, history)
    for method in (
        types.TEXT_DOCUMENT_DID_OPEN,
        types.TEXT_DOCUMENT_DID_CHANGE,
        types.TEXT_DOCUMENT_DID_CLOSE,
    ):
        del server.protocol.fm.builtin_features[method]  # pygls would keep a second copy of every text
    features = (
        lifecycle,
        synchronization,
        watching,
        configuration,
        gate,
        inline_completion,
        completion,
        accept,
        diagnostics,
        code_actions,
        hover,
        explain,
        rename,
        why,
        generate,
    )
    for feature in features:
        feature.register(server)
    return server
