"""What the client reports of suggestions: the command of an accepted item, and two notifications.

``textDocument/didShowCompletion`` and ``textDocument/didPartiallyAcceptCompletion`` are copilot-language-server's: both
carry ``item``, of which only ``command.arguments[0]`` is looked at, the second ``acceptedLength``: how much of the
item's ``insertText`` has been accepted so far, in units of the negotiated encoding. A client may send neither.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from python_slm.lsp import capabilities, convert
from python_slm.text import characters_in

if TYPE_CHECKING:
    from python_slm.lsp.offer import Offer
    from python_slm.lsp.server import Server
    from python_slm.text import Edit

DID_ACCEPT = "python-slm.didAccept"
DID_SHOW = "textDocument/didShowCompletion"
DID_PARTIALLY_ACCEPT = "textDocument/didPartiallyAcceptCompletion"

_log = logging.getLogger(__name__)


def register(server: Server) -> None:
    """Hear of what is shown and accepted."""

    async def accepted(*arguments: Any) -> None:  # pygls evaluates annotations, and cannot know Server's here
        await did_accept(server, *arguments)

    server.command(DID_ACCEPT)(accepted)
    server.feature(DID_SHOW)(did_show)
    server.feature(DID_PARTIALLY_ACCEPT)(did_partially_accept)


def command(item: str) -> types.Command:
    """What the client shall execute once it has inserted the item of this name."""
    return types.Command(title="accepted", command=DID_ACCEPT, arguments=[item])


async def did_accept(ls: Server, *arguments: Any) -> None:
    """All of a suggestion was accepted: bring what else belongs to it, then look ahead."""
    name = arguments[0] if arguments and isinstance(arguments[0], str) else ""
    offer = ls.session.ledger.accepted(name)
    if offer is None:
        _log.info("accepted: an unknown suggestion")
        return
    if offer.completion.additional and not offer.in_menu:
        await _bring(ls, offer)
    look_ahead(ls, offer)


def did_show(ls: Server, params: Any) -> None:
    """The client shows one of the alternatives."""
    ls.session.ledger.shown(_name(params))


def did_partially_accept(ls: Server, params: Any) -> None:
    """A word or a line of a suggestion was accepted."""
    name, units = _name(params), getattr(params, "acceptedLength", None)
    text = ls.session.ledger.text(name)
    if text is not None and isinstance(units, int):
        ls.session.ledger.accepted_until(name, characters_in(text, units, ls.session.encoding))


def look_ahead(ls: Server, offer: Offer) -> None:
    """The next request will most likely come from where an accepted suggestion ends."""
    snapshot = ls.session.snapshot(offer.uri)
    end = offer.end_in(snapshot.document.text) if snapshot else None
    if snapshot is not None and end is not None:
        ls.suggester.prefetch(snapshot, end)


async def _bring(ls: Server, offer: Offer) -> None:
    """Apply the edits elsewhere that the suggestion needs, such as an import, as far as they still fit."""
    snapshot = ls.session.snapshot(offer.uri)
    workspace = ls.client_capabilities.workspace
    if snapshot is None or workspace is None or not workspace.apply_edit:
        return
    document, edits = snapshot.document, _fitting(offer, snapshot.document.text)
    if not edits:
        return
    versioned = capabilities.takes_versions(ls)
    edit = convert.workspace_edit(document, edits, ls.session.encoding, versioned=versioned)
    try:
        answer = await ls.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, label="python-slm: import"))
    except JsonRpcException as error:
        _log.warning("workspace/applyEdit was not answered: %s", error)
        return
    if not answer.applied:
        _log.warning("workspace/applyEdit was refused: %s", answer.failure_reason)


def _fitting(offer: Offer, text: str) -> list[Edit]:
    """The additional edits, at their offsets in ``text``, beside which nothing but accepting changed the text."""
    before = offer.document.text
    grown = len(text) - len(before)
    head = _common(before, text)
    tail = _common(before[::-1], text[::-1])
    fitting = [edit for edit in offer.completion.additional if edit.end < head]
    moved = [edit for edit in offer.completion.additional if edit.end >= head and edit.start > len(before) - tail]
    return [*fitting, *(type(edit)(edit.start + grown, edit.end + grown, edit.text) for edit in moved)]


def _common(one: str, other: str) -> int:
    """Length of the common beginning."""
    length = min(len(one), len(other))
    return next((index for index in range(length) if one[index] != other[index]), length)


def _name(params: Any) -> str:
    """The suggestion that a notification's item names; empty when it names none."""
    arguments = getattr(getattr(getattr(params, "item", None), "command", None), "arguments", None)
    return arguments[0] if isinstance(arguments, list) and arguments and isinstance(arguments[0], str) else ""
