"""``textDocument/codeAction`` and its resolve: what can be done at a selection, each edit proven before it is offered.

Actions come from ``actions``, one file a sort. Nothing is kept between offer and choice: ``data`` says which action of
which version it was, and an older version is answered with ContentModified.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from python_slm.lsp import capabilities, convert
from python_slm.lsp.actions.kinds import DISABLE, EXPLAIN_COMMAND, KINDS
from python_slm.lsp.protocol import ExpectedError
from python_slm.text import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from python_slm.findings import Finding
    from python_slm.lsp.actions.base import ClientCommand, Place
    from python_slm.lsp.actions.menu import Entry
    from python_slm.lsp.server import Server
    from python_slm.lsp.session import Snapshot
    from python_slm.refactor.plan import Plan

RENAME = "python-slm.rename"
"""A command of clients: ask for a new name at ``{"uri", "position"}``, once the edit is made."""

SHOW = "python-slm.showExplanation"
"""A command of clients: ask our ``python-slm.explain`` with the same argument, and show its text."""


class ContentModifiedError(ExpectedError):
    """What was asked for belongs to a text that has changed since."""

    CODE = types.LSPErrorCodes.ContentModified.value
    MESSAGE = "the document has changed since"


class RequestFailedError(ExpectedError):
    """An action that is offered turns out not to be possible; the message says why."""

    CODE = types.LSPErrorCodes.RequestFailed.value
    MESSAGE = "it cannot be done"


def register(server: Server) -> None:
    """Offer code actions."""
    options = types.CodeActionOptions(code_action_kinds=list(KINDS), resolve_provider=True)
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)(code_action)
    server.feature(types.CODE_ACTION_RESOLVE)(resolve)

    async def disabled(*arguments: Any) -> None:  # pygls evaluates annotations, and cannot know Server's here
        await disable(server, *arguments)

    server.command(DISABLE)(disabled)


async def code_action(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction] | None:
    """The menu; null when a newer request of its sort for the same document took over."""
    snapshot, context = ls.session.snapshot(params.text_document.uri), params.context
    if snapshot is None:
        return []
    span = _offsets(ls, snapshot.document, params.range)
    only = None if context.only is None else tuple(_named(kind) for kind in context.only)
    saving = any(kind.startswith("source") for kind in only or ())  # VS Code calls what it does on saving automatic
    by_hand = saving or context.trigger_kind != types.CodeActionTriggerKind.Automatic
    findings = await _findings(ls, snapshot, by_hand=by_hand)
    refactoring = by_hand and any(kind.startswith("refactor") for kind in only or ())
    refused = refactoring and capabilities.shows_disabled(ls)
    eager = not capabilities.resolves_edits(ls)

    def items(cancelled: Callable[[], bool]) -> Iterator[Entry | None]:
        from python_slm.lsp.actions import menu  # noqa: PLC0415 - brings libcst; initialize is not to wait for it

        place = _place(ls, snapshot, span, findings, cancelled)
        return menu.entries(place, only, by_hand=by_hand, eager=eager, refused=refused)

    asker = "actions by hand" if by_hand else "light bulb"  # the one must not take the other's place
    found = await ls.slices.all_of((asker, snapshot.document.uri), items)
    if found is None:
        return None
    return [_action(ls, snapshot.document, span, entry, context) for entry in found if entry is not None]


async def resolve(ls: Server, action: types.CodeAction) -> types.CodeAction:
    """The action with its edit. Raises ContentModifiedError where its document is not what it was."""
    if not isinstance(action.data, dict) or action.edit is not None:
        return action
    data: dict[str, Any] = action.data
    snapshot = ls.session.snapshot(str(data.get("uri")))
    if snapshot is None or snapshot.document.version != data.get("version"):
        raise ContentModifiedError
    findings = await _findings(ls, snapshot, by_hand=True)

    def items(cancelled: Callable[[], bool]) -> Iterator[Entry | None]:
        from python_slm.lsp.actions import menu  # noqa: PLC0415 - see above

        place = _place(ls, snapshot, (int(data["start"]), int(data["end"])), findings, cancelled)
        yield menu.chosen(place, str(data["name"]))

    found = await ls.slices.all_of(("resolve", snapshot.document.uri), items)
    now = ls.session.snapshot(snapshot.document.uri)
    if not found or now is None or now.document.version != snapshot.document.version:
        raise ContentModifiedError
    entry = found[0]
    if entry is None or entry.plan is None:
        raise RequestFailedError(entry.reason if entry else "it is not offered here any more")
    action.edit = _edit(ls, snapshot.document, entry.plan)
    action.command = _renaming(ls, snapshot.document, entry.plan) or action.command
    return action


async def disable(ls: Server, *arguments: object) -> None:
    """Show no more findings of a code while this connection lasts, and say how to make that permanent."""
    code = arguments[0] if arguments and isinstance(arguments[0], str) else ""
    if not code:
        return
    ls.session.silence(code)
    ls.diagnosis.reconsider()
    text = f'{code} is off until the server ends; to keep it so, set "diagnostics": {{"severity": {{"{code}": "off"}}}}'
    ls.window_show_message(types.ShowMessageParams(types.MessageType.Info, f"python-slm: {text}"))


async def _findings(ls: Server, snapshot: Snapshot, *, by_hand: bool) -> tuple[Finding, ...]:
    """What is known of this version; who asks by hand waits for what is found quickly."""
    if by_hand:
        await ls.diagnosis.fast(snapshot)
    newest = ls.session.snapshot(snapshot.document.uri)
    same = newest is not None and newest.document is snapshot.document
    return ls.diagnosis.known(snapshot.document.uri) if same else ()


def _place(
    ls: Server, snapshot: Snapshot, span: tuple[int, int], findings: tuple[Finding, ...], cancelled: Callable[[], bool]
) -> Place:
    """For the worker's thread: it makes the block index."""
    from python_slm.lsp.actions.base import Place  # noqa: PLC0415 - see above

    uri = snapshot.document.uri
    return Place(
        snapshot.document,
        snapshot.block_index(),
        *span,
        path=snapshot.path,
        root=ls.session.root_of(uri),
        file=ls.session.file_of(uri),
        findings=findings,
        settings=ls.session.settings,
        cancelled=cancelled,
    )


