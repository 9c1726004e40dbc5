"""A result that is thrown away, of a call that does nothing but return it.

## What it does
Finds statements that call a method of what is certainly a string, or `sorted`, `reversed`, `map`, `filter`, `zip` or
`enumerate`, and do nothing with the result.

## Why is this bad
Strings never change: `name.strip()` returns another one. `map(f, xs)` calls `f` only when somebody iterates over it.
The statement has no effect.

## Example
```python
def clean(name: str) -> str:
    name.strip()
    return name
```

## Use instead
```python
def clean(name: str) -> str:
    return name.strip()
```

## Fix safety
The fix binds the result to the string's name. It is not safe: the code does something else then.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.findings import Finding, Fix
from python_slm.rules.kinds import STR_METHODS, builtin, kind_of
from python_slm.rules.purity import expects_error
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.findings import Severity
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

VALID = (
    "def f(x):\n    x.replace('a', 'b')\n    y = 'a'.strip()\n    return y\n",
    "def f(x: str):\n    try:\n        x.strip()\n    except AttributeError:\n        pass\n",
    "def f(x: str):\n    x.encode('ascii')\n    x = None\n",
    "def sorted(x):\n    return x\n\nsorted([1])\n",
)
INVALID = (
    "def f(x: str):\n    ⟦x.strip()⟧\n    return x\n",
    "def f(x, y):\n    s = f'{x} {y}'\n    ⟦s.replace('a', 'b')⟧\n    return s\n",
    "def f(x):\n    ⟦sorted(x)⟧\n    ⟦map(print, x)⟧\n    return x\n",
    "'a b'.split().sort()\n⟦'a b'.upper()⟧\n",
)
_CHECKS = {"encode", "index", "rindex", "format", "format_map", "join"}
"""Called for the exception that they may raise, or for what they iterate over."""
_BUILTINS = {"sorted", "reversed", "map", "filter", "zip", "enumerate"}


@dataclass(frozen=True)
class DiscardedResult:
    """See the file's docstring."""

    code = "discarded-result"
    severity: Severity = "warning"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        for statement in code.every(ast.Expr):
            call = statement.value
            what = _pure(call, code, file) if isinstance(call, ast.Call) else ""
            if not what or expects_error(statement, code):
                continue
            start, end = code.span(statement)
            yield Finding(
                "rules",
                self.code,
                f"The result of '{what}' is thrown away, and it does nothing else",
                start,
                end,
                self.severity,
                _fixes(call, start),
                reasoning=f"`{what}` changes nothing in place: all that it does is return a value, which is not used.",
            )


def _pure(call: ast.Call, code: Located, file: File) -> str:
    if isinstance(call.func, ast.Name):
        return call.func.id if call.func.id in _BUILTINS and builtin(call.func, code, file) and call.args else ""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in STR_METHODS - _CHECKS:
        return ""
    return f"str.{call.func.attr}" if kind_of(call.func.value, code, file) == "str" else ""


def _fixes(call: ast.expr, start: int) -> tuple[Fix, ...]:
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        name = call.func.value.id
        return (Fix(f"Bind the result to '{name}'", (Edit(start, start, f"{name} = "),), safe=False),)
    return ()


RULE = DiscardedResult()
