"""``move(y, x)`` where ``move(x, y)`` was meant: two neighbouring arguments, by position or by keyword."""

from __future__ import annotations

import ast
from itertools import pairwise
from math import log1p
from typing import TYPE_CHECKING

from python_slm.bugs.code import Site
from python_slm.bugs.facts import alike, called_name, final_name
from python_slm.bugs.scene import Candidate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.bugs.code import Code
    from python_slm.bugs.scene import Scene

KIND = "swapped-arguments"
SYMMETRIC = frozenset(
    {
        "max",
        "min",
        "gcd",
        "lcm",
        "hypot",
        "isclose",
        "allclose",
        "zip",
        "union",
        "intersection",
    }
)
PLAIN = (ast.Name, ast.Attribute, ast.Subscript)
_FITS, _MISSES = 0.8, 0.5  # how alike a name and a parameter are


def candidates(scene: Scene) -> Iterator[Candidate]:
    """Pairs of neighbours, with what the names of the parameters say, where the file defines what is called."""
    for place in scene.places:
        if isinstance(place.node, ast.Call):
            for first, second, site in swaps(scene.code, place.node):
                about, clue = _judged(scene, place.node, first, second)
                yield Candidate(KIND, site.start, site.stop, site.text, about, clue)


def swaps(code: Code, call: ast.Call) -> Iterator[tuple[ast.expr, ast.expr, Site]]:
    """Neighbouring arguments of one form on one line, and the rewrite that swaps them."""
    if called_name(call) in SYMMETRIC:
        return
    named = [keyword.value for keyword in call.keywords if keyword.arg]
    for first, second in [*pairwise(call.args), *pairwise(named)]:
        plain = isinstance(first, PLAIN) and isinstance(second, PLAIN)
        numbers = _is_number(first) and _is_number(second)
        if (plain or numbers) and first.lineno == second.end_lineno:
            one, other = code.segment(first), code.segment(second)
            if one != other and "self" not in {one, other}:
                start, stop = code.span(first)[0], code.span(second)[1]
                middle = code.text[slice(*code.between(first, second))]
                yield first, second, Site(KIND, start, stop, other + middle + one)


def _judged(scene: Scene, call: ast.Call, first: ast.expr, second: ast.expr) -> tuple[dict[str, float], str]:
    one, other = final_name(first), final_name(second)
    roles = scene.role(first), scene.role(second)
    straight = alike(roles[0], one) + alike(roles[1], other)
    across = alike(roles[0], other) + alike(roles[1], one)
    triples = scene.facts.triples
    own = int(bool(one and other and first in call.args))
    about = {
        "roles_known": float(all(roles)),
        "across": across - straight,
        "across_both": float(min(alike(roles[0], other), alike(roles[1], one)) >= _FITS and straight < _MISSES),
        "straight": straight,
        "order_was": log1p(max(0, triples[one, ",", other] - own)) if own else 0.0,
        "order_then": log1p(triples[other, ",", one]) if own else 0.0,
        "keywords": float(first not in call.args),
        "numbers": float(_is_number(first)),
        "alike": alike(one, other),
        "arguments": float(len(call.args)),
    }
    clue = ""
    if about["across"] > 0:
        clue = f"the parameters are called `{roles[0]}` and `{roles[1]}`"
    elif about["order_then"] > about["order_was"]:
        clue = f"elsewhere in the file `{other}` comes before `{one}`"
    return about, clue


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool)
