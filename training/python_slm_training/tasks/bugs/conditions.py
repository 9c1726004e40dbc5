"""Conditions that say the opposite: ``if ready`` → ``if not ready`` (negated), and back (missing not)."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.bugs.code import Code, Site

if TYPE_CHECKING:
    from collections.abc import Iterator

NEGATED = "negated-condition"
MISSING = "missing-not"
_OPPOSITE = {
    "==": "!=",
    "!=": "==",
    "is": "is not",
    "in": "not in",
    "is not": "is",
    "not in": "in",
}
_OPERATOR = re.compile(r"[=!]=|\bis(?:\s+not)?\b|\b(?:not\s+)?in\b")
_PLAIN = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)


def sites(code: Code) -> Iterator[Site]:
    """Tests, ``not``, and comparisons for equality, identity and membership."""
    for place in code.places:
        node = place.node
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield Site(MISSING, code.span(node)[0], code.span(node.operand)[0], "")
        elif isinstance(node, ast.Compare) and len(node.ops) == 1:
            yield from _comparisons(code, node)
        elif isinstance(node, ast.If | ast.While | ast.IfExp) and isinstance(node.test, _PLAIN):
            start, _ = code.span(node.test)
            yield Site(NEGATED, start, start, "not ")


def _comparisons(code: Code, node: ast.Compare) -> Iterator[Site]:
    start, stop = code.between(node.left, node.comparators[0])
    found = _OPERATOR.search(code.text, start, stop)
    operator = " ".join(found[0].split()) if found else ""
    if found and "#" not in code.text[start:stop] and "\n" not in found[0]:
        kind = MISSING if operator in {"is not", "not in"} else NEGATED
        yield Site(kind, found.start(), found.end(), _OPPOSITE[operator])
