"""``experimental/serverStatus``, rust-analyzer's notification: how the server is, for a status bar.

``health``, ``quiescent`` and ``message`` are as there; ``model`` says which one runs, empty where none does.
Only clients whose capabilities have ``experimental.serverStatusNotification`` hear it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from python_slm.lsp.server import Server

SERVER_STATUS = "experimental/serverStatus"

Health = Literal["ok", "warning", "error"]


def tell(ls: Server, health: Health, message: str, *, quiescent: bool = True) -> None:
    """Say how the server is. ``quiescent``: it does nothing that a user would wait for."""
    experimental: Any = ls.client_capabilities.experimental
    key = "serverStatusNotification"
    wanted = experimental.get(key) if isinstance(experimental, dict) else getattr(experimental, key, None)
    if wanted is not True:
        return
    model = ls.session.model
    params = {
        "health": health,
        "quiescent": quiescent,
        "message": message,
        "model": model.name if model else "",
    }
    ls.protocol.notify(SERVER_STATUS, params)
