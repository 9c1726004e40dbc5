"""Comparisons that cannot hold together, or one of which always holds.

## What it does
Finds an `and` of comparisons of the same thing with constants that no value satisfies, such as `x == 1 and x == 2` or
`x > 5 and x < 3`, an `or` that every value satisfies, such as `x != 1 or x != 2`, and chains such as `5 < x < 3`.

## Why is this bad
The condition does not depend on the value: one branch is never taken. Mostly `and` and `or` were mixed up, or a bound.

## Example
```python
if answer != "yes" or answer != "no":
    ask_again()
```

## Use instead
```python
if answer != "yes" and answer != "no":
    ask_again()
```
"""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from python_slm.findings import Finding, Related
from python_slm.rules.purity import is_pure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from python_slm.findings import Severity
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

VALID = (
    "x = a == 1 or a == 2\n",
    "x = a != 1 and a != 2\n",
    "x = a > 3 and a < 5\n",
    "x = a < 3 or a > 5\n",
    "x = a >= 3 and a <= 3\n",
    "x = f() == 1 and f() == 2\n",
    "x = a == 1 and b == 2\n",
    "x = a == 1 and a == True\n",
    "x = 3 < a < 5\n",
    "x = a is None or a != 'x'\n",
    "x = a == 0 and a == 0.0\n",
    "x = a == 204 or 100 <= a < 200\n",
)
INVALID = (
    "x = ⟦a == 1 and a == 2⟧\n",
    "x = ⟦a != 'b' or a != 'c'⟧ or c\n",
    "x = ⟦a.b > 5 and a.b < 3⟧\n",
    "x = ⟦a[0] < 5 or a[0] > 3⟧\n",
    "x = ⟦5 < a <= 3⟧\n",
    "x = ⟦a is None and b and a == 3⟧\n",
    "x = ⟦a is None or a is not None⟧\n",
    "x = ⟦1 == a and a == -1⟧\n",
)
_FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE, ast.Eq: ast.Eq, ast.NotEq: ast.NotEq,
    ast.Is: ast.Is, ast.IsNot: ast.IsNot,
}  # fmt: skip
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
Value = str | bytes | float | bool | None


@dataclass(frozen=True)
class _Claim:
    """``what`` compared with a constant; ``end`` is the offset behind it."""

    what: str
    operator: type[ast.cmpop]
    value: Value
    node: ast.expr

    def denied(self) -> _Claim:
        return _Claim(self.what, _OPPOSITE[self.operator], self.value, self.node)


@dataclass(frozen=True)
class ContradictoryComparison:
    """See the file's docstring."""

    code = "contradictory-comparison"
    severity: Severity = "warning"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        del file
        for operation in code.every(ast.BoolOp):
            together = isinstance(operation.op, ast.And)
            claims = [claim for one in operation.values for claim in _claims(one) if together or _is_single(one)]
            pair = _conflict(claims if together else [one.denied() for one in claims])
            if pair:
                yield self._finding(code, *pair, holds=not together)
        for compared in code.every(ast.Compare):
            if len(compared.ops) > 1 and _conflict(list(_claims(compared))):
                start, end = code.span(compared)
                yield self._said(start, end, holds=False)

    def _finding(self, code: Located, first: ast.expr, second: ast.expr, *, holds: bool) -> Finding:
        start, end = code.span(first)[0], code.span(second)[1]
        return self._said(
            start, end, holds=holds, related=tuple(Related(*code.span(one), "compared here") for one in (first, second))
        )

    def _said(self, start: int, end: int, *, holds: bool, related: tuple[Related, ...] = ()) -> Finding:
        outcome = (
            "always true: every value satisfies one of the two" if holds else "never true: no value satisfies both"
        )
        return Finding(
            "rules",
            self.code,
            f"This is {outcome}",
            start,
            end,
            self.severity,
            related=related,
            reasoning="The comparisons are of the same value with different constants, and "
            + ("what one rules out the other lets in." if holds else "what one lets in the other rules out."),
        )


def _is_single(test: ast.expr) -> bool:
    """Whether it fails for one reason alone: a chain may for several."""
    return isinstance(test, ast.Compare) and len(test.ops) == 1


def _claims(test: ast.expr) -> Iterator[_Claim]:
    if not isinstance(test, ast.Compare) or not is_pure(test):
        return
    several = [test.left, *test.comparators]
    for place, operator in enumerate(test.ops):
        kind, left, right = type(operator), several[place], several[place + 1]
        if kind not in _FLIPPED:
            continue
        constant = _constant(right)
        if constant is None:
            constant, left, kind = _constant(left), right, _FLIPPED[kind]
        if constant is not None and _constant(left) is None:
            yield _Claim(ast.dump(left), kind, constant[0], test)


def _constant(node: ast.expr) -> tuple[Value] | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        value = node.operand.value
        return (-value,) if isinstance(value, int | float) else None
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes | int | float | None):
        return (node.value,)
    return None


def _conflict(claims: Iterable[_Claim]) -> tuple[ast.expr, ast.expr] | None:
    for first, second in combinations(claims, 2):
        if first.what == second.what and not _compatible(first, second):
            return first.node, second.node
    return None


def _compatible(first: _Claim, second: _Claim) -> bool:
    """Whether some value satisfies both, as far as can be told."""
    if first.value is None or second.value is None:
        return _compatible_with_none(first, second)
    if isinstance(first.value, bool) or isinstance(second.value, bool) or type(first.value) is not type(second.value):
        return not _both_numbers(first, second) or _meet(first, second)
    return _meet(first, second)


def _compatible_with_none(first: _Claim, second: _Claim) -> bool:
    if first.value is not None:
        first, second = second, first
    is_none = first.operator in (ast.Is, ast.Eq)
    if second.value is None:
        return is_none == (second.operator in (ast.Is, ast.Eq))
    return not is_none or second.operator in (ast.NotEq, ast.IsNot)


def _both_numbers(first: _Claim, second: _Claim) -> bool:
    return all(isinstance(one.value, int | float) and not isinstance(one.value, bool) for one in (first, second))


def _meet(first: _Claim, second: _Claim) -> bool:
    exact, other = (first, second) if first.operator in (ast.Eq, ast.Is) else (second, first)
    if exact.operator in (ast.Eq, ast.Is):
        return _satisfies(exact.value, other)
    if ast.NotEq in (first.operator, second.operator) or ast.IsNot in (first.operator, second.operator):
        return True
    if not _both_numbers(first, second):
        return True
    low, high = -math.inf, math.inf
    open_low = open_high = False
    for one in (first, second):
        value = float(one.value)  # type: ignore[arg-type]
        if one.operator in (ast.Gt, ast.GtE) and value >= low:
            low, open_low = value, one.operator is ast.Gt or (open_low and value == low)
        if one.operator in (ast.Lt, ast.LtE) and value <= high:
            high, open_high = value, one.operator is ast.Lt or (open_high and value == high)
    return low < high or (low == high and not open_low and not open_high)


def _satisfies(value: Value, claim: _Claim) -> bool:
    if claim.operator in (ast.Eq, ast.Is):
        return value == claim.value
    if claim.operator in (ast.NotEq, ast.IsNot):
        return value != claim.value
    if not isinstance(value, int | float) or not isinstance(claim.value, int | float):
        return True
    ways = {
        ast.Lt: value < claim.value,
        ast.LtE: value <= claim.value,
        ast.Gt: value > claim.value,
        ast.GtE: value >= claim.value,
    }
    return ways[claim.operator]


RULE = ContradictoryComparison()