def _offsets(ls: Server, document: Document, where: types.Range) -> tuple[int, int]:
    ends = (document.offset_at(convert.position(one), ls.session.encoding) for one in (where.start, where.end))
    start, end = sorted(ends)
    return start, end


def _named(kind: types.CodeActionKind | str) -> str:
    return kind.value if isinstance(kind, types.CodeActionKind) else kind


def _action(
    ls: Server, document: Document, span: tuple[int, int], entry: Entry, context: types.CodeActionContext
) -> types.CodeAction:
    action = entry.action
    codes = {one.code for one in action.mends}
    found = types.CodeAction(
        action.title,
        action.kind,
        diagnostics=[one for one in context.diagnostics if one.code in codes] or None,  # some clients drop the codes
        is_preferred=action.preferred or None,
    )
    if action.command is not None:
        found.command = _command(ls, document, span[0], action.command)
    if entry.reason:
        found.disabled = types.CodeActionDisabled(entry.reason)
    elif entry.plan is not None:
        found.edit = _edit(ls, document, entry.plan)
        found.command = _renaming(ls, document, entry.plan) or found.command
    elif action.make is not None:
        start, end = span
        found.data = {"uri": document.uri, "version": document.version, "start": start, "end": end, "name": action.name}
    return found


def _command(ls: Server, document: Document, offset: int, command: ClientCommand) -> types.Command:
    """What is to be explained is shown by the client, if it has a command for that, else as a message."""
    if command.name != EXPLAIN_COMMAND:
        return types.Command(command.title, command.name, arguments=list(command.arguments))
    shows = capabilities.has_command(ls, SHOW)
    position = document.position_at(offset, ls.session.encoding)
    place = {"line": position.line, "character": position.character}
    where = {"uri": document.uri, "position": place, "show": not shows}
    return types.Command(command.title, SHOW if shows else EXPLAIN_COMMAND, arguments=[where])


def _edit(ls: Server, document: Document, plan: Plan) -> types.WorkspaceEdit:
    return convert.workspace_edit(document, plan.edits, ls.session.encoding, versioned=capabilities.takes_versions(ls))


def _renaming(ls: Server, document: Document, plan: Plan) -> types.Command | None:
    """Ask for a better name, in clients that have a command for it."""
    if plan.rename is None or not capabilities.has_command(ls, RENAME):
        return None
    after = Document(document.uri, plan.applied(document.text))
    position = after.position_at(plan.rename, ls.session.encoding)
    where = {"uri": document.uri, "position": {"line": position.line, "character": position.character}}
    return types.Command("Rename", RENAME, arguments=[where])
