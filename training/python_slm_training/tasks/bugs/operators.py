"""``a + b`` → ``a - b``, ``x < y`` → ``x > y``, ``p and q`` → ``p or q``."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.bugs.code import Code, Site
from python_slm.bugs.operators import operands

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND = "wrong-operator"
_OTHER = {
    "+": "-", "-": "+", "*": "/", "/": "*", "//": "/", "%": "//", "<<": ">>", ">>": "<<", "|": "&", "&": "|",
    "<": ">", ">": "<", "<=": ">=", ">=": "<=", "and": "or", "or": "and", "+=": "-=", "-=": "+=", "*=": "/=",
}  # fmt: skip
_OPERATOR = re.compile(r"//=?|<<|>>|[-+*/]=|[<>]=|\*\*|[-+*/%|&<>]|\b(?:and|or)\b")


def sites(code: Code) -> Iterator[Site]:
    """Operators between two operands that are no text or lists: those would fail at once, or not at all."""
    for place in code.places:
        for left, right in operands(place.node):
            if not (_is_sequence(left) or _is_sequence(right)):
                yield from operator_site(code, left, right)


def operator_site(code: Code, left: ast.expr, right: ast.expr) -> Iterator[Site]:
    """The operator between two expressions, changed."""
    start, stop = code.between(left, right)
    found = _OPERATOR.search(code.text, start, stop)
    if found and "#" not in code.text[start:stop] and found[0] in _OTHER:
        yield Site(KIND, found.start(), found.end(), _OTHER[found[0]])


def _is_sequence(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_sequence(node.left) or _is_sequence(node.right)
    text = isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    return text or isinstance(node, ast.JoinedStr | ast.List | ast.Tuple | ast.Dict | ast.ListComp)
