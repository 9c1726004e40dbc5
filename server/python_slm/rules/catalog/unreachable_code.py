"""Code that is never reached.

## What it does
Finds statements that no execution reaches: they stand behind a `return`, `raise`, `break`, `continue` or `sys.exit()`,
or behind an `if`, `try`, `match` or endless loop all of whose ways end so.

## Why is this bad
Whoever reads the code takes it for something that happens. Often the jump was indented one step too far or too little.

## Example
```python
def total(prices):
    return sum(prices)
    log.info("summed")
```

## Use instead
```python
def total(prices):
    log.info("summing")
    return sum(prices)
```

A lone `yield` that makes a generator of the function, what only says that a place is never reached (`assert False`,
`raise`), a `return`, `break` or `pass` put there out of caution, and functions that raise before anything else are left
alone.

## Fix safety
The fix deletes the statements. It is not safe: comments between them go as well, and what the code was for, only its
author knows.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.findings import Finding, Fix, Related
from python_slm.rules.ends import ends
from python_slm.syntax.located import FUNCTIONS
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.findings import Severity
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

VALID = (
    "def f(x):\n    if x:\n        return 1\n    return 2\n",
    "def f():\n    return\n    yield\n",
    "def f():\n    raise NotImplementedError\n    return 1\n",
    "def f():\n    '''Doc.'''\n    raise SkipTest\n    x()\n",
    "def f(x):\n    while True:\n        if x():\n            break\n    return x\n",
    "def f(x):\n    with suppress(KeyError):\n        raise KeyError\n    return x\n",
    "def f(x):\n    try:\n        return x()\n    except KeyError:\n        pass\n    return 2\n",
    "def f(x):\n    while x:\n        return 1\n    return 2\n",
)
INVALID = (
    "def f():\n    return 1\n    ⟦a()\n    b()⟧\n",
    "def f(x):\n    if x:\n        return 1\n    else:\n        raise ValueError\n    ⟦a()⟧\n    # the end\n",
    "import sys\n\ndef f(x):\n    sys.exit(1)\n    ⟦print(x)⟧\n",
    "def f(x):\n    while True:\n        x()\n    ⟦x.close()⟧\n",
    "for x in y:\n    if x:\n        continue\n        ⟦x()⟧\n    z(x)\n",
    "def f(x):\n    try:\n        return x()\n    except KeyError:\n        raise\n    ⟦x = 2\n    return x⟧\n",
    "def f(x):\n    match x:\n        case 1:\n            return\n        case _:\n            raise x\n    ⟦x()⟧\n",
)


@dataclass(frozen=True)
class UnreachableCode:
    """See the file's docstring."""

    code = "unreachable-code"
    severity: Severity = "information"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        del file
        for suite in code.suites():
            yield from self._in_suite(suite, code)

    def _in_suite(self, suite: Sequence[ast.stmt], code: Located) -> Iterator[Finding]:
        place = next((place for place, one in enumerate(suite[:-1]) if ends(one)), None)
        if place is None or all(map(_is_harmless, suite[place + 1 :])) or _is_switched_off(suite[place], code):
            return
        last, dead = suite[place], suite[place + 1 :]
        start, end = code.span(dead[0])[0], code.span(dead[-1])[1]
        what = _named(last)
        fixes: tuple[Fix, ...] = ()
        if not any(isinstance(one, ast.Yield | ast.YieldFrom) for each in dead for one in ast.walk(each)):
            fixes = (Fix("Delete the unreachable code", (Edit(code.span(last)[1], end, ""),), safe=False),)
        yield Finding(
            "rules",
            self.code,
            f"Never reached: execution does not get past the {what}",
            start,
            end,
            self.severity,
            fixes,
            tags=("unnecessary",),
            related=(Related(*code.span(last), f"nothing gets past this {what}"),),
            reasoning=f"Every way through the `{what}` above leaves this place: it returns, raises or never ends.",
        )


def _is_switched_off(last: ast.stmt, code: Located) -> bool:
    """Whether a function raises before anything else: it is meant not to run."""
    function = code.parents[last]
    if not isinstance(last, ast.Raise) or not isinstance(function, FUNCTIONS):
        return False
    return all(isinstance(one, ast.Expr) for one in function.body[: function.body.index(last)])


def _is_harmless(statement: ast.stmt) -> bool:
    """What is written behind a jump to say that, or to please a reader of types."""
    if isinstance(statement, ast.Pass | ast.Return | ast.Break | ast.Continue | ast.Raise | ast.Assert):
        return True
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant | ast.Yield | ast.YieldFrom)


def _named(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Expr):
        return "call"
    names = {ast.AsyncWith: "with", ast.TryStar: "try"}
    return names.get(type(statement), type(statement).__name__.lower())


RULE = UnreachableCode()
