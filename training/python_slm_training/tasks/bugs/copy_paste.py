"""``self.width = width; self.height = height`` → ``… self.height = width``: a copied line, one word unchanged."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from typing import TYPE_CHECKING

from python_slm.bugs.code import Code, Place, Site
from python_slm.bugs.copies import differing

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND = "copy-paste-slip"
_TOKEN = re.compile(r"\w+|[^\w\s]")
_WORD = re.compile(r"[^\W\d]\w*")


def sites(code: Code) -> Iterator[Site]:
    """The second of two neighbouring lines that say the same of two things."""
    bodies: dict[int, list[Place]] = {}
    for place in code.places:
        if isinstance(place.node, ast.Assign | ast.AugAssign | ast.Expr | ast.AnnAssign | ast.If):
            bodies.setdefault(id(place.parent), []).append(place)
    for body in bodies.values():
        for first, second in pairwise(body):
            yield from _slips(code, first.node, second)


def _slips(code: Code, first: ast.AST, place: Place) -> Iterator[Site]:
    one, other = _line(code, first), _line(code, place.node)
    if one is None or other is None:
        return
    ours, theirs = list(_TOKEN.finditer(other[1])), list(_TOKEN.finditer(one[1]))
    if len(ours) != len(theirs):
        return
    differ = [(mine, copied[0]) for mine, copied in zip(ours, theirs, strict=True) if mine[0] != copied[0]]
    if any(not (_WORD.fullmatch(mine[0]) and _WORD.fullmatch(copied)) for mine, copied in differ):
        return
    pairs = [(mine[0], copied) for mine, copied in differ]
    for at, (mine, copied) in enumerate(differ):
        repeated = pairs.count((mine[0], copied)) > 1 or (len(pairs) > 1 and _parallel(pairs))
        if at > 0 and repeated and _keeps_its_name(code, other[1], mine, copied, place):
            yield Site(KIND, other[0] + mine.start(), other[0] + mine.end(), copied)


def _parallel(pairs: list[tuple[str, str]]) -> bool:
    """Whether all the words differ by one and the same part: ``min_x``/``x0`` against ``min_y``/``y0``."""
    shared = {(differing(mine, copied)) for mine, copied in pairs}
    return len(shared) == 1


def _keeps_its_name(code: Code, text: str, mine: re.Match[str], copied: str, place: Place) -> bool:
    """Whether ``copied`` means something there: an attribute or key, or a variable that has a value."""
    before = text[: mine.start()].rstrip()
    return before.endswith((".", '"', "'")) or copied in code.bound_before(place)


def _line(code: Code, node: ast.AST) -> tuple[int, str] | None:
    """A statement of one line, or the condition of an ``if``: where it begins, and its text."""
    part = node.test if isinstance(node, ast.If) else node
    start, stop = code.span(part)
    text = code.text[start:stop]
    return None if "\n" in text or "#" in text else (start, text)
