"""``total / count`` → ``total / index``: another variable with a value there (variable misuse, arXiv 1711.00740)."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.bugs.code import Code, Site

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND = "wrong-variable"
_MOST = 4  # alternatives a place, so that long functions do not make thousands


def sites(code: Code) -> Iterator[Site]:
    """Each local variable that is read, with each of the nearest others."""
    for place in code.places:
        node, called = place.node, place.parent
        if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load) or place.function is None:
            continue
        unpacked = isinstance(called, ast.Starred) or (isinstance(called, ast.keyword) and called.arg is None)
        if unpacked or (isinstance(called, ast.Call) and called.func is node):
            continue
        known = [name for name in code.bound_before(place) if name not in {"self", "cls", "_"}]
        if node.id in known:
            start, stop = code.span(node)
            yield from (Site(KIND, start, stop, name) for name in known[-_MOST - 1 :] if name != node.id)
