"""Classes whose names do not tell their role as the profile has it.

## What it does
Holds the names of exceptions, abstract bases, protocols and classes of tests against the profile's patterns.

## Why is this bad
A name that tells the role saves the reader a look at the bases. (ruff's N818 knows ``Error`` for exceptions alone.)

## Example
```python
class Timeout(Exception): ...
```

## Use instead
```python
class TimeoutError(Exception): ...
```
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, ClassVar

from python_slm.style.base import StyleRule
from python_slm.style.conventions import Pattern, Sight
from python_slm.style.reading import last_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.style.reading import Reading

PROFILE = {"naming.exception": r"\w+Error", "naming.abstract-class": r"Base\w+", "naming.protocol": r"Supports\w+"}
VALID = (
    "class TimeoutError(Exception):\n    pass\n",
    "class OldWarning(UserWarning):\n    pass\n",
    "class BaseShape(ABC):\n    pass\n",
    "class Shape:\n    pass\n",
)
INVALID = (
    "class ⟦Timeout⟧(Exception):\n    pass\n",
    "class ⟦Timeout⟧(errors.NetworkError):\n    pass\n",
    "class ⟦Shape⟧(metaclass=ABCMeta):\n    pass\n",
    "class ⟦Sized⟧(Protocol):\n    pass\n",
)
_EXCEPTION = re.compile(r"\w*(?:Error|Exception)|KeyboardInterrupt|SystemExit|Stop(?:Async)?Iteration|GeneratorExit")


class ClassName(StyleRule):
    """A class is an exception where one of its bases is named like one."""

    code = "class-name"
    conventions: ClassVar = (
        Pattern("naming.exception", "exceptions", (r"\w*Error", r"\w*Exception", r"\w*(?:Error|Exception)")),
        Pattern(
            "naming.abstract-class",
            "abstract classes",
            (
                r"Base\w+",
                r"Abstract\w+",
                r"\w+Base",
                r"\w+ABC",
                r"(?:Base|Abstract)\w+",
                r"(?:Base|Abstract)\w+|\w+(?:Base|ABC)",
            ),
        ),
        Pattern(
            "naming.protocol",
            "protocols",
            (r"\w+Protocol", r"Supports\w+", r"\w+Like", r"Supports\w+|\w+(?:Like|Protocol)"),
        ),
        Pattern(
            "naming.test-class",
            "classes of tests",
            (r"Test\w*", r"\w+Tests?", r"\w+TestCase", r"Test\w*|\w+(?:Tests?|TestCase)"),
        ),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        for node in block.classes:
            role = _role(node, test=block.test)
            if role and not (block.test and role != "test-class"):
                yield Sight(f"naming.{role}", node.name, *block.name_span(node), name=node.name)


def _role(node: ast.ClassDef, *, test: bool) -> str:
    bases = {last_name(one.value if isinstance(one, ast.Subscript) else one) for one in node.bases}
    metaclasses = {last_name(one.value) for one in node.keywords if one.arg == "metaclass"}
    if any(_EXCEPTION.fullmatch(one) for one in bases):
        return "exception"
    if "Protocol" in bases:
        return "protocol"
    if "ABC" in bases or "ABCMeta" in metaclasses:
        return "abstract-class"
    methods = [one.name for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    tests = any(name.startswith("test") for name in methods) or any(one.endswith("TestCase") for one in bases)
    return "test-class" if test and tests else ""


RULE = ClassName()
