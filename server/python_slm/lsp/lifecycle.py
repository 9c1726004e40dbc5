"""``initialize`` and ``initialized``: settings, encoding and workspace folders; the model loads in the background."""

from __future__ import annotations

import asyncio
import logging
import uuid
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.uris import to_fs_path

from python_slm.errors import SLMError
from python_slm.lsp import configuration, status, watching

if TYPE_CHECKING:
    from python_slm.lsp.models import Chosen, LoadedModel
    from python_slm.lsp.server import Server
    from python_slm.lsp.worker import Job

_log = logging.getLogger(__name__)
_PROGRESS_ANSWER_S = 2.0


def register(server: Server) -> None:
    """Take part in the handshake."""
    server.feature(types.INITIALIZE)(initialize)
    server.feature(types.INITIALIZED)(initialized)


def initialize(ls: Server, params: types.InitializeParams) -> None:
    """Read what the client says of itself. Wrong settings are reported after ``initialized``, as LSP demands."""
    session = ls.session
    session.encoding = types.PositionEncodingKind(ls.workspace.position_encoding or "utf-16").value
    folders = [folder.uri for folder in params.workspace_folders or ()] or [params.root_uri or ""]
    session.roots = tuple(filter(None, [to_fs_path(uri) for uri in folders if uri]))
    if params.trace is not None:
        ls.protocol.trace = params.trace
    configuration.take(ls, params.initialization_options)
    ls.loading = ls.load_model()


def initialized(ls: Server, _params: types.InitializedParams) -> None:
    """Say what the settings lack, and when it is known how loading went."""
    configuration.complain(ls)
    ls.in_background(watching.watch(ls))
    if ls.loading is not None:
        ls.in_background(watch_loading(ls, ls.loading))
        ls.loading = None  # it would keep the model in memory when another takes over


async def watch_loading(ls: Server, job: Job[Chosen]) -> None:
    """Show progress while the model loads, then say which one runs, or that none can be used."""
    answer = asyncio.wrap_future(job.future)
    status.tell(ls, "ok", "loading the model", quiescent=False)
    token = await _begin_progress(ls)
    try:
        tell(ls, await answer)
    except SLMError as error:
        text = f"python-slm runs without a model, so it offers no completions. {error}"
        status.tell(ls, "error", text)
        ls.window_show_message(types.ShowMessageParams(types.MessageType.Error, text))
    finally:
        if token is not None:
            ls.work_done_progress.end(token, types.WorkDoneProgressEnd())


def follow_registry(ls: Server) -> None:
    """See whether another model was put in use meanwhile ('slm model use'); if so, it takes over when idle."""
    before = ls.session.model
    job = ls.follow_registry()
    if job is not None:
        ls.in_background(_watch_switch(ls, job, before))


async def _watch_switch(ls: Server, job: Job[Chosen], before: LoadedModel | None) -> None:
    try:
        chosen = await asyncio.wrap_future(job.future)
    except SLMError as error:
        text = f"python-slm goes on with the model it has: the one now in use cannot be loaded. {error}"
        ls.window_show_message(types.ShowMessageParams(types.MessageType.Warning, text))
        return
    if chosen is not None and (chosen.problem or chosen.model is not before):
        tell(ls, chosen)
        ls.diagnosis.reconsider()


def tell(ls: Server, chosen: Chosen | None) -> None:
    """Log which model runs and why; show the user what is wrong with the one that was to run."""
    if chosen is None:  # the load was stopped: a newer one tells
        return
    text = f"model {chosen.model.name}: {chosen.why}"
    _log.info(text)
    ls.window_log_message(types.LogMessageParams(types.MessageType.Info, f"python-slm: {text}"))
    status.tell(ls, "warning" if chosen.problem else "ok", chosen.problem or chosen.why)
    if chosen.problem:
        ls.window_show_message(types.ShowMessageParams(types.MessageType.Warning, f"python-slm: {chosen.problem}"))


async def _begin_progress(ls: Server) -> str | None:
    window = ls.client_capabilities.window
    if window is None or not window.work_done_progress:
        return None
    token = str(uuid.uuid4())
    try:
        await asyncio.wait_for(ls.work_done_progress.create_async(token), _PROGRESS_ANSWER_S)
    except (JsonRpcException, TimeoutError):
        return None
    ls.work_done_progress.begin(token, types.WorkDoneProgressBegin(title="python-slm", message="loading the model"))
    return token
