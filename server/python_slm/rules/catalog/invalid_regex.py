r"""A regular expression that does not compile, or a replacement that names a group it does not have.

## What it does
Compiles the patterns that are written as strings in calls of `re`, and looks up the groups that `re.sub` is to insert.

## Why is this bad
The call raises `re.error` whenever it is reached.

## Example
```python
re.sub(r"(\w+)@(\w+)", r"\3 at \1", text)
```

## Use instead
```python
re.sub(r"(\w+)@(\w+)", r"\2 at \1", text)
```
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.findings import Finding
from python_slm.rules.imported import is_module
from python_slm.rules.purity import expects_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.findings import Severity
    from python_slm.rules.file import File
    from python_slm.syntax.located import Located

VALID = (
    'import re\n\nre.compile(r"(\\w+)[a-z]")\nre.sub(r"(\\w)", r"\\1", x)\nre.compile("(" + x)\nre.escape("(")\n',
    'import regex as re\n\nre.compile(r"(")\n',
    're.compile(r"(")\n',
    'import re\n\ntry:\n    re.compile(r"(")\nexcept re.error:\n    pass\n',
    'import re\n\nre.sub(r"(?P<a>\\w)", r"\\g<a>\\g<0>\\\\2", x)\nre.compile(r"#(", re.VERBOSE)\n',
)
INVALID = (
    'import re\n\nre.compile(⟦r"(\\w+"⟧)\n',
    'import re\n\n\ndef f(x):\n    return re.match(⟦"[a-"⟧, x), re.sub(r"(\\w)-(\\w)", ⟦r"\\3"⟧, x)\n',
    'import re\n\nre.sub(r"(?P<a>\\w)", ⟦r"\\g<b>"⟧, x)\n',
)
_TAKES_PATTERN = {"compile", "match", "search", "fullmatch", "findall", "finditer", "split", "sub", "subn"}
_REPLACES = {"sub", "subn"}
_GROUP = re.compile(r"\\\\|\\g<(?P<name>\w+)>|\\(?P<number>[1-9]\d?)(?!\d)")
_FLAGS_FROM = {"compile": 1, "split": 3, "sub": 4, "subn": 4}


@dataclass(frozen=True)
class InvalidRegex:
    """See the file's docstring."""

    code = "invalid-regex"
    severity: Severity = "error"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        for call in code.every(ast.Call):
            if not isinstance(call.func, ast.Attribute) or call.func.attr not in _TAKES_PATTERN or not call.args:
                continue
            pattern = _written(call.args[0], code)
            if pattern is None or not is_module(call.func.value, "re", code, file) or expects_error(call, code):
                continue
            has_flags = len(call.args) > _FLAGS_FROM.get(call.func.attr, 2) or bool(call.keywords)
            compiled = _compiled(pattern)
            if isinstance(compiled, str):
                if not has_flags:
                    yield self._finding(call.args[0], f"This is no regular expression: {compiled}", code)
            elif call.func.attr in _REPLACES and len(call.args) > 1:
                replacement = _written(call.args[1], code)
                missing = _missing_group(replacement, compiled) if isinstance(replacement, str) else ""
                if missing:
                    yield self._finding(call.args[1], f"The pattern has no group {missing}", code)

    def _finding(self, node: ast.expr, message: str, code: Located) -> Finding:
        return Finding(
            "rules",
            self.code,
            message,
            *code.span(node),
            self.severity,
            reasoning="Python's own `re` says so; it raises `re.error` when the call is reached.",
        )


def _written(node: ast.expr, code: Located) -> str | bytes | None:
    """A string as it stands in the file; None for what is computed, or has escapes that only Python can judge."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str | bytes):
        return None
    source = code.source(node)
    quote = re.search("['\"]", source)
    if quote is None or ("\\" in source and "r" not in source[: quote.start()].lower()):
        return None
    try:
        value = ast.literal_eval(f"({source})")
    except (ValueError, SyntaxError):
        return None
    return value if isinstance(value, str | bytes) else None


def _compiled(pattern: str | bytes) -> re.Pattern[str] | re.Pattern[bytes] | str:
    """The pattern, or what is wrong with it. The filter of warnings is the process's: ask in one thread at a time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return re.compile(pattern)
        except re.error as error:
            return error.msg
        except (RecursionError, OverflowError):
            return re.compile("")


def _missing_group(replacement: str, compiled: re.Pattern[str] | re.Pattern[bytes]) -> str:
    for found in _GROUP.finditer(replacement):
        name = found["name"] or found["number"]
        if name is None:
            continue
        if int(name) > compiled.groups if name.isdecimal() else name not in compiled.groupindex:
            return name
    return ""


RULE = InvalidRegex()
