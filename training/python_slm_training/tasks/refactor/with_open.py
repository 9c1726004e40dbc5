"""``f = open(path); …; f.close()`` → ``with open(path) as f: …``: closed whatever happens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from python_slm_training.tasks.refactor.base import (
    BlockRewriter,
    Pair,
    assigned,
    code,
    has_comment,
    pair_of,
    small,
    uses,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

KIND = "with-open"
HINT = re.compile(r"= (?:\w+\.)?open\([\s\S]*\.close\(\)")
TARGET_IS_REAL = False
_OPEN = re.compile(r"(?:io\.|codecs\.|gzip\.|bz2\.)?open\(")

EXAMPLES = (
    (
        """\
def f(path):
    f = open(path)
    text = f.read()
    n = len(text)
    f.close()
    return n
""",
        """\
def f(path):
    with open(path) as f:
        text = f.read()
        n = len(text)
    return n
""",
        "f(__import__('os').devnull)",
    ),
)


def rewrite(tree: cst.Module) -> Pair | None:
    """Applies where the file is opened and closed in one block and used only between."""
    return pair_of(tree, _Rewriter(tree))


class _Rewriter(BlockRewriter):
    def statements(self, body: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement] | None:
        for at, statement in enumerate(body):
            opened = assigned(statement)
            if opened is None or not _OPEN.match(code(opened[1])) or not isinstance(opened[1], cst.Call):
                continue
            closed = next((end for end in range(at + 2, len(body)) if _closes(body[end], opened[0])), None)
            if closed is None or has_comment(statement) or has_comment(body[closed]):
                continue
            inside = list(body[at + 1 : closed])
            elsewhere = uses(self.tree, opened[0]) - sum(
                uses(each, opened[0]) for each in (statement, *inside, body[closed])
            )
            own = sum(each.name.value == opened[0] for each in self.tree.body if isinstance(each, cst.FunctionDef))
            if elsewhere == own:
                return [*body[:at], _with(statement, opened, inside), *body[closed + 1 :]]
        return None


def _closes(statement: cst.BaseStatement, name: str) -> bool:
    found = small(statement)
    return isinstance(found, cst.Expr) and code(found) == f"{name}.close()"


def _with(
    statement: cst.BaseStatement, opened: tuple[str, cst.BaseExpression], inside: list[cst.BaseStatement]
) -> cst.With:
    made = cst.ensure_type(cst.parse_statement(f"with {code(opened[1])} as {opened[0]}:\n    pass\n"), cst.With)
    assert isinstance(statement, cst.SimpleStatementLine)
    return made.with_changes(body=cst.IndentedBlock(inside), leading_lines=statement.leading_lines)
