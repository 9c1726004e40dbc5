"""Explain: the function or class at the cursor in plain words, shown by the client, or as a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.lsp.actions.base import Action, ClientCommand
from python_slm.lsp.actions.kinds import EXPLAIN, EXPLAIN_COMMAND
from python_slm.tasks.explain import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.lsp.actions.base import Place


class Explanation:
    """A mere command, offered where there is something to explain."""

    name = "explain"
    kinds = (EXPLAIN,)
    by_hand = True

    def actions(self, place: Place, only: str = "") -> Iterator[Action]:
        """See Sort."""
        if only in ("", self.name):
            try:
                name = explain(place.index, place.start).name
            except RefusedError:
                return
            command = ClientCommand(f"Explain {name}", EXPLAIN_COMMAND)
            yield Action(self.name, EXPLAIN, f"Explain {name}", None, command=command)


SORT = Explanation()
