"""Brackets around a string that were meant to make a tuple.

## What it does
Finds `x in ("word")`, and `args=("word")` of a call: without a comma, the brackets mean nothing.

## Why is this bad
`x in ("word")` asks whether `x` is a part of the string, which `"or"` and the empty string are, and `args=("word")`
passes four arguments, one a letter.

## Example
```python
if suffix in (".py"):
    run(path)
```

## Use instead
```python
if suffix in (".py",):
    run(path)
```

## Fix safety
The fix adds the comma. It is not safe: the code does something else then.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.findings import Finding, Fix
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.findings import Severity
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

VALID = (
    "x = y in ('word',)\n",
    "x = y in 'word'\n",
    "x = y in ('+-')\n",
    "x = 'wo' in ('word')\n",
    "x = y in (z)\n",
    "x = y in ('a long '\n          'word')\n",
    "f(args='word')\nf(y in f('word'))\n",
)
INVALID = (
    "x = y in ⟦('word')⟧\n",
    'if y.suffix not in ⟦( ".py" )⟧ and z:\n    pass\n',
    "Thread(target=f, args=⟦('word')⟧).start()\n",
)
_BEFORE = re.compile(r"\bin\s*(\(\s*)\Z|=\s*(\(\s*)\Z")
_AFTER = re.compile(r"\s*\)")
_WORD = re.compile(r"[.\-]?\w+(?:[./_\-]\w+)*")
_SHORTEST = 3


@dataclass(frozen=True)
class LoneTuple:
    """See the file's docstring."""

    code = "lone-tuple"
    severity: Severity = "warning"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        del file
        for node in _strings(code):
            start, end = code.span(node)
            before = _BEFORE.search(code.text, code.block.start, start)
            after = _AFTER.match(code.text, end)
            if not before or not after or code.text[start] == "(" or "\n" in code.text[start:end]:
                continue
            opened = before.start(1) if before[1] else before.start(2)
            yield Finding(
                "rules",
                self.code,
                "This is a string in brackets, not a tuple: the comma is missing",
                opened,
                after.end(),
                self.severity,
                (Fix("Make it a tuple", (Edit(end, end, ","),), safe=False),),
                reasoning="Brackets around one value change nothing; the comma is what makes a tuple.",
            )


def _strings(code: Located) -> Iterator[ast.Constant]:
    for compared in code.every(ast.Compare):
        several = [compared.left, *compared.comparators]
        for left, operator, right in zip(several, compared.ops, several[1:], strict=False):
            if isinstance(operator, ast.In | ast.NotIn) and _is_word(right) and not isinstance(left, ast.Constant):
                assert isinstance(right, ast.Constant)
                yield right
    for keyword in code.every(ast.keyword):
        if keyword.arg == "args" and _is_word(keyword.value):
            assert isinstance(keyword.value, ast.Constant)
            yield keyword.value


def _is_word(node: ast.expr) -> bool:
    """Whether it is a string that is hardly a set of letters or a text to look into."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return False
    return len(node.value) >= _SHORTEST and _WORD.fullmatch(node.value) is not None


RULE = LoneTuple()
