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
from typing import TYPE_CHECKING, ClassVar

from python_slm.style.base import StyleRule
from python_slm.style.conventions import Order, Sight
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
_GROUPS = ("special", "class", "property", "public", "private")


class MemberOrder(StyleRule):
    """Nested functions, overloads and setters stand with what they belong to."""

    code = "member-order"
    conventions: ClassVar = (
        Order(
            "classes.order",
            "members of classes",
            _GROUPS,
            (
                ("special", "class", "property", "public", "private"),
                ("special", "property", "class", "public", "private"),
                ("special", "property", "public", "private"),
                ("special", "public", "property", "private"),
                ("special", "public", "private"),
                ("special", "private", "public"),
                ("special", "public"),
                ("public", "private"),
                ("property", "public"),
            ),
        ),
        Order(
            "modules.order",
            "functions of modules",
            ("public", "private"),
            (("public", "private"), ("private", "public")),
        ),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        if block.test:
            return
        for node in block.classes:
            members = [one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
            groups = [_group(one) for one in members if not {"setter", "deleter", "overload"} & decorators(one)]
            if len(set(groups)) > 1:
                yield Sight("classes.order", " ".join(groups), *block.name_span(node), name=node.name)
        for function in block.functions:
            if isinstance(block.code.parents[function], ast.Module) and not function.name.startswith("__"):
                group = "private" if function.name.startswith("_") else "public"
                yield Sight("modules.order", group, *block.name_span(function))

    def gathered(self, sights: Iterable[Sight], whole: Whole) -> Iterable[Sight]:  # noqa: ARG002 - see StyleRule
        """One order a module, shown at its first function."""
        functions = []
        for one in sights:
            if one.key == "modules.order":
                functions.append(one)
            else:
                yield one
        functions.sort(key=lambda one: one.start)
        groups = [str(one.value) for one in functions]
        if len(set(groups)) > 1:
            yield Sight("modules.order", " ".join(groups), functions[0].start, functions[0].end, name="the module")


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
