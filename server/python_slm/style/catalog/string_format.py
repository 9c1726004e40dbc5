"""Values put into strings in another way than the profile's.

## What it does
Looks at f-strings, ``%`` and ``str.format`` with values.

## Why is this bad
Three ways in one code base are three sets of rules to keep in mind. (ruff's UP031 and UP032 know f-strings alone.)

## Example
```python
"%s of %s" % (count, total)
```

## Use instead
```python
f"{count} of {total}"
```
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, ClassVar

from python_slm.style.base import StyleRule
from python_slm.style.conventions import Choice, Sight
from python_slm.style.reading import last_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.style.reading import Reading

PROFILE = {"strings.format": "f-string"}
VALID = (
    "f'{a}'\n",
    "_('%s' % a)\n",
    "logger.info('%s' % a)\n",
    "7 % 2\n",
    "template.format(a)\n",
    "'''\nDear {},\n\nno.\n'''.format(a)\n",
)
INVALID = ("⟦'%s' % a⟧\n", "print(⟦'{}'.format(a)⟧)\n")
_TRANSLATED = frozenset({"_", "gettext", "ngettext", "gettext_lazy", "pgettext", "_n", "N_"})
_TEMPLATE_LINES = 2
LOG_CALLS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log"})
_LOGGER = re.compile(r"_*(?:log|logger|logging|LOG|LOGGER|LOGGING)")


class StringFormat(StyleRule):
    """What is translated or logged has reasons of its own, and so has a text of several lines: it is a template."""

    code = "string-format"
    conventions: ClassVar = (
        Choice(
            "strings.format",
            "strings with values in them",
            {"f-string": "f-strings", "percent": "the % operator", "format": "str.format"},
        ),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        for joined in block.of(ast.JoinedStr):
            if any(isinstance(one, ast.FormattedValue) for one in joined.values) and not _special(joined, block):
                parent = block.code.parents[joined]
                if not isinstance(parent, ast.FormattedValue):  # a format within a format
                    yield Sight("strings.format", "f-string", *block.code.span(joined))
        for node in (*block.of(ast.BinOp), *block.of(ast.Call)):
            way = way_of(node)
            if way and not _special(node, block):
                yield Sight("strings.format", way, *block.code.span(node))


def way_of(node: ast.AST) -> str:
    """How an expression puts values into a string that is written there; empty where it does not."""
    if isinstance(node, ast.JoinedStr):
        return "f-string"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and _is_text(node.left):
        return "percent"
    formats = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"
    return "format" if formats and _is_text(node.func.value) else ""  # type: ignore[attr-defined]


def is_log_call(node: ast.AST) -> bool:
    """Whether a call logs: ``logger.info(…)``, ``self.log.error(…)``."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LOG_CALLS
        and _LOGGER.fullmatch(last_name(node.func.value)) is not None
    )


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.count("\n") < _TEMPLATE_LINES


def _special(node: ast.AST, block: Reading) -> bool:
    parent = block.code.parents[node]
    return isinstance(parent, ast.Call) and (last_name(parent.func) in _TRANSLATED or is_log_call(parent))


RULE = StringFormat()
