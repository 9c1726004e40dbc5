"""Values of builtin types that cannot be put together.

## What it does
Finds additions, comparisons and loops whose operands are certainly of builtin types that do not go together: text plus
a number, text compared with bytes, a loop over a number.

## Why is this bad
Adding, ordering and looping raise `TypeError` whenever they are reached; `==` between such values is always false.

## Example
```python
for place in len(items):
    print("item " + place)
```

## Use instead
```python
for place in range(len(items)):
    print("item " + str(place))
```
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.findings import Finding
from python_slm.rules.kinds import NUMBERS, kind_of
from python_slm.rules.purity import expects_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.findings import Severity
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

VALID = (
    "x = 'a' + str(1)\nx = 1 + 2.0\nx = [1] + [2]\nx = 'a' == y\nfor y in range(3):\n    pass\nx = 1 == True\n",
    "def f(x: str):\n    return x == 1\n",
    "try:\n    'a' + 1\nexcept TypeError:\n    pass\nself.assertRaises(TypeError, lambda: 'a' + 1)\n",
    "x = 'a' in 'abc'\nx = 'a' % 1\nx = 'a' * 3\nx = 1 in [1]\nx = 'a' < 'b'\nx = {1} == frozenset({1})\n",
    "def f(y):\n    x = 1\n    if y:\n        x = 'a'\n    return x + 'b'\n",
    "x = 'a' is None\nx = 'a' != None\n",
)
INVALID = (
    "def f(y):\n    return ⟦'a: ' + len(y)⟧\n",
    "def f(y):\n    x = f'{y}'\n    return ⟦x == 3⟧ or ⟦x < 3⟧\n",
    "def f(y):\n    for x in ⟦len(y)⟧:\n        print(x)\n",
    "x = ⟦'a' == b'a'⟧\nx = ⟦[1] + (2,)⟧\nx = ⟦1 in 'abc'⟧\n",
)
_FAMILIES = (NUMBERS, frozenset({"set", "frozenset"}), frozenset({"bytes", "bytearray"}))
_KNOWN = frozenset({"str", "bytes", "bytearray", "list", "tuple", "dict", "set", "frozenset", "range"}) | NUMBERS
_ADDED = frozenset({"str", "bytes", "list", "tuple"})
_TEXT = frozenset({"str", "bytes"})


@dataclass(frozen=True)
class IncompatibleTypes:
    """See the file's docstring."""

    code = "incompatible-types"
    severity: Severity = "error"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        for operation in code.every(ast.BinOp):
            if isinstance(operation.op, ast.Add):
                left, right = _kind(operation.left, code, file), _kind(operation.right, code, file)
                if _clash(left, right) and (left in _ADDED or right in _ADDED):
                    yield from self._finding(operation, f"'{left}' and '{right}' cannot be added", code)
        for compared in code.every(ast.Compare):
            yield from self._compared(compared, code, file)
        for loop in (*code.every(ast.For), *code.every(ast.comprehension)):
            kind = _kind(loop.iter, code, file)  # type: ignore[attr-defined]
            if kind in NUMBERS:
                yield from self._finding(loop.iter, f"'{kind}' cannot be iterated over", code)  # type: ignore[attr-defined]

    def _compared(self, node: ast.Compare, code: Located, file: File) -> Iterator[Finding]:
        if len(node.ops) != 1:
            return
        left, right = _kind(node.left, code, file), _kind(node.comparators[0], code, file)
        operator = node.ops[0]
        if isinstance(operator, ast.In | ast.NotIn):
            if right == "str" and left in _KNOWN - {"str"}:
                yield from self._finding(node, f"'{left}' cannot be in 'str': that raises TypeError", code)
        elif not _clash(left, right) or isinstance(operator, ast.Is | ast.IsNot):
            return
        elif isinstance(operator, ast.Eq | ast.NotEq):
            if left in _TEXT or right in _TEXT:
                outcome = "never" if isinstance(operator, ast.Eq) else "always"
                said = "equal" if isinstance(operator, ast.Eq) else "unequal"
                yield from self._finding(node, f"'{left}' and '{right}' are {outcome} {said}", code)
        else:
            yield from self._finding(node, f"'{left}' and '{right}' have no order: that raises TypeError", code)

    def _finding(self, node: ast.expr, message: str, code: Located) -> Iterator[Finding]:
        if not expects_error(node, code):
            yield Finding(
                "rules",
                self.code,
                message,
                *code.span(node),
                self.severity,
                reasoning="The types are those of literals, of builtin calls, or of the only value that a local "
                "variable ever gets.",
            )


def _kind(node: ast.expr, code: Located, file: File) -> str:
    """Empty where it is not certain; what a parameter is said to be is no more than said."""
    if any(isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load) for one in ast.walk(node)) and isinstance(
        node, ast.Name
    ):
        home = code.scopes.at(node).home
        if any(isinstance(one.node, ast.arg) for one in code.scopes.of(node.id, home)):
            return ""
    found = kind_of(node, code, file)
    return found if found in _KNOWN else ""


def _clash(left: str, right: str) -> bool:
    return bool(left and right) and left != right and not any(left in one and right in one for one in _FAMILIES)


RULE = IncompatibleTypes()
