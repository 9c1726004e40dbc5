"""``textDocument/rename``: a local variable at once and for certain, anything else by rope, where that is there."""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from python_slm.errors import MissingExtraError
from python_slm.lsp import capabilities, convert
from python_slm.lsp.code_actions import ContentModifiedError, RequestFailedError
from python_slm.text import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from python_slm.lsp.server import Server
    from python_slm.lsp.session import Snapshot
    from python_slm.refactor.across.question import Changed, Changes
    from python_slm.refactor.plan import Plan, Refusal


def register(server: Server) -> None:
    """Offer renaming."""
    server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)(prepare)
    server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))(rename)


async def prepare(ls: Server, params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
    """The name at the cursor; null where there is none that can be renamed."""
    snapshot = ls.session.snapshot(params.text_document.uri)
    if snapshot is None:
        return None
    document = snapshot.document
    offset = document.offset_at(convert.position(params.position), ls.session.encoding)

    def items(_cancelled: Callable[[], bool]) -> Iterator[tuple[int, int] | None]:
        from python_slm.tasks.symbol import symbol_at  # noqa: PLC0415 - brings libcst; initialize is not to wait for it

        found = symbol_at(snapshot.block_index(), offset)
        yield (found.start, found.end) if found and found.kind != "builtin" else None

    found = await ls.slices.all_of(("rename", document.uri), items)
    span = found[0] if found else None
    if span is None or keyword.iskeyword(document.text[slice(*span)]):
        return None
    where = convert.lsp_range(document, *span, ls.session.encoding)
    return types.PrepareRenamePlaceholder(where, document.text[slice(*span)])


async def rename(ls: Server, params: types.RenameParams) -> types.WorkspaceEdit:
    """Every place of the name, each edit proven. Raises RequestFailedError with the reason where it cannot be done."""
    snapshot = ls.session.snapshot(params.text_document.uri)
    if snapshot is None:
        raise RequestFailedError(ls.session.why_not(params.text_document.uri))
    if not params.new_name.isidentifier() or keyword.iskeyword(params.new_name):
        raise RequestFailedError("the new name is a keyword, or none at all")
    document = snapshot.document
    offset = document.offset_at(convert.position(params.position), ls.session.encoding)

    def items(_cancelled: Callable[[], bool]) -> Iterator[Plan | Refusal]:
        from python_slm.refactor.base import offer  # noqa: PLC0415 - see prepare
        from python_slm.refactor.catalog.rename_local import REFACTORING  # noqa: PLC0415 - see prepare
        from python_slm.refactor.new_name import renamed  # noqa: PLC0415 - see prepare
        from python_slm.refactor.plan import Plan  # noqa: PLC0415 - see prepare
        from python_slm.tasks.symbol import word_at  # noqa: PLC0415 - see prepare

        index = snapshot.block_index()
        word = word_at(index.text, offset) or (offset, offset)
        local = offer(REFACTORING, index, *word, params.new_name)
        name = index.text[slice(*word)]
        is_new = not isinstance(local, Plan) and not _on_disk(ls.session.file_of(document.uri), name)
        yield renamed(index, name, params.new_name) if is_new else local

    found = await ls.slices.all_of(("rename", document.uri), items)
    if not found:
        raise ContentModifiedError
    edits = getattr(found[0], "edits", None)
    if edits is None:
        return await _across(ls, snapshot, offset, params.new_name)
    return convert.workspace_edit(document, edits, ls.session.encoding, versioned=capabilities.takes_versions(ls))


def _on_disk(file: str, name: str) -> bool:
    """Whether the saved file has the word: what it lacks was just written, and no other file can know it."""
    try:
        saved = Path(file).read_bytes().decode("utf-8", "replace") if file else name
    except OSError:
        return True
    return re.search(rf"\b{re.escape(name)}\b", saved) is not None


async def _across(ls: Server, snapshot: Snapshot, offset: int, new_name: str) -> types.WorkspaceEdit:
    """What rope says, which sees saved files alone."""
    from python_slm.refactor.across.client import unsaved  # noqa: PLC0415 - see prepare
    from python_slm.refactor.across.question import Changes, Question  # noqa: PLC0415 - see prepare

    root = ls.session.root_of(snapshot.document.uri)
    if not root:
        raise RequestFailedError("it may be used in other files, and this one lies in no workspace folder")
    open_files = {
        Path(file): opened.document.text
        for uri in ls.session.uris
        if (file := ls.session.file_of(uri))
        and (opened := ls.session.snapshot(uri))
        and ls.session.root_of(uri) == root
    }
    if path := unsaved(open_files):
        raise RequestFailedError(f"it may be used in other files: save {path.name} first")
    try:
        answer = await ls.rope.ask(Question(root, snapshot.path, offset, "rename", new_name))
    except MissingExtraError as error:
        raise RequestFailedError(str(error)) from error
    if not isinstance(answer, Changes):
        raise RequestFailedError(answer.reason)
    return _edit(ls, Path(root), answer)


def _edit(ls: Server, root: Path, answer: Changes) -> types.WorkspaceEdit:
    if answer.moved:
        raise RequestFailedError("a module is renamed by renaming its file")
    edits = [_of_file(ls, root, one) for one in answer.files]
    if capabilities.takes_versions(ls):
        return types.WorkspaceEdit(document_changes=[one for edit in edits for one in edit.document_changes or ()])
    return types.WorkspaceEdit(changes={uri: one for edit in edits for uri, one in (edit.changes or {}).items()})


def _of_file(ls: Server, root: Path, changed: Changed) -> types.WorkspaceEdit:
    """The edits of one file, for the version that is open. Raises ContentModifiedError where rope saw another."""
    from python_slm.refactor.across.question import digest  # noqa: PLC0415 - see prepare

    path = root / changed.path
    uri = next((one for one in ls.session.uris if ls.session.file_of(one) == str(path)), None)
    snapshot = ls.session.snapshot(uri) if uri else None
    if snapshot is not None:
        document, version = snapshot.document, snapshot.document.version
    else:
        document, version = Document(path.as_uri(), path.read_bytes().decode("utf-8", "surrogateescape")), None
    if digest(document.text) != changed.digest:
        raise ContentModifiedError
    versioned = capabilities.takes_versions(ls)
    edit = convert.workspace_edit(document, changed.edits, ls.session.encoding, versioned=versioned)
    for one in edit.document_changes or ():
        if isinstance(one, types.TextDocumentEdit):
            one.text_document.version = version
    return edit
