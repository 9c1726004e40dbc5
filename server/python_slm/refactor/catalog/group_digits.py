"""Group digits: a long number gets underscores, or loses them."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import same
from python_slm.refactor.plan import Plan
from python_slm.text import Edit

if TYPE_CHECKING:
    from python_slm.refactor.code import Code

EXAMPLES = (
    ("x = ⟦⟧1000000\n", "x = 1_000_000\n"),
    ("é = f(0xDEADBEEF⟦⟧)\n", "é = f(0xDEAD_BEEF)\n"),
    ("x = 0b⟦⟧11110000\n", "x = 0b1111_0000\n"),
    ("x = -⟦⟧12345.678e10\n", "x = -12_345.678e10\n"),
    ("x = 1_00_0⟦⟧0\n", "x = 10000\n"),
    ("x = ⟦⟧1_000_000\n", "x = 1000000\n"),
)
REFUSED = (
    ("x = ⟦⟧100\n", "short"),
    ("x = ⟦⟧'1000000'\n", "select a number"),
    ("x = ⟦⟧y\n", "select a number"),
    ("x = ⟦⟧0.0000001\n", "short"),
)
_FEWEST = 5


class GroupDigits:
    """By thousands; by four digits where the base is 2, 8 or 16."""

    name = "group-digits"
    kind = "refactor.rewrite.number"
    title = "Group digits, or do not"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = next((one for one in code.path if isinstance(one, ast.Constant)), None)
        if node is None or isinstance(node.value, bool) or not isinstance(node.value, int | float | complex):
            raise RefusedError("select a number")
        source = code.source(node)
        found = re.fullmatch(r"(0[xXbBoO])([0-9a-fA-F_]+)|([0-9_]+)((?:[.eEjJ].*)?)", source)
        if found is None:
            raise RefusedError("it is written in another way than usual")
        base, digits, rest = found[1] or "", found[2] or found[3], found[4] or ""
        edit = Edit(*code.span(node), base + _regrouped(digits, 4 if base else 3) + rest)
        if not same(code.tree, code.becomes(edit)):
            raise RefusedError("its text cannot be changed so that nothing else does")
        return Plan((edit,))


def _regrouped(digits: str, size: int) -> str:
    if "_" in digits:
        return digits.replace("_", "")
    if len(digits) < _FEWEST:
        raise RefusedError("it is too short to be grouped")
    first = len(digits) % size
    groups = [digits[:first]] * bool(first) + [
        digits[place : place + size] for place in range(first, len(digits), size)
    ]
    return "_".join(groups)


REFACTORING = GroupDigits()
