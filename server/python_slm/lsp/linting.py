"""What ruff finds in the documents of a connection: from its server, else from a process for each question."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from pygls.uris import to_fs_path

from python_slm.errors import LinterError, RefusedError
from python_slm.linter.convert import edit_from_server, from_server
from python_slm.linter.run import check_shadow
from python_slm.lsp.ruff_child import RuffChild
from python_slm.project.ruff import installed_ruff

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from python_slm.findings import Finding
    from python_slm.linter.held import Held
    from python_slm.text import Document, Edit

_log = logging.getLogger(__name__)


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
        self.child = RuffChild(find, roots, say)

    async def findings(self, held: Held) -> list[Finding]:
        """What ruff finds in a buffer, of which the broken lines hide nothing else; nothing where there is no ruff."""
        if self.child.pid is None and self._find() is None:
            self._tell_missing()
            return []
        shadow = held.shadow_document
        raw = await self.child.diagnostics(shadow)
        if raw is None:
            found = await asyncio.to_thread(self._by_process, shadow)
        else:
            found = [from_server(one, shadow) for one in raw]
        return held.findings(found)

    async def whole_file(self, held: Held | None, kind: str) -> tuple[Edit, ...]:
        """The edits of ruff's code action ``kind`` for the whole file, none where there is nothing to do.

        In a half-typed buffer the imports are only sorted where no broken line is among them. Raises RefusedError.
        """
        raw = None if held is None else await self.child.edits(held.shadow_document, kind)
        if held is None or raw is None:
            raise RefusedError("ruff has no answer now")
        edits = held.edits([edit_from_server(one, held.shadow_document) for one in raw])
        if edits is None:
            raise RefusedError("the lines do not parse yet")
        return edits

    def _by_process(self, shadow: Document) -> list[Finding]:
        path = to_fs_path(shadow.uri) if shadow.uri.startswith("file:") else None
        try:
            return check_shadow(shadow, Path(path) if path else None, find=self._find)
        except LinterError as error:
            if str(error) != self._told:
                _log.warning("%s", error)
            self._told = str(error)
            return []

    def _tell_missing(self) -> None:
        if not self._missing_told:
            _log.warning("ruff is not installed: nothing of its rules is shown, all else goes on; pip install ruff")
        self._missing_told = True
