"""String literals as they are written: prefix, quotes, and what stands between them."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError

if TYPE_CHECKING:
    from python_slm.refactor.code import Code

LITERAL = re.compile(
    r"(?P<prefix>[a-zA-Z]{0,2})(?P<quotes>'''|\"\"\"|'|\")(?P<body>(?:\\.|(?!(?P=quotes))[^\\])*)(?P=quotes)", re.DOTALL
)


def string_at(code: Code) -> tuple[ast.Constant, str, str, str]:
    """The string there, its prefix, quotes and body; raises RefusedError where it is none, or several in a row."""
    node = next((one for one in code.path if isinstance(one, ast.Constant | ast.JoinedStr)), None)
    if isinstance(node, ast.JoinedStr):
        raise RefusedError("it is an f-string")
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str | bytes):
        raise RefusedError("select a string")
    if any(isinstance(one, ast.JoinedStr) for one in code.around(node)):
        raise RefusedError("it is part of an f-string")
    found = LITERAL.fullmatch(code.source(node))
    if found is None:
        raise RefusedError("it is written as several strings beside each other")
    return node, found["prefix"], found["quotes"], found["body"]
