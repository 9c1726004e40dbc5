"""Settings from ``initializationOptions`` and ``workspace/didChangeConfiguration``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from python_slm.errors import SettingsError
from python_slm.lsp import lifecycle

if TYPE_CHECKING:
    from python_slm.lsp.server import Server

_log = logging.getLogger(__name__)

SECTION = "python-slm"
"""Clients that send all their settings keep ours under this name."""


def register(server: Server) -> None:
    """Follow the client's settings."""
    server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(did_change_configuration)


def did_change_configuration(ls: Server, params: types.DidChangeConfigurationParams) -> None:
    """Take new settings over, or fetch them where the client only says that there are some."""
    if params.settings:
        _change(ls, params.settings)
    elif (workspace := ls.client_capabilities.workspace) is not None and workspace.configuration:
        ls.in_background(_fetch(ls))


async def _fetch(ls: Server) -> None:
    """Ask for our section; a client that has none, or refuses, changes nothing."""
    item = types.ConfigurationItem(section=SECTION)
    try:
        [values] = await ls.workspace_configuration_async(types.ConfigurationParams([item]))
    except (JsonRpcException, TypeError, ValueError) as error:
        _log.warning("workspace/configuration was not answered: %s", error)
        return
    if values:
        _change(ls, values)


def _change(ls: Server, values: object) -> None:
    """Take settings over; another model is loaded in the background."""
    before = ls.session.settings
    take(ls, values)
    complain(ls)
    if (ls.session.settings.context, ls.session.settings.project) != (before.context, before.project):
        ls.surroundings.files_changed()
    if ls.session.settings.diagnostics != before.diagnostics:
        ls.diagnosis.reconsider()
    if ls.session.settings.model != before.model:
        ls.in_background(lifecycle.watch_loading(ls, ls.load_model()))


def take(ls: Server, values: object) -> None:
    """Take ``values`` over, or keep what was there and remember the complaint."""
    if isinstance(values, dict) and SECTION in values:
        values = values[SECTION]
    try:
        ls.session.configure(values)
    except SettingsError as error:
        ls.complaint = f"python-slm keeps its former settings. {error}"


def complain(ls: Server) -> None:
    """Show the complaint of ``take``, once."""
    if ls.complaint:
        ls.window_show_message(types.ShowMessageParams(types.MessageType.Warning, ls.complaint))
    ls.complaint = ""
