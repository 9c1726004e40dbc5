"""A list where Python takes a tuple alone.

## What it does
Finds lists as the second argument of `isinstance` and `issubclass`, and as the argument of `startswith` and `endswith`
of what is certainly a string.

## Why is this bad
All of these take one value or a tuple of them. A list raises `TypeError`.

## Example
```python
if isinstance(value, [int, float]):
    total += value
```

## Use instead
```python
if isinstance(value, (int, float)):
    total += value
```

## Fix safety
The fix makes a tuple of the list. It is not safe only in that code which raised an error does something then.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.findings import Finding, Fix
from python_slm.rules.kinds import builtin, kind_of
from python_slm.rules.purity import expects_error
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.findings import Severity
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

VALID = (
    "isinstance(x, (int, str))\n'abc'.startswith(('a', 'b'))\nx.startswith(['a'])\nisinstance(x, y)\n",
    "try:\n    isinstance(x, [int])\nexcept TypeError:\n    pass\n",
)
INVALID = (
    "isinstance(x, ⟦[int, str]⟧)\nissubclass(x, ⟦[int]⟧)\n",
    "def f(x):\n    y = str(x)\n    return y.startswith(⟦['a', 'b']⟧)\n",
)
_AFFIXES = ("startswith", "endswith")


@dataclass(frozen=True)
class ListForTuple:
    """See the file's docstring."""

    code = "list-for-tuple"
    severity: Severity = "error"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        for call in code.every(ast.Call):
            given = call.args[-1] if call.args else None
            if not isinstance(given, ast.List) or not _wants_tuple(call, code, file) or expects_error(call, code):
                continue
            start, end = code.span(given)
            inner = code.text[start + 1 : end - 1]
            comma = "," if len(given.elts) == 1 and not inner.rstrip().endswith(",") else ""
            yield Finding(
                "rules",
                self.code,
                "A tuple is needed here: a list raises TypeError",
                start,
                end,
                self.severity,
                (Fix("Make it a tuple", (Edit(start, start + 1, "("), Edit(end - 1, end, f"{comma})")), safe=False),),
                reasoning="It takes one value or a tuple of them, nothing else.",
            )


def _wants_tuple(call: ast.Call, code: Located, file: File) -> bool:
    if isinstance(call.func, ast.Attribute) and call.func.attr in _AFFIXES and len(call.args) == 1:
        return kind_of(call.func.value, code, file) == "str"
    return len(call.args) == len("ab") and builtin(call.func, code, file) in ("isinstance", "issubclass")


RULE = ListForTuple()
