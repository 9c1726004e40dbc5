"""What the client tells of files that are not being typed into: saved, changed on disk, copied from, folders added.

``python-slm/didYank`` is ours: ``{"textDocument": {"uri"}, "text"}`` says that the user copied some lines, which will
likely be wanted elsewhere. Editors that have no such event leave it out.
"""

from __future__ import annotations

import logging
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.uris import to_fs_path

if TYPE_CHECKING:
    from python_slm.lsp.server import Server

DID_YANK = "python-slm/didYank"
PATTERNS = ("**/*.{py,pyi}", "**/*.toml")
"""Python, and what ruff and style profiles are configured by."""

_log = logging.getLogger(__name__)


def register(server: Server) -> None:
    """Follow what happens around open documents."""
    server.feature(types.TEXT_DOCUMENT_DID_SAVE)(did_save)
    server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(did_change_watched_files)
    server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)(did_change_workspace_folders)
    server.feature(DID_YANK)(did_yank)


async def watch(ls: Server) -> None:
    """Ask the client to tell of changed files, if it can."""
    workspace = ls.client_capabilities.workspace
    watching = workspace.did_change_watched_files if workspace else None
    if watching is None or not watching.dynamic_registration:
        return
    options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(pattern) for pattern in PATTERNS])
    method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
    registration = types.Registration(str(uuid.uuid4()), method, options)
    try:
        await ls.client_register_capability_async(types.RegistrationParams([registration]))
    except JsonRpcException as error:
        _log.warning("client/registerCapability was refused: %s", error)


def did_save(ls: Server, _params: types.DidSaveTextDocumentParams) -> None:
    """What stands in the file now is what others import."""
    ls.surroundings.saved()


def did_change_watched_files(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
    """Files came, went or changed, by another hand than the editor's or by its own."""
    configuration = [(one.uri, one.type.value) for one in params.changes if one.uri.endswith(".toml")]
    if configuration:
        ls.diagnosis.configuration_changed(configuration)
    if len(configuration) < len(params.changes):
        ls.surroundings.files_changed()


def did_change_workspace_folders(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Folders were added to the workspace or taken out of it."""
    gone = {to_fs_path(folder.uri) for folder in params.event.removed}
    added = [path for folder in params.event.added if (path := to_fs_path(folder.uri))]
    roots = [root for root in ls.session.roots if root not in gone]
    ls.session.roots = tuple(dict.fromkeys([*roots, *added]))
    ls.diagnosis.folders_changed(added, [path for path in gone if path])
    ls.surroundings.files_changed()


def did_yank(ls: Server, params: Any) -> None:
    """The user copied some lines."""
    uri, text = getattr(getattr(params, "textDocument", None), "uri", None), getattr(params, "text", None)
    if isinstance(uri, str) and isinstance(text, str):
        snapshot = ls.session.snapshot(uri)
        ls.surroundings.yanked(snapshot.path if snapshot else Path(to_fs_path(uri) or "").name, text)
