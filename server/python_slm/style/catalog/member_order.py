"""Members of classes, and definitions of modules, in another order than the profile's.

## What it does
Compares the order of special methods, properties, class methods, public and private methods with the profile's, and
that of public and private functions in a module.

## Why is this bad
In a code base whose helpers always stand below, one that does not is read from the wrong end.

## Example
```python
class Cart:
    def _add(self): ...
    def __init__(self): ...
    def add(self): ...
```

## Use instead
```python
class Cart:
    def __init__(self): ...
    def add(self): ...
    def _add(self): ...
```
"""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING, ClassVar

from python_slm.style.base import StyleRule
from python_slm.style.conventions import Sight
from python_slm.style.order import Order
from python_slm.style.reading import decorators

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from python_slm.style.base import Whole
    from python_slm.style.reading import Function, Reading

PROFILE = {"classes.order": ("special", "public", "private"), "modules.order": ("public", "private")}
VALID = (
    "class A:\n    def __init__(self): ...\n    def a(self): ...\n    def _b(self): ...\n",
    "class A:\n    def a(self): ...\n    @property\n    def b(self): ...\n",
    "def a(): ...\ndef _b(): ...\n",
)
INVALID = (
    "class ⟦A⟧:\n    def _b(self): ...\n    def a(self): ...\n",
    "class ⟦A⟧:\n    def a(self): ...\n    def __init__(self): ...\n",
    "def ⟦_b⟧(): ...\n\n\ndef a(): ...\n",
)
_CLASS = "class-itself"
_GROUPS = ("special", "class", "property", "public", "private")


class MemberOrder(StyleRule):
    """Nested functions, overloads and setters stand with what they belong to."""

    code = "member-order"
    conventions: ClassVar = (
        Order("classes.order", "members of classes", _GROUPS),
        Order("modules.order", "functions of modules", ("public", "private")),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        if block.test:
            return
        for node in block.classes:
            yield Sight("classes.order", _CLASS, *block.name_span(node), _qualified(node, block), node.name)
        for function in block.functions:
            owner = block.owner(function)
            if owner and function in owner.body and not {"setter", "deleter", "overload"} & decorators(function):
                span = block.name_span(function)
                yield Sight("classes.order", _group(function), *span, _qualified(owner, block))
            elif isinstance(block.code.parents[function], ast.Module) and not function.name.startswith("__"):
                group = "private" if function.name.startswith("_") else "public"
                yield Sight("modules.order", group, *block.name_span(function))

    def gathered(self, sights: Iterable[Sight], whole: Whole) -> Iterable[Sight]:  # noqa: ARG002 - see StyleRule
        """One order a class, shown at its name, and one a module, shown at its first function."""
        owners: defaultdict[tuple[str, str], list[Sight]] = defaultdict(list)
        for one in sorted(sights, key=lambda one: one.start):
            owners[one.key, one.subject].append(one)
        for (key, _), found in owners.items():
            groups = [str(one.value) for one in found if one.value != _CLASS]
            head = next((one for one in found if one.value == _CLASS), found[0])
            if len(set(groups)) > 1 and (key == "modules.order" or head.value == _CLASS):
                yield Sight(key, " ".join(groups), head.start, head.end, name=head.name or "the module")


def _qualified(node: ast.ClassDef, block: Reading) -> str:
    """The name of a class with those around it; a member of a long class stands in a class without its name."""
    names = [one.name for one in (node, *block.code.around(node)) if isinstance(one, ast.ClassDef)]
    if block.owner_name and names[-1] != block.owner_name:
        names[-1] = block.owner_name
    return ".".join(reversed(names))


def _group(node: Function) -> str:
    if node.name.startswith("__") and node.name.endswith("__"):
        return "special"
    if node.name.startswith("_"):
        return "private"
    marks = decorators(node)
    if {"property", "cached_property"} & marks:
        return "property"
    return "class" if {"classmethod", "staticmethod"} & marks else "public"


RULE = MemberOrder()
