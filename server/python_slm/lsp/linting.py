"""What ruff finds in the documents of a connection: from its server, else from a process for each question."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pygls.uris import to_fs_path

from python_slm.errors import LinterError
from python_slm.linter.convert import from_server, is_code
from python_slm.linter.rule_docs import codes
from python_slm.lsp.ruff_child import RuffChild
from python_slm.project.ruff import installed_ruff

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from python_slm.findings import Finding
    from python_slm.text import Document

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Answer:
    """What ruff's server found in a text, the last that it was asked about under this name."""

    text: str
    findings: list[Finding]


class Linting:
    """``roots`` are the workspace's folders, ``say`` shows the user a message."""

    def __init__(
        self,
        roots: Callable[[], Sequence[str]],
        say: Callable[[str], None],
        find: Callable[[], str | None] = installed_ruff,
    ) -> None:
        self._find = find
        self._missing_told = False
        self._told = ""
        self._codes: Mapping[str, str] | None = None
        self._last: dict[str, _Answer] = {}
        self.child = RuffChild(find, roots, say)

    async def found(self, document: Document, meanwhile: Callable[[], None] = lambda: None) -> list[Finding]:
        """What ruff finds in a text that parses; nothing where there is no ruff.

        The last text of each document is not asked about again: while a line is broken, most keys leave the shadow as
        it is. ``meanwhile`` is done while ruff is at work.
        """
        last = self._last  # what is forgotten meanwhile is not to come back
        known = last.get(document.uri)
        if known is not None and known.text == document.text:
            return known.findings
        if self.child.pid is None and self._find() is None:
            self._tell_missing()
            return []
        asking = asyncio.ensure_future(self.child.diagnostics(document))
        try:
            await asyncio.sleep(0)  # it is sent
            meanwhile()
            _ = document.line_starts
            raw = await asking
        finally:
            asking.cancel()
        if raw is None:
            return await asyncio.to_thread(self._by_process, document)
        names = await self._names(raw)
        found = [from_server(one, document, names) for one in raw]
        last[document.uri] = _Answer(document.text, found)
        return found

    def forget(self) -> None:
        """The configuration may have changed: ask about every text again."""
        self._last = {}

    def close(self, uri: str) -> None:
        """A document was closed."""
        self._last.pop(uri, None)
        self.child.close(uri)

    async def _names(self, raw: Sequence[dict[str, Any]]) -> Mapping[str, str]:
        """Codes of the rules that ruff calls by name, read when it first does."""
        if self._codes is None and not all(is_code(one.get("code")) for one in raw):
            self._codes = await asyncio.to_thread(codes, program=self._find())
        return self._codes or {}

    def _by_process(self, document: Document) -> list[Finding]:
        from python_slm.linter.run import check_shadow  # noqa: PLC0415 - brings libcst, which only some need

        path = to_fs_path(document.uri) if document.uri.startswith("file:") else None
        try:
            return check_shadow(document, Path(path) if path else None, find=self._find)
        except LinterError as error:
            if str(error) != self._told:
                _log.warning("%s", error)
            self._told = str(error)
            return []

    def _tell_missing(self) -> None:
        if not self._missing_told:
            _log.warning("ruff is not installed: nothing of its rules is shown, all else goes on; pip install ruff")
        self._missing_told = True
