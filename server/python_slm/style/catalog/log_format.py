"""Values put into log messages in another way than the profile's.

## What it does
Looks at calls of a logger whose message holds values.

## Why is this bad
Handlers that gather equal messages see one where the values are arguments, and thousands where they are not; a team
that mixes both has neither. (ruff's G rules ask everybody for arguments.)

## Example
```python
logger.info(f"{count} found")
```

## Use instead
```python
logger.info("%s found", count)
```
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, ClassVar

from python_slm.style.base import StyleRule
from python_slm.style.catalog.string_format import is_log_call, way_of
from python_slm.style.conventions import Choice, Sight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.style.reading import Reading

PROFILE = {"logging.format": "arguments"}
VALID = ("logger.info('%s', a)\n", "logger.info('done')\n", "print(f'{a}')\n", "logger.log(level, '%s', a)\n")
INVALID = ("logger.info(⟦f'{a}'⟧)\n", "self.log.error(⟦'%s' % a⟧)\n", "LOG.log(level, ⟦'{}'.format(a)⟧)\n")


class LogFormat(StyleRule):
    """Messages without values are all alike."""

    code = "log-format"
    conventions: ClassVar = (
        Choice(
            "logging.format",
            "log messages with values in them",
            {
                "arguments": "values as arguments of the call",
                "f-string": "f-strings",
                "percent": "the % operator",
                "format": "str.format",
            },
        ),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        for node in block.of(ast.Call):
            if not is_log_call(node) or not isinstance(node.func, ast.Attribute):
                continue
            args = node.args[1:] if node.func.attr == "log" else node.args
            if not args or isinstance(args[0], ast.Starred):
                continue
            way = way_of(args[0]) or ("arguments" if len(args) > 1 and isinstance(args[0], ast.Constant) else "")
            if way:
                yield Sight("logging.format", way, *block.code.span(args[0]))


RULE = LogFormat()
