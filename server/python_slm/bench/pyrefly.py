"""The same refactorings by pyrefly's language server, where ``pyrefly`` is on the path."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from python_slm.bench.client import LanguageClient
from python_slm.text import Document, Position

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TITLES = {
    "extract-variable": re.compile("Extract into variable"),
    "extract-function": re.compile("Extract into helper"),
    "inline-variable": re.compile("Inline variable"),
    "inline-function": re.compile("Inline (?!variable|parameter)"),
}
"""How its titles begin. It offers all its refactorings whatever ``only`` asks for, so kinds do not tell them apart."""
_WAIT_S = 20.0


class Pyrefly:
    """One server; each text is a new file of one folder."""

    def __init__(self, client: LanguageClient, folder: Path) -> None:
        self._client, self._folder, self._count = client, folder, 0

    def can(self, name: str) -> bool:
        """Whether it has such a refactoring."""
        return name in _TITLES

    def apply(self, name: str) -> Callable[[str, int, int], str]:
        """``(text, start, end)`` → text; raises ValueError where it offers nothing."""

        def act(text: str, start: int, end: int) -> str:
            self._count += 1
            path = self._folder / f"module{self._count}.py"
            path.write_text(text, encoding="utf-8", newline="")
            uri = path.as_uri()
            self._client.open(uri, text)
            try:
                actions = self._actions(uri, Document(uri, text), start, end)
            finally:
                self._client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
            fitting = [one for one in actions if _TITLES[name].match(one.get("title", ""))]
            if not fitting:
                raise ValueError("offers nothing")
            return _edited(Document(uri, text), uri, fitting[0])

        return act

    def _actions(self, uri: str, document: Document, start: int, end: int) -> list[Any]:
        places = [document.position_at(at, "utf-16") for at in (start, end)]
        first, last = ({"line": one.line, "character": one.character} for one in places)
        reply = self._client.request(
            "textDocument/codeAction",
            {
                "textDocument": {"uri": uri},
                "range": {"start": first, "end": last},
                "context": {"diagnostics": [], "only": ["refactor"], "triggerKind": 1},
            },
            _WAIT_S,
        )
        actions = reply.result or []
        return [one for one in actions if one.get("edit") and not one.get("disabled")]


def _edited(document: Document, uri: str, action: Any) -> str:
    edit = action["edit"]
    edits = list((edit.get("changes") or {}).get(uri, ()))
    for change in edit.get("documentChanges") or ():
        if change.get("textDocument", {}).get("uri") == uri:
            edits += change["edits"]
    spans = [(*(_offset(document, one["range"][side]) for side in ("start", "end")), one["newText"]) for one in edits]
    text = document.text
    for begins, ends, new in sorted(spans, key=lambda one: (one[0], one[1]), reverse=True):
        text = text[:begins] + new + text[ends:]
    return text


def _offset(document: Document, place: Any) -> int:
    return document.offset_at(Position(place["line"], place["character"]), "utf-16")


@contextmanager
def with_pyrefly() -> Iterator[Pyrefly | None]:
    """A running server, or None where there is no ``pyrefly``."""
    command = shutil.which("pyrefly")
    if command is None:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder, LanguageClient([command, "lsp"], stderr=subprocess.DEVNULL) as client:
        client.initialize(rootUri=Path(folder).as_uri())
        yield Pyrefly(client, Path(folder))
