"""Another name for a function, method or constant that no other file can know yet: every place of it is in this one."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.base import proven
from python_slm.refactor.plan import Plan, Refusal
from python_slm.syntax.located import FUNCTIONS, Located
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.syntax.blocks import BlockIndex


def renamed(index: BlockIndex, old: str, new: str) -> Plan | Refusal:
    """``old`` as ``new`` wherever the code says it; refused where it stands in strings or ``new`` is there already.

    The caller vouches that no other file uses ``old``: what was just extracted is on no disk.
    """
    if re.search(rf"\b{re.escape(new)}\b", index.text):
        return Refusal("the new name is taken")
    try:
        edits = tuple(sorted(_edits(index, old, new), key=lambda edit: edit.start))
    except RefusedError as error:
        return Refusal(str(error))
    everywhere = re.findall(rf"\b{re.escape(old)}\b", index.text)
    if not edits or len(edits) != len(everywhere):
        return Refusal("the name stands in strings, comments or keywords, too")
    return proven(index, Plan(edits))


def _edits(index: BlockIndex, old: str, new: str) -> Iterator[Edit]:
    for block in (part for whole in index.blocks for part in whole.members or (whole,)):
        if old not in block.text:
            continue
        code = Located(index.text, block)
        for node in ast.walk(code.tree):
            if (at := _place(code, node, old)) is not None and at >= block.start:
                yield Edit(at, at + len(old), new)


def _place(code: Located, node: ast.AST, name: str) -> int | None:
    """Where a node says the name; None where it does not."""
    if isinstance(node, ast.Name) and node.id == name:
        return code.span(node)[0]
    if isinstance(node, ast.Attribute) and node.attr == name:
        return code.span(node)[1] - len(name)
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)) and node.name == name:
        start = code.offset(node.lineno, node.col_offset)
        found = re.compile(rf"(?:async\s+)?(?:def|class)\s+({re.escape(name)})\b").match(code.text, start)
        return found.start(1) if found else None
    return None
