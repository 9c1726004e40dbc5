"""What a client said of itself, as our features ask it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

if TYPE_CHECKING:
    from python_slm.lsp.server import Server


def takes_versions(ls: Server) -> bool:
    """Whether edits may say which version of a document they are for."""
    workspace = ls.client_capabilities.workspace
    return bool(workspace and workspace.workspace_edit and workspace.workspace_edit.document_changes)


def resolves_edits(ls: Server) -> bool:
    """Whether a code action may come without its edit, which the client asks for when it is chosen."""
    actions = _code_action(ls)
    resolve = actions.resolve_support if actions else None
    return bool(actions and actions.data_support and resolve and "edit" in resolve.properties)


def shows_disabled(ls: Server) -> bool:
    """Whether a code action may say why it cannot be done."""
    actions = _code_action(ls)
    return bool(actions and actions.disabled_support)


def has_command(ls: Server, name: str) -> bool:
    """Whether the client has a command of this name, by ``experimental.commands.commands`` as with rust-analyzer."""
    experimental: Any = ls.client_capabilities.experimental
    for key in ("commands", "commands"):
        experimental = experimental.get(key) if isinstance(experimental, dict) else getattr(experimental, key, None)
    return isinstance(experimental, list | tuple) and name in experimental


def markup(ls: Server) -> types.MarkupKind:
    """How a hover may be written."""
    documents = ls.client_capabilities.text_document
    formats = documents.hover.content_format if documents and documents.hover else None
    markdown = types.MarkupKind.Markdown in (formats or ())
    return types.MarkupKind.Markdown if markdown else types.MarkupKind.PlainText


def _code_action(ls: Server) -> types.CodeActionClientCapabilities | None:
    documents = ls.client_capabilities.text_document
    return documents.code_action if documents else None
