'''Summaries that end in another way than the profile's.

## What it does
Looks at the last character of a docstring's first paragraph: a full stop, or none.

## Why is this bad
Summaries stand below each other in every list of functions. (ruff's D400 and D415 know the full stop alone, not
teams that write none.)

## Example
```python
def area(side):
    """Area of a square"""
```

## Use instead
```python
def area(side):
    """Area of a square."""
```

## Fix safety
One character of the docstring comes or goes.
'''

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from python_slm.findings import Fix
from python_slm.style.base import StyleRule
from python_slm.style.conventions import Choice, Sight
from python_slm.style.reading import docstring_lines
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.style.conventions import Value
    from python_slm.style.reading import Reading
    from python_slm.syntax.located import Located

PROFILE = {"docstrings.summary-end": "period"}
VALID = ('def f():\n    """Sum."""\n', 'def f():\n    """Is it?"""\n', 'def f():\n    """One of:\n\n    - a\n    """\n')
INVALID = ('def f():\n    ⟦"""Sum"""⟧\n', "def f():\n    ⟦'''\n    Sum\n    of all\n\n    Text.\n    '''⟧\n")
MENDED = ('def f():\n    """Sum."""\n', "def f():\n    '''\n    Sum\n    of all.\n\n    Text.\n    '''\n")
_SUMMARY = re.compile(
    r"[rRuU]?(?P<quote>\"\"\"|'''|\"|')(?P<text>\s*\S[\s\S]*?)\s*?(?=\n\s*\n|\r\n\s*\r\n|(?P=quote)\Z)"
)


class DocstringEnding(StyleRule):
    """Only what ends in a letter, digit, closing bracket, quote or full stop."""

    code = "docstring-ending"
    conventions: ClassVar = (
        Choice(
            "docstrings.summary-end",
            "summaries of docstrings",
            {"period": "a full stop behind the summary", "none": "no full stop behind the summary"},
        ),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        for _, string, _ in block.documented():
            if block.test:
                return
            lines = docstring_lines(string)
            summary = " ".join(lines[: lines.index("")] if "" in lines else lines).rstrip()
            if summary.endswith(".") and not summary.endswith(".."):
                yield Sight("docstrings.summary-end", "period", *block.code.span(string))
            elif summary and (summary[-1].isalnum() or summary[-1] in ")`'\""):
                yield Sight("docstrings.summary-end", "none", *block.code.span(string))

    def mend(self, code: Located, sight: Sight, wanted: Value) -> Fix | None:
        """See StyleRule."""
        found = _SUMMARY.match(code.text[sight.start : sight.end])
        if not found:
            return None
        end = sight.start + found.end("text")
        if wanted == "period":
            return Fix("Add a full stop", (Edit(end, end, "."),))
        return Fix("Remove the full stop", (Edit(end - 1, end, ""),)) if code.text[end - 1] == "." else None


RULE = DocstringEnding()
