"""Functions whose names do not tell their role as the profile has it.

## What it does
Holds the names of alternative constructors, context managers, coroutines, fixtures and tests against the profile's
patterns.

## Why is this bad
Where every constructor is ``from_…``, one called ``parse`` is not found.

## Example
```python
@classmethod
def parse(cls, text): return cls(text.split())
```

## Use instead
```python
@classmethod
def from_text(cls, text): return cls(text.split())
```
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, ClassVar

from python_slm.style.base import StyleRule
from python_slm.style.conventions import Pattern, Sight
from python_slm.style.reading import decorators, own_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.style.reading import Function, Reading

PROFILE = {
    "naming.constructor": r"from_\w+",
    "naming.context-manager": r"\w+ing",
    "naming.coroutine": r"\w+_async",
    "naming.test-function": r"test(?:_[a-z0-9]+){2,}",
}
PATH = "tests/test_app.py"
VALID = (
    "class A:\n    @classmethod\n    def from_text(cls, text):\n        return cls(text)\n",
    "class A:\n    @classmethod\n    def name(cls):\n        return 'a'\n",
    "def test_adds_numbers():\n    pass\n",
    "def f():\n    pass\n",
)
INVALID = (
    "class A:\n    @classmethod\n    def ⟦parse⟧(cls, text):\n        return cls(text)\n",
    "@contextmanager\ndef ⟦lock⟧():\n    yield\n",
    "async def ⟦fetch⟧():\n    pass\n",
    "def ⟦test_add⟧():\n    pass\n",
)
_CONSTRUCTORS = ("from", "of", "create", "make", "build", "new", "parse", "load", "read", "open", "default", "for")


class FunctionName(StyleRule):
    """Special methods and overrides are named by others."""

    code = "function-name"
    conventions: ClassVar = (
        Pattern("naming.constructor", "class methods that make an instance", (), _CONSTRUCTORS, "(?:{})(?:_\\w+)?"),
        Pattern("naming.context-manager", "context managers", (r"\w+ing(?:_\w+)?",)),
        Pattern("naming.coroutine", "coroutines", (r"\w+_async", r"a[a-z]\w+", r"async_\w+")),
        Pattern("naming.fixture", "fixtures", (r"\w+_fixture", r"fixture_\w+", r"make_\w+")),
        Pattern("naming.test-function", "tests", (r"test_\w+",)),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        for node in block.functions:
            marks = decorators(node)
            if not node.name.startswith("__") and not {"override", "overload"} & marks:
                nested = block.code.function(node) is not None
                for role in _roles(node, marks, in_tests=block.test and not nested):
                    yield Sight(f"naming.{role}", node.name, *block.name_span(node), name=node.name)


def _roles(node: Function, marks: set[str], *, in_tests: bool) -> Iterator[str]:
    if "classmethod" in marks and node.args.args and _makes(node, node.args.args[0].arg):
        yield "constructor"
    if {"contextmanager", "asynccontextmanager"} & marks:
        yield "context-manager"
    if "fixture" in marks:
        yield "fixture"
    elif in_tests and node.name.startswith("test"):
        yield "test-function"
    elif isinstance(node, ast.AsyncFunctionDef) and "asynccontextmanager" not in marks:
        yield "coroutine"


def _makes(node: Function, cls: str) -> bool:
    """Whether it returns ``cls(…)``."""
    returned = [one.value for one in own_nodes(node) if isinstance(one, ast.Return)]
    return any(isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id == cls for one in returned)


RULE = FunctionName()
