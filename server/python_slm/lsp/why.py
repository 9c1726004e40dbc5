"""The command ``python-slm.why``: what became of the newest requests, for an editor to show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from python_slm.lsp.journal import KEPT
from python_slm.lsp.story import story

if TYPE_CHECKING:
    from python_slm.lsp.server import Server

COMMAND = "python-slm.why"


def register(server: Server) -> None:
    """Offer the command. pygls evaluates its annotations: those of ``why`` are there for type checkers alone."""

    def asked(*arguments: Any) -> dict[str, Any]:
        return why(server, *arguments)

    server.command(COMMAND)(asked)


def why(ls: Server, *arguments: object) -> dict[str, Any]:
    """``{"text": …, "requests": […]}``: the newest request, or as many as the argument says, the newest last.

    As ``text`` in words, as ``requests`` the traces of ``lsp.trace``; none of the user's code is in them.
    """
    count = arguments[0] if arguments else 1
    found, known = ls.journal.newest(count if isinstance(count, int) else 1), ls.journal.newest(KEPT)
    text = "\n\n".join(story(one, known) for one in found) or "Nothing has been asked for since this server began."
    return {"text": text, "requests": found}
