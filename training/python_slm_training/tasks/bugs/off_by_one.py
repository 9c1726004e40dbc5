"""``x < n`` → ``x <= n``, ``items[i + 1]`` → ``items[i]``, ``range(n)`` → ``range(n - 1)``, ``[1:]`` → ``[2:]``."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.bugs.code import Code, Place, Site

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND = "off-by-one"
_EDGE = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_COMPARISON = re.compile(r"[<>]=?")


def sites(code: Code) -> Iterator[Site]:
    """Edges of comparisons, bounds of ranges, indices and slices, and a one that is added or taken away."""
    for place in code.places:
        node = place.node
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            yield from _edges(code, node)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub) and _is_one(node.right):
            yield Site(KIND, code.span(node.left)[1], code.span(node)[1], "")
        elif isinstance(node, ast.Constant) and type(node.value) is int and _counts(place):
            start, stop = code.span(node)
            yield Site(KIND, start, stop, str(node.value + 1))
            if node.value > 0:
                yield Site(KIND, start, stop, str(node.value - 1))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
            yield from _ranges(code, node)


def _edges(code: Code, node: ast.Compare) -> Iterator[Site]:
    start, stop = code.between(node.left, node.comparators[0])
    found = _COMPARISON.search(code.text, start, stop)
    if found and "#" not in code.text[start:stop] and isinstance(node.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE):
        yield Site(KIND, found.start(), found.end(), _EDGE[found[0]])


def _ranges(code: Code, call: ast.Call) -> Iterator[Site]:
    if not call.args or call.keywords or isinstance(call.args[0], ast.Starred | ast.Constant):
        return
    bound = call.args[-1] if len(call.args) < 3 else call.args[1]  # noqa: PLR2004  # range(start, stop, step)
    plain = isinstance(bound, ast.Name | ast.Attribute | ast.Call | ast.Subscript)
    if plain:
        stop = code.span(bound)[1]
        yield Site(KIND, stop, stop, " - 1")
    if len(call.args) == 1:
        start = code.span(call.args[0])[0]
        yield Site(KIND, start, start, "1, ")


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value == 1


def _counts(place: Place) -> bool:
    """Whether an integer is an index, a slice's bound, a range's bound, or a bound of a length."""
    parent = place.parent
    if isinstance(parent, ast.Slice):
        return parent.step is not place.node
    if isinstance(parent, ast.Subscript):
        return parent.slice is place.node and "version" not in ast.dump(parent.value)
    if isinstance(parent, ast.Compare):
        return any(isinstance(each, ast.Call) and getattr(each.func, "id", "") == "len" for each in ast.walk(parent))
    return isinstance(parent, ast.Call) and getattr(parent.func, "id", "") == "range"
