"""The command ``python-slm.explain``: the function or class at a place in plain words, for an editor to show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from python_slm.errors import DocumentError, RefusedError
from python_slm.lsp.actions.kinds import EXPLAIN_COMMAND
from python_slm.lsp.hover import plain
from python_slm.text import Position

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from python_slm.lsp.server import Server
    from python_slm.lsp.session import Snapshot


def register(server: Server) -> None:
    """Offer the command. pygls evaluates its annotations: those of ``explain`` are there for type checkers alone."""

    async def asked(*arguments: Any) -> dict[str, str]:
        return await explain(server, *arguments)

    server.command(EXPLAIN_COMMAND)(asked)


async def explain(ls: Server, *arguments: object) -> dict[str, str]:
    """``{"text": Markdown}`` for ``{"uri", "position"}``; with ``"show": true`` it is shown as a message, too."""
    asked = arguments[0] if arguments else None
    where: dict[str, Any] = asked if isinstance(asked, dict) else dict(getattr(asked, "_asdict", dict)())
    snapshot = ls.session.snapshot(str(where.get("uri")))
    text = await _explained(ls, snapshot, where.get("position")) if snapshot else "The document is not open."
    if where.get("show") is True:
        ls.window_show_message(types.ShowMessageParams(types.MessageType.Info, plain(text).strip()))
    return {"text": text}


async def _explained(ls: Server, snapshot: Snapshot, position: Any) -> str:
    def items(_cancelled: Callable[[], bool]) -> Iterator[str]:
        from python_slm.tasks.explain import explain  # noqa: PLC0415 - brings libcst; initialize is not to wait for it

        try:
            yield explain(snapshot.block_index(), _offset(ls, snapshot, position)).markdown
        except (RefusedError, DocumentError) as error:
            yield f"Nothing to explain: {error}."

    found = await ls.slices.all_of(("explain", snapshot.document.uri), items)
    return found[0] if found else "The document has changed."


def _offset(ls: Server, snapshot: Snapshot, position: Any) -> int:
    def part(name: str) -> int:
        value = position.get(name) if isinstance(position, dict) else getattr(position, name, None)
        return value if isinstance(value, int) else -1

    place = Position(part("line"), part("character"))
    return snapshot.document.offset_at(place, ls.session.encoding)
