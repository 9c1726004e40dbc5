"""``a - b`` where ``a + b`` was meant, ``==`` where ``!=``, ``and`` where ``or``, ``<`` where ``<=``: one operator."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.bugs.facts import called_name
from python_slm.bugs.scene import Candidate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.bugs.code import Code
    from python_slm.bugs.scene import Scene

COMPARISON, BOOLEAN, ARITHMETIC, EDGE = (
    "wrong-comparison",
    "wrong-boolean",
    "wrong-arithmetic",
    "off-by-one",
)
OTHERS: dict[str, tuple[tuple[str, str], ...]] = {
    "<": ((COMPARISON, ">"), (COMPARISON, ">="), (EDGE, "<=")),
    ">": ((COMPARISON, "<"), (COMPARISON, "<="), (EDGE, ">=")),
    "<=": ((COMPARISON, ">="), (COMPARISON, ">"), (EDGE, "<")),
    ">=": ((COMPARISON, "<="), (COMPARISON, "<"), (EDGE, ">")),
    "==": (
        (COMPARISON, "!="),
        (COMPARISON, "in"),
        (COMPARISON, ">="),
        (COMPARISON, "<="),
    ),
    "!=": (
        (COMPARISON, "=="),
        (COMPARISON, "not in"),
        (COMPARISON, "<"),
        (COMPARISON, ">"),
    ),
    "is": ((COMPARISON, "is not"), (COMPARISON, "==")),
    "is not": ((COMPARISON, "is"), (COMPARISON, "!=")),
    "in": ((COMPARISON, "not in"), (COMPARISON, "==")),
    "not in": ((COMPARISON, "in"), (COMPARISON, "!=")),
    "and": ((BOOLEAN, "or"),),
    "or": ((BOOLEAN, "and"),),
    "+": ((ARITHMETIC, "-"), (ARITHMETIC, "*")),
    "-": ((ARITHMETIC, "+"),),
    "*": ((ARITHMETIC, "/"), (ARITHMETIC, "+"), (ARITHMETIC, "**")),
    "/": ((ARITHMETIC, "*"), (ARITHMETIC, "//")),
    "//": ((ARITHMETIC, "/"), (ARITHMETIC, "%")),
    "%": ((ARITHMETIC, "//"),),
    "<<": ((ARITHMETIC, ">>"),),
    ">>": ((ARITHMETIC, "<<"),),
    "|": ((ARITHMETIC, "&"),),
    "&": ((ARITHMETIC, "|"),),
    "+=": ((ARITHMETIC, "-="), (ARITHMETIC, "=")),
    "-=": ((ARITHMETIC, "+="),),
    "*=": ((ARITHMETIC, "/="),),
    "/=": ((ARITHMETIC, "*="),),
}
"""Operator → what may have been meant, by kind."""
_CLUES = {
    "same_sides": "both sides are the same",
    "identity_of_literal": "whether a literal is the same object says nothing about values",
    "whole_needed": "only a whole number can stand here, and `/` gives none",
    "opposite": "the two comparisons cannot both fail, or not both hold",
}
_OPERATOR = re.compile(
    r"//=?|<<|>>|[-+*/]=|[<>=!]=|\*\*|[-+*/%|&<>]|\b(?:and|or)\b|\bnot\s+in\b|\bis(?:\s+not)?\b|\bin\b"
)


def candidates(scene: Scene) -> Iterator[Candidate]:
    """Every operator between two operands, with what it may have been; text and lists are left alone in sums."""
    for place in scene.places:
        sums = isinstance(place.node, ast.BinOp | ast.AugAssign)
        for left, right in operands(place.node):
            if sums and (is_sequence(left) or is_sequence(right)):
                continue
            found = operator_between(scene.code, left, right)
            if found:
                about = {**_about(place.node, left, right), **_needs(scene, place.node)}
                was = " ".join(found[0].split())
                for kind, text in OTHERS.get(was, ()):
                    numbers = {**about, f"was {was}": 1.0, f"becomes {text}": 1.0}
                    clue = next((words for name, words in _CLUES.items() if about.get(name)), "")
                    yield Candidate(kind, found.start(), found.end(), text, numbers, clue)


def operands(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Pairs of expressions with an operator between them."""
    if isinstance(node, ast.BinOp):
        yield node.left, node.right
    elif isinstance(node, ast.AugAssign):
        yield node.target, node.value
    elif isinstance(node, ast.BoolOp):
        yield from zip(node.values, node.values[1:], strict=False)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        yield node.left, node.comparators[0]


