"""Attributes set from parameters, private where the profile wants them public, or the other way round.

## What it does
Looks at ``self.name = name`` and ``self._name = name`` in ``__init__``.

## Why is this bad
Whether what came in may be read by everybody is a decision of the design; one that every class takes anew is none.

## Example
```python
def __init__(self, size):
    self.size = size
```

## Use instead
```python
def __init__(self, size):
    self._size = size
```
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, ClassVar

from python_slm.style.base import StyleRule
from python_slm.style.conventions import Choice, Sight
from python_slm.style.reading import own_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.style.reading import Reading

PROFILE = {"classes.attributes": "private"}
VALID = (
    "class A:\n    def __init__(self, a):\n        self._a = a\n",
    "class A:\n    def __init__(self, a):\n        self.b = a + 1\n",
)
INVALID = ("class A:\n    def __init__(self, a):\n        ⟦self.a⟧ = a\n",)


class AttributePrivacy(StyleRule):
    """Only under the parameter's own name, in classes that are public themselves."""

    code = "attribute-privacy"
    severity = "hint"
    conventions: ClassVar = (
        Choice(
            "classes.attributes",
            "attributes set from a parameter of their name",
            {"private": "private attributes (self._name = name)", "public": "public attributes (self.name = name)"},
        ),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        for node in block.of(ast.FunctionDef):
            if node.name != "__init__" or block.test or not node.args.args:
                continue
            self_name = node.args.args[0].arg
            for one in own_nodes(node):
                target = one.targets[0] if isinstance(one, ast.Assign) and len(one.targets) == 1 else None
                value = one.value if isinstance(one, ast.Assign) else None
                if not isinstance(target, ast.Attribute) or not isinstance(value, ast.Name):
                    continue
                if (
                    isinstance(target.value, ast.Name)
                    and target.value.id == self_name
                    and target.attr.lstrip("_") == value.id
                ):
                    kind = "private" if target.attr.startswith("_") else "public"
                    yield Sight("classes.attributes", kind, *block.code.span(target))


RULE = AttributePrivacy()
