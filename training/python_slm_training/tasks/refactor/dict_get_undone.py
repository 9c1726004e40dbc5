"""``if k in d: x = d[k] else: x = 0`` → ``d.get(k, 0)`` as the author wrote it; the branches are made."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from python_slm_training.tasks.refactor import dict_get
from python_slm_training.tasks.refactor.base import (
    BlockRewriter,
    Pair,
    assigned,
    code,
    flipped,
    has_comment,
    pair_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

KIND = dict_get.KIND
HINT = re.compile(r"= [\w.]+\.get\([^\n]*,")
TARGET_IS_REAL = True
_DEFAULT = (cst.SimpleString, cst.Integer, cst.Float, cst.List, cst.Dict, cst.Tuple)
_NO_MAPPING = re.compile(r"(?:requests|session|client|queue|cache|redis|config|parser|\bq|api|http\w*)$", re.IGNORECASE)

EXAMPLES = dict_get.EXAMPLES[:1]


def rewrite(tree: cst.Module) -> Pair | None:
    """Applies to ``name = mapping.get(key, literal)``; clients, queues and parsers have another ``get``."""
    return flipped(pair_of(tree, _Rewriter(tree)))


class _Rewriter(BlockRewriter):
    def statements(self, body: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement] | None:
        for at, statement in enumerate(body):
            lines = None if self.found else _branches(statement)
            if lines is not None:
                return [*body[:at], lines, *body[at + 1 :]]
        return None


def _branches(statement: cst.BaseStatement) -> cst.BaseStatement | None:
    found = assigned(statement)
    call = found[1] if found else None
    if found is None or not isinstance(call, cst.Call) or has_comment(statement) or len(call.args) != 2:  # noqa: PLR2004
        return None
    called, (key, default) = call.func, (each.value for each in call.args)
    if not isinstance(called, cst.Attribute) or called.attr.value != "get" or any(each.keyword for each in call.args):
        return None
    mapping = code(called.value)
    plain = isinstance(key, cst.SimpleString | cst.Name) and (
        isinstance(default, _DEFAULT) or code(default) in {"None", "True", "False"}
    )
    if not plain or not re.fullmatch(r"[\w.]+", mapping) or _NO_MAPPING.search(mapping) or "\n" in code(default):
        return None
    name, k = found[0], code(key)
    text = f"if {k} in {mapping}:\n    {name} = {mapping}[{k}]\nelse:\n    {name} = {code(default)}\n"
    return cst.parse_statement(text).with_changes(leading_lines=getattr(statement, "leading_lines", ()))
