"""An `except` that an earlier one leaves nothing to.

## What it does
Finds `except` clauses all of whose exceptions derive from one that an earlier clause of the same `try` catches: builtin
ones, and classes of the same file.

## Why is this bad
The first clause that fits is taken. The later one never is.

## Example
```python
try:
    text = path.read_text()
except OSError:
    text = ""
except FileNotFoundError:
    create(path)
```

## Use instead
```python
try:
    text = path.read_text()
except FileNotFoundError:
    create(path)
except OSError:
    text = ""
```
"""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.findings import Finding, Related
from python_slm.rules.kinds import builtin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.findings import Severity
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

VALID = (
    "try:\n    x()\nexcept FileNotFoundError:\n    pass\nexcept OSError:\n    pass\n",
    "try:\n    x()\nexcept (KeyError, OSError):\n    pass\nexcept (IndexError, FileNotFoundError):\n    pass\n",
    "from y import OSError\n\ntry:\n    x()\nexcept OSError:\n    pass\nexcept FileNotFoundError:\n    pass\n",
    "class A(B):\n    pass\n\ntry:\n    x()\nexcept ValueError:\n    pass\nexcept A:\n    pass\n",
    "try:\n    x()\nexcept ValueError:\n    pass\nexcept ValueError:\n    pass\n",
)
INVALID = (
    "try:\n    x()\nexcept OSError:\n    pass\nexcept ⟦FileNotFoundError⟧:\n    pass\n",
    "try:\n    x()\nexcept Exception:\n    pass\nexcept ⟦(KeyError, ValueError)⟧ as error:\n    pass\n",
    (
        "class A(ValueError):\n    pass\n\nclass B(A):\n    pass\n\ntry:\n    x()\nexcept A:\n    pass\n"
        "except ⟦B⟧:\n    pass\n"
    ),
    "class A(LookupError):\n    pass\n\ntry:\n    x()\nexcept Exception:\n    pass\nexcept ⟦A⟧:\n    pass\n",
)
_DEEPEST = 20


@dataclass(frozen=True)
class UnreachableExcept:
    """See the file's docstring."""

    code = "unreachable-except"
    severity: Severity = "warning"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        for node in code.every(ast.Try):
            caught: dict[str, ast.expr] = {}
            for handler in node.handlers:
                lines = [_line(one, code, file) for one in _types(handler)]
                covering = [next((caught[name] for name in line[1:] if name in caught), None) for line in lines]
                first = covering[0] if covering else None
                if handler.type is not None and first is not None and all(covering):
                    yield Finding(
                        "rules",
                        self.code,
                        "Never taken: an except clause above catches all of this",
                        *code.span(handler.type),
                        self.severity,
                        related=(Related(*code.span(first), "caught here already"),),
                        reasoning="Of the clauses that fit an exception the first is taken; what stands here derives "
                        "from what is caught above.",
                    )
                for one, line in zip(_types(handler), lines, strict=True):
                    if line:
                        caught.setdefault(line[0], one)


def _types(handler: ast.ExceptHandler) -> list[ast.expr]:
    if isinstance(handler.type, ast.Tuple):
        return handler.type.elts
    return [handler.type] if handler.type else []


def _line(node: ast.expr, code: Located, file: File) -> list[str]:
    """The class and those that it derives from, as far as is known; empty for what is none."""
    if not isinstance(node, ast.Name):
        return []
    if builtin(node, code, file):
        return _builtin_line(node.id)
    if code.scopes.at(node).home is not code.scopes.module:
        return []
    line, name = [node.id], node.id
    while len(line) < _DEEPEST:
        facts = file.class_of(name)
        if facts is None or len(facts.bases) != 1 or not facts.bases[0]:
            break
        name = facts.bases[0]
        if not file.bound(name) and not file.open():
            return line + _builtin_line(name)
        line.append(name)
    return line if file.class_of(node.id) else []


def _builtin_line(name: str) -> list[str]:
    found = getattr(builtins, name, None)
    if not isinstance(found, type) or not issubclass(found, BaseException):
        return []
    return [one.__name__ for one in found.__mro__[:-1]]


RULE = UnreachableExcept()
