"""An attribute that nobody sets.

## What it does
Finds reads of `self.name` in a class of which the file makes instances, where neither the class nor anything else in
the file has or sets such an attribute.

## Why is this bad
It raises `AttributeError` whenever it is reached. Mostly the name is misspelt.

## Example
```python
class Counter:
    def __init__(self):
        self.count = 0

    def more(self):
        self.count = self.cuont + 1
```

## Use instead
```python
        self.count = self.count + 1
```

Classes with bases, decorators, `__getattr__` or anything else that may bring attributes unseen are left alone.

## Fix safety
The fix puts the one attribute there is whose name is alike. It is not safe: only its author knows which was meant.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.findings import Finding, Fix
from python_slm.rules.callees import class_around
from python_slm.rules.purity import expects_error
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.findings import Severity
    from python_slm.rules.facts import ClassFacts
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

VALID = (
    (
        "class A:\n    def f(self):\n        self.x = 1\n        return self.x, self.f, self.__class__, self.y\n"
        "\n    y = 1\n\nA()\n"
    ),
    "class A(B):\n    def f(self):\n        return self.x\n\nA()\n",
    "class A:\n    def f(self):\n        return self.x\n",
    "class A:\n    def f(self):\n        return self.x\n\na = A()\na.x = 1\n",
    "class A:\n    def f(self):\n        return hasattr(self, 'x') and self.x\n\nA()\n",
    "class A:\n    def __getattr__(self, name):\n        return 1\n\n    def f(self):\n        return self.x\n\nA()\n",
)
INVALID = (
    (
        "class A:\n    def __init__(self):\n        self.count = 0\n\n    def f(self):\n"
        "        return ⟦self.cuont⟧\n\nA().f()\n"
    ),
    "class A(object):\n    b = 1\n\n    def f(self):\n        return self.b + ⟦self.x⟧\n\nA().f()\n",
)
_EVERYWHERE = frozenset(dir(object())) | {"__dict__", "__module__", "__slots__", "__weakref__", "__annotations__"}


@dataclass(frozen=True)
class MissingAttribute:
    """See the file's docstring."""

    code = "missing-attribute"
    severity: Severity = "error"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        for node in code.every(ast.Attribute):
            if not isinstance(node.ctx, ast.Load) or not isinstance(node.value, ast.Name) or node.value.id != "self":
                continue
            around = class_around(node.value, code, file) if node.attr not in _EVERYWHERE else None
            if around is None or not _is_plain(around.facts) or around.has(node.attr):
                continue
            facts = around.facts
            if expects_error(node, code) or not file.calls(facts.name) or file.sets_attribute(node.attr):
                continue
            start, end = code.span(node)
            alike = around.alike(node.attr)
            yield Finding(
                "rules",
                self.code,
                f"'{facts.name}' has no attribute '{node.attr}'",
                start,
                end,
                self.severity,
                (Fix(f"Change to '{alike[0]}'", (Edit(end - len(node.attr), end, alike[0]),), safe=False),)
                if len(alike) == 1
                else (),
                reasoning=f"`{facts.name}` inherits from nothing, has nothing of that name in its body, and no method "
                "of it nor anything else in the file sets one.",
            )


def _is_plain(facts: ClassFacts) -> bool:
    return facts.bases in ((), ("object",)) and not (facts.decorators or facts.keywords or facts.dynamic)


RULE = MissingAttribute()
