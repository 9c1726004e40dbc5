"""Names of what is true or false, without the prefix that the profile gives them.

## What it does
Holds the names of functions that return a ``bool``, and of parameters that are one, against the profile's pattern.

## Why is this bad
``if user.active`` and ``if user.is_active`` in one code base: readers stop to ask which of them is called.

## Example
```python
def empty(self) -> bool: ...
```

## Use instead
```python
def is_empty(self) -> bool: ...
```
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, ClassVar

from python_slm.style.base import StyleRule
from python_slm.style.conventions import Pattern, Sight
from python_slm.style.reading import decorators, last_name, own_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.style.reading import Function, Reading

PROFILE = {"naming.boolean-function": r"(?:is|has)_\w+", "naming.boolean-parameter": r"(?:is|has)_\w+"}
VALID = (
    "def is_empty(a) -> bool:\n    return not a\n",
    "def size(a):\n    return len(a)\n",
    "class A:\n    def __bool__(self) -> bool:\n        return True\n",
    "class A:\n    @override\n    def empty(self) -> bool:\n        return True\n",
    "def test_empty() -> bool:\n    return True\n",
)
INVALID = (
    "def ⟦empty⟧(a) -> bool:\n    return not a\n",
    "def ⟦empty⟧(a):\n    return a == 1\n",
    "def f(⟦loud⟧: bool, a: int):\n    pass\n",
    "def f(*, ⟦loud⟧=False):\n    pass\n",
)
_WORDS = (
    "is", "has", "can", "should", "was", "are", "does", "do", "needs", "may", "must", "supports", "allows", "uses",
    "includes", "contains", "exists", "will", "have", "use", "with", "allow", "enable", "check", "validate",
)  # fmt: skip
_FUNCTION_WORDS = tuple(word for word in _WORDS if word not in ("do", "use", "with", "allow", "enable"))


class BooleanName(StyleRule):
    """Special methods, overrides and tests are named by others."""

    code = "boolean-name"
    conventions: ClassVar = (
        Pattern("naming.boolean-function", "functions that return a bool", (), _FUNCTION_WORDS),
        Pattern("naming.boolean-parameter", "parameters that are a bool", (), _WORDS),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        for node in block.functions:
            if block.test or node.name.startswith(("__", "test")) or {"override", "overload"} & decorators(node):
                continue
            if _returns_bool(node):
                yield Sight("naming.boolean-function", node.name, *block.name_span(node), name=node.name)
            for parameter in _boolean_parameters(node):
                start = block.code.offset(parameter.lineno, parameter.col_offset)
                end = start + len(parameter.arg)
                yield Sight("naming.boolean-parameter", parameter.arg, start, end, name=parameter.arg)


def _returns_bool(node: Function) -> bool:
    if node.returns is not None:
        return last_name(node.returns) == "bool"
    returned = [one.value for one in own_nodes(node) if isinstance(one, ast.Return)]
    return bool(returned) and all(_is_bool(one) for one in returned)


def _is_bool(node: ast.expr | None) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, bool)
    if isinstance(node, ast.BoolOp):
        return all(_is_bool(one) for one in node.values)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not)
    return isinstance(node, ast.Compare)


def _boolean_parameters(node: Function) -> Iterator[ast.arg]:
    args = node.args
    plain = [*args.posonlyargs, *args.args]
    defaults = dict(zip([one.arg for one in plain[::-1]], args.defaults[::-1], strict=False))
    defaults |= {one.arg: value for one, value in zip(args.kwonlyargs, args.kw_defaults, strict=True) if value}
    for one in (*plain, *args.kwonlyargs):
        default = defaults.get(one.arg)
        by_default = isinstance(default, ast.Constant) and isinstance(default.value, bool)
        if last_name(one.annotation) == "bool" if one.annotation else by_default:
            yield one


RULE = BooleanName()
