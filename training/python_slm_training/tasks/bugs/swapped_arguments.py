"""``move(x, y)`` → ``move(y, x)``: two arguments of the same form on one line, by position or by keyword."""

from __future__ import annotations

import ast
from itertools import pairwise
from typing import TYPE_CHECKING

from python_slm.bugs.arguments import KIND as SWAPPED
from python_slm.bugs.arguments import PLAIN, SYMMETRIC
from python_slm.bugs.code import Code, Site

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND = SWAPPED


def sites(code: Code) -> Iterator[Site]:
    """Pairs of neighbouring arguments."""
    for place in code.places:
        call = place.node
        if not isinstance(call, ast.Call) or _name(call) in SYMMETRIC:
            continue
        named = [keyword.value for keyword in call.keywords if keyword.arg]
        for first, second in [*pairwise(call.args), *pairwise(named)]:
            plain = isinstance(first, PLAIN) and isinstance(second, PLAIN)
            numbers = _is_number(first) and _is_number(second)
            if (plain or numbers) and first.lineno == second.end_lineno:
                one, other = code.segment(first), code.segment(second)
                if one != other and "self" not in {one, other}:
                    start, stop = code.span(first)[0], code.span(second)[1]
                    middle = code.text[slice(*code.between(first, second))]
                    yield Site(KIND, start, stop, other + middle + one)


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool)
