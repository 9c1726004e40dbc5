"""Nothing, used as if it were something: the result of what returns none.

## What it does
Finds uses of the result of a function of the same file that never returns a value, and of methods such as `list.sort`
and `list.append` that change a list, dictionary or set in place.

## Why is this bad
All of them return `None`. `names = names.sort()` loses the list.

## Example
```python
names = list(people)
names = names.sort()
```

## Use instead
```python
names = list(people)
names.sort()
```
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.findings import Finding, Related
from python_slm.rules.callees import callee
from python_slm.rules.kinds import builtin, kind_of
from python_slm.rules.purity import expects_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.findings import Severity
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

VALID = (
    "def f(x):\n    y = list(x)\n    y.sort()\n    y = sorted(y)\n    return y\n",
    "def f(x):\n    y = []\n    return y.append(x)\n",
    "def f():\n    print(1)\n\ndef g():\n    return f()\n\nx = f() or 1\nassert f() is None\n",
    "def f():\n    raise NotImplementedError\n\nx = f()\n",
    "def f():\n    print(1)\n\ndef test_it():\n    result = f()\n    assert result is None\n",
    "async def f():\n    print(1)\n\nx = f()\n",
)
INVALID = (
    "def f(x):\n    y = list(x)\n    z = ⟦y.sort()⟧\n    return z\n",
    "def f(x):\n    for y in ⟦[3, 2].sort()⟧:\n        print(y)\n",
    "def f():\n    print(1)\n\nx = ⟦f()⟧\n",
    "def f(x):\n    x.run()\n    return\n\ndef g(x):\n    return len(⟦f(x)⟧), ⟦f(x)⟧.name\n",
)
_IN_PLACE = {
    "list": {"append", "extend", "insert", "remove", "clear", "sort", "reverse"},
    "set": {"add", "discard", "remove", "update", "clear", "difference_update", "intersection_update"},
    "dict": {"update", "clear"},
}


@dataclass(frozen=True)
class NoneAsValue:
    """See the file's docstring."""

    code = "none-as-value"
    severity: Severity = "error"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        for call in code.every(ast.Call):
            if not _is_used(call, code):
                continue
            spoken, related = _nothing(call, code, file)
            if not spoken or expects_error(call, code) or _is_compared(call, code):
                continue
            yield Finding(
                "rules",
                self.code,
                f"'{spoken}' returns None, which is used as a value here",
                *code.span(call),
                self.severity,
                related=related,
                reasoning=f"No way through `{spoken}` returns a value, so this is `None` whenever it is reached.",
            )


def _nothing(call: ast.Call, code: Located, file: File) -> tuple[str, tuple[Related, ...]]:
    """What returns nothing, as it is to be called; empty where something may be returned."""
    if isinstance(call.func, ast.Attribute) and any(call.func.attr in names for names in _IN_PLACE.values()):
        kind = kind_of(call.func.value, code, file)
        if kind and call.func.attr in _IN_PLACE.get(kind, ()):
            return f"{kind}.{call.func.attr}", ()
    if not isinstance(call.func, ast.Name):
        return "", ()
    if call.func.id == "print" and builtin(call.func, code, file):
        return "print", ()
    found = callee(call.func, code, file)
    if not found or found.facts.decorators or found.facts.kind != "plain":
        return "", ()
    if found.facts.returns_value or found.facts.stub or found.facts.annotation not in ("", "None"):
        return "", ()
    return found.spoken, found.related


def _is_used(call: ast.Call, code: Located) -> bool:
    """Whether something is done with the result that makes sense with a value alone."""
    parent = code.parents[call]
    if isinstance(parent, ast.Assign | ast.AugAssign | ast.AnnAssign):
        return not (isinstance(parent, ast.Assign) and any(_is_dummy(one) for one in parent.targets))
    if isinstance(parent, ast.For | ast.comprehension):
        return parent.iter is call
    if isinstance(parent, ast.Call):
        called = parent.func
        name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        return call in parent.args and name in {"len", "list", "set", "tuple", "dict", "sorted", "str", "int", "sum"}
    return isinstance(parent, ast.Attribute | ast.Subscript | ast.BinOp)


def _is_dummy(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id.startswith("_")


def _is_compared(call: ast.Call, code: Located) -> bool:
    """Whether it is bound to a name that is asked for being none: that is what is wanted then, as in tests."""
    parent = code.parents[call]
    if not isinstance(parent, ast.Assign) or not isinstance(parent.targets[0], ast.Name):
        return False
    name = code.scopes.at(parent.targets[0])
    reads = [one.node for one in code.scopes.of(name.name, name.home) if one.how == "load"]
    return any("None" in ast.dump(code.parents[one]) for one in reads)


RULE = NoneAsValue()
