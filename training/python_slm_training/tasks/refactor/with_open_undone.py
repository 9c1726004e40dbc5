"""``f = open(path); …; f.close()`` → the ``with`` that the author wrote; open and close are made."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from python_slm_training.tasks.refactor import with_open
from python_slm_training.tasks.refactor.base import BlockRewriter, Pair, code, every, flipped, has_comment, pair_of

if TYPE_CHECKING:
    from collections.abc import Sequence

KIND = with_open.KIND
HINT = re.compile(r"with (?:\w+\.)?open\([^\n]*\) as \w+:")
TARGET_IS_REAL = True
_LEAVING = (cst.Return, cst.Break, cst.Continue, cst.Yield, cst.Raise)

EXAMPLES = with_open.EXAMPLES


def rewrite(tree: cst.Module) -> Pair | None:
    """Applies to one file, and a block that is left at its end only."""
    return flipped(pair_of(tree, _Rewriter(tree)))


class _Rewriter(BlockRewriter):
    def statements(self, body: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement] | None:
        for at, statement in enumerate(body):
            lines = None if self.found or not isinstance(statement, cst.With) else _opened(statement)
            if lines is not None:
                return [*body[:at], *lines, *body[at + 1 :]]
        return None


def _opened(block: cst.With) -> list[cst.BaseStatement] | None:
    item = block.items[0]
    if (
        len(block.items) != 1
        or block.asynchronous
        or item.asname is None
        or not isinstance(block.body, cst.IndentedBlock)
    ):
        return None
    opens = re.fullmatch(r"(?:\w+\.)?open", code(item.item.func)) if isinstance(item.item, cst.Call) else None
    leaves = any(next(every(block.body, kind), None) for kind in _LEAVING)
    footers = any(has_comment(line) for line in (block.body.header, *block.body.footer))
    if opens is None or leaves or footers or not isinstance(item.asname.name, cst.Name) or "\n" in code(item.item):
        return None
    name = item.asname.name.value
    first = cst.parse_statement(f"{name} = {code(item.item)}").with_changes(leading_lines=block.leading_lines)
    return [
        first,
        *(each for each in block.body.body if isinstance(each, cst.BaseStatement)),
        cst.parse_statement(f"{name}.close()"),
    ]
