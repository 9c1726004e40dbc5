"""A condition that decides nothing: all its branches are the same.

## What it does
Finds `if … else` whose branches all hold the same code, comments included.

## Why is this bad
The condition is of no consequence. Mostly a branch was copied and should have been changed.

## Example
```python
if wide:
    size = image.width
else:
    size = image.width
```

## Use instead
```python
if wide:
    size = image.width
else:
    size = image.height
```
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.findings import Finding, Related

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.findings import Severity
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

VALID = (
    "if a:\n    x()\nelse:\n    y()\n",
    "if a:\n    x()\nelif b:\n    x()\n",
    "if a:\n    pass\nelse:\n    pass\n",
    "if a:\n    x()  # one\nelse:\n    x()  # two\n",
    "if a:\n    # one\n    x()\nelse:\n    x()\n",
)
INVALID = (
    "⟦if a:⟧\n    x = 1\n    y()\nelse:\n    x = 1\n    y()\n",
    "def f():\n    ⟦if a:⟧\n        return x\n    elif b:\n        return x\n    else:\n        return x\n",
)


@dataclass(frozen=True)
class SameBranches:
    """See the file's docstring."""

    code = "same-branches"
    severity: Severity = "warning"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        del file
        for node in code.every(ast.If):
            if code.text.startswith("elif", code.span(node)[0]):
                continue
            branches = _branches(node, code)
            if len(branches) < len("if") or all(isinstance(one, ast.Pass | ast.Continue) for one in branches[0]):
                continue
            texts = {_text(branch, code) for branch in branches}
            if len(texts) > 1 or "..." in texts:
                continue
            start = code.span(node)[0]
            yield Finding(
                "rules",
                self.code,
                "All branches of this condition do the same",
                start,
                code.text.index(":", code.span(node.test)[1]) + 1,
                self.severity,
                related=tuple(
                    Related(code.span(one[0])[0], code.span(one[-1])[1], "the same as the others") for one in branches
                ),
                reasoning="The code of the branches is the same to the letter: whether the condition holds is of no "
                "consequence.",
            )


def _branches(node: ast.If, code: Located) -> list[list[ast.stmt]]:
    """The suites of a chain that ends in ``else``; none of one that does not."""
    if not node.orelse:
        return []
    first = node.orelse[0]
    if len(node.orelse) == 1 and isinstance(first, ast.If) and code.text.startswith("elif", code.span(first)[0]):
        rest = _branches(first, code)
        return [node.body, *rest] if rest else []
    return [node.body, node.orelse]


def _text(branch: list[ast.stmt], code: Located) -> str:
    """A suite from the end of the line above it to the end of its last line."""
    first = code.span(branch[0])[0]
    return code.text[code.text.rfind(":", 0, first) + 1 : code.line_end(code.span(branch[-1])[1])].strip()


RULE = SameBranches()
