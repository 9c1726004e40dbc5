"""Settings from ``initializationOptions`` and ``workspace/didChangeConfiguration``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from python_slm.errors import SettingsError
from python_slm.lsp import lifecycle

if TYPE_CHECKING:
    from python_slm.lsp.server import Server

SECTION = "python-slm"
"""Clients that send all their settings keep ours under this name."""


def register(server: Server) -> None:
    """Follow the client's settings."""
    server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(did_change_configuration)


def did_change_configuration(ls: Server, params: types.DidChangeConfigurationParams) -> None:
    """Take new settings over; another model is loaded in the background."""
    model = ls.session.settings.model
    take(ls, params.settings)
    complain(ls)
    if ls.session.settings.model != model:
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
