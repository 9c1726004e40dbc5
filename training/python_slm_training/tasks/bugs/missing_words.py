"""A word forgotten: ``await fetch()`` → ``fetch()``, ``return f(x)`` → ``f(x)``, ``self.size`` → ``size``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.bugs.code import Code, Place, Site

if TYPE_CHECKING:
    from collections.abc import Iterator

AWAIT, RETURN, SELF = "missing-await", "missing-return", "missing-self"


def sites(code: Code) -> Iterator[Site]:
    """``await``, ``return`` before a call, and ``self.`` where the bare name means something too."""
    for place in code.places:
        node = place.node
        if isinstance(node, ast.Await):
            yield Site(AWAIT, code.span(node)[0], code.span(node.value)[0], "")
        elif isinstance(node, ast.Return) and isinstance(node.value, ast.Call):
            yield Site(RETURN, code.span(node)[0], code.span(node.value)[0], "")
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            yield from _selves(code, node, place)


def _selves(code: Code, node: ast.Attribute, place: Place) -> Iterator[Site]:
    parent = place.parent
    names = {each.id for each in ast.walk(parent) if isinstance(each, ast.Name)}
    assigns = (
        isinstance(node.ctx, ast.Store) and isinstance(parent, ast.Assign) and not isinstance(parent.value, ast.Name)
    )
    if node.attr in code.bound_before(place) and (isinstance(node.ctx, ast.Load) or (assigns and node.attr in names)):
        start, stop = code.span(node)
        yield Site(SELF, start, stop, node.attr)
