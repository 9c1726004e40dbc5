"""Files with fewer type hints than the profile's share.

## What it does
Counts, in a file, the parameters of public functions that have a hint and those functions that have one for their
result, and holds both shares against the profile's.

## Why is this bad
A team that annotates nine of ten parameters relies on it; a file with none is where its type checker goes blind.
(ruff's ANN rules ask for all or nothing.)

## Example
```python
def connect(host, port, timeout, retries, user): ...
```

## Use instead
```python
def connect(host: str, port: int, timeout: float, retries: int, user: str): ...
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from python_slm.style.base import StyleRule
from python_slm.style.conventions import Limit, Sight
from python_slm.style.reading import decorators

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from python_slm.style.base import Whole
    from python_slm.style.reading import Reading

PROFILE = {"hints.parameters": 0.8, "hints.results": 0.5}
VALID = (
    "def f(a: int, b: int, c: int, d: int, e):\n    pass\n",
    "def f(a, b):\n    pass\n",
    "def _f(a, b, c, d, e):\n    pass\n",
)
INVALID = (
    "def f(a: int, ⟦b⟧, c, d, e):\n    pass\n",
    "def f(a: int):\n    pass\n\n\ndef g(b: int, ⟦c⟧, d, e, f, g):\n    pass\n",
)
_LEAST = 5
"""Hints that a file could have before its share says anything."""
_STEPS = (1.0, 0.98, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5)


class HintDensity(StyleRule):
    """What is not public, overloads and tests do not count."""

    code = "hint-density"
    conventions: ClassVar = (
        Limit(
            "hints.parameters",
            "shares of parameters with a hint, file by file",
            "of parameters have a hint",
            _STEPS,
            True,
            "{:.0%}",
        ),
        Limit(
            "hints.results",
            "shares of functions with a hint for their result, file by file",
            "of results have a hint",
            _STEPS,
            True,
            "{:.0%}",
        ),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        for node in block.functions:
            if block.test or "overload" in decorators(node) or not block.public(node):
                continue
            yield Sight("hints.results", float(node.returns is not None), *block.name_span(node))
            for one in block.parameters(node):
                start = block.code.offset(one.lineno, one.col_offset)
                yield Sight("hints.parameters", float(one.annotation is not None), start, start + len(one.arg))

    def gathered(self, sights: Iterable[Sight], whole: Whole) -> Iterable[Sight]:  # noqa: ARG002 - see StyleRule
        """One share a file, shown at the first place without a hint."""
        found = list(sights)
        for convention in self.conventions:
            places = [one for one in found if one.key == convention.key]
            if len(places) >= _LEAST:
                first = next((one for one in places if not one.value), places[0])
                share = sum(float(one.value) for one in places) / len(places)
                yield Sight(convention.key, share, first.start, first.end)


RULE = HintDensity()
