"""Where a new method stands in a class, and its text."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.spell import comments_behind
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.refactor.code import Code


def added(code: Code, node: ast.ClassDef, *methods: Sequence[str], below: ast.stmt | None = None) -> Edit:
    """The edit that adds methods, each its lines, in an indentation of their own, ``below`` a member or at the end.

    Raises RefusedError where the class stands on one line.
    """
    last = below or node.body[-1]
    first = node.body[0]
    if code.line_start(code.span(first)[0]) <= code.offset(node.lineno, node.col_offset):
        raise RefusedError("the class stands on one line")
    indent = code.indent(first)
    line, end = code.newline, comments_behind(code, last)
    code_behind = code.text[code.span(last)[1] : code.line_end(code.span(last)[1])].strip()
    if code_behind and not code_behind.startswith("#"):
        raise RefusedError("the statement shares its line with another")
    texts = [line.join(_line(one, indent, code.unit) for one in method) for method in methods]
    if len(node.body) == 1 and isinstance(last, ast.Pass) and not code_behind:
        return Edit(code.line_start(code.span(last)[0]), code.span(last)[1], (line * 2).join(texts))
    return Edit(end, end, "".join(line * 2 + text for text in texts))


def _line(text: str, indent: str, unit: str) -> str:
    deep = len(text) - len(text.lstrip("\t"))
    return indent + unit * deep + text[deep:] if text else ""