def operator_between(code: Code, left: ast.expr, right: ast.expr) -> re.Match[str] | None:
    """Where the operator stands; None where a comment stands there too."""
    start, stop = code.between(left, right)
    if "#" in code.text[start:stop]:
        return None
    return _OPERATOR.search(code.text, start, stop)


def is_sequence(node: ast.expr) -> bool:
    """Whether an operand is plainly text or a list."""
    if isinstance(node, ast.BinOp):
        return is_sequence(node.left) or is_sequence(node.right)
    text = isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    return text or isinstance(node, ast.JoinedStr | ast.List | ast.Tuple | ast.Dict | ast.ListComp)


def _about(node: ast.AST, left: ast.expr, right: ast.expr) -> dict[str, float]:
    constant = isinstance(right, ast.Constant)
    return {
        "same_sides": float(ast.dump(left) == ast.dump(right)),
        "constant": float(constant),
        "none": float(constant and right.value is None),  # type: ignore[attr-defined]
        "zero": float(constant and right.value == 0),  # type: ignore[attr-defined]
        "text": float(constant and isinstance(right.value, str)),  # type: ignore[attr-defined]
        "collection": float(isinstance(right, ast.List | ast.Tuple | ast.Set)),
        "length": float(isinstance(left, ast.Call) and getattr(left.func, "id", "") == "len"),
        "augmented": float(isinstance(node, ast.AugAssign)),
        "mixed": float(
            isinstance(node, ast.BoolOp) and isinstance(left, ast.UnaryOp) != isinstance(right, ast.UnaryOp)
        ),
        "opposite": float(_opposite(left, right)),
    }


_WHOLE = frozenset(
    {"range", "xrange", "reshape", "zeros", "ones", "empty", "full", "islice", "randint", "repeat", "chunks"}
)


def _needs(scene: Scene, node: ast.AST) -> dict[str, float]:
    """Whether a quotient stands where only a whole number can: an index, a bound, a shape; or a literal's identity."""
    if isinstance(node, ast.Compare):
        odd = isinstance(node.ops[0], ast.Is | ast.IsNot) and _is_literal(node.comparators[0])
        return {"identity_of_literal": float(odd)}
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Div):
        return {}
    inner, outer = node, scene.parents.get(node)
    while isinstance(outer, ast.BinOp | ast.Tuple | ast.List | ast.UnaryOp | ast.Starred | ast.Slice):
        inner, outer = outer, scene.parents.get(outer)  # type: ignore[assignment]
    index = isinstance(outer, ast.Subscript) and outer.slice is inner
    whole = isinstance(outer, ast.Call) and inner in outer.args and called_name(outer) in _WHOLE
    return {"whole_needed": float(index or whole)}


def _is_literal(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return not (node.value is None or node.value is Ellipsis or isinstance(node.value, bool))
    return isinstance(node, ast.List | ast.Tuple | ast.Dict)


def _opposite(left: ast.expr, right: ast.expr) -> bool:
    """Whether two comparisons of one thing exclude each other, or cannot both fail: ``x != 1 or x != 2``."""
    if not (isinstance(left, ast.Compare) and isinstance(right, ast.Compare)):
        return False
    if len(left.ops) != 1 or len(right.ops) != 1 or ast.dump(left.left) != ast.dump(right.left):
        return False
    both = isinstance(left.ops[0], ast.Eq | ast.NotEq) and type(left.ops[0]) is type(right.ops[0])
    return both and all(isinstance(each.comparators[0], ast.Constant) for each in (left, right))
