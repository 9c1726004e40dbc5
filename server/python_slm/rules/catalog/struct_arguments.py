"""A struct format and a number of values that do not go together.

## What it does
Finds calls of `struct.pack` with more or fewer values than their format says, assignments of what `struct.unpack`
returns to another number of names, and formats that `struct` does not know.

## Why is this bad
It raises `struct.error` or `ValueError` whenever it is reached.

## Example
```python
header = struct.pack("<HHI", width, height)
```

## Use instead
```python
header = struct.pack("<HHI", width, height, len(pixels))
```
"""

from __future__ import annotations

import ast
import struct
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
    "import struct\n\nstruct.pack('<HI', 1, 2)\nstruct.pack('4s', b'abcd')\nstruct.pack('2H', *x)\nstruct.pack(x, 1)\n",
    "import struct\n\na, b = struct.unpack('<HI', x)\n(a,) = struct.unpack('I', x)\na, *b = struct.unpack('3I', x)\n",
    "struct.pack('<HI', 1)\n",
)
INVALID = (
    "import struct\n\n⟦struct.pack('<HHI', 1, 2)⟧\n",
    "import struct\n\n⟦a, b⟧ = struct.unpack('<HHI', x)\n",
    "import struct\n\nstruct.calcsize(⟦'<HY'⟧)\n",
)
_CALLS = {"pack": 1, "unpack": None, "calcsize": None, "unpack_from": None, "pack_into": 3, "iter_unpack": None}
"""Functions of struct, and which argument is the first value."""
_LARGEST = 65_536


@dataclass(frozen=True)
class StructArguments:
    """See the file's docstring."""

    code = "struct-arguments"
    severity: Severity = "error"

    def check(self, code: Located, file: File) -> Iterator[Finding]:
        """See Rule."""
        for call in code.every(ast.Call):
            if not isinstance(call.func, ast.Attribute) or call.func.attr not in _CALLS or not call.args:
                continue
            written = call.args[0].value if isinstance(call.args[0], ast.Constant) else None
            if not isinstance(written, str) or "\\" in code.source(call.args[0]):
                continue
            if not is_module(call.func.value, "struct", code, file) or expects_error(call, code):
                continue
            count = _count(written)
            if isinstance(count, str):
                yield self._finding(call.args[0], f"This is no format of struct: {count}", code)
            elif count is not None:
                yield from self._counted(call, count, code)

    def _counted(self, call: ast.Call, count: int, code: Located) -> Iterator[Finding]:
        assert isinstance(call.func, ast.Attribute)
        first = _CALLS[call.func.attr]
        if first is not None:
            starred = any(isinstance(one, ast.Starred) for one in call.args) or call.keywords
            given = len(call.args) - first
            if given != count and not starred:
                yield self._finding(call, f"The format takes {count} values, {given} are given", code)
        elif call.func.attr in ("unpack", "unpack_from"):
            parent = code.parents[call]
            targets = parent.targets if isinstance(parent, ast.Assign) else []
            for target in targets:
                if not isinstance(target, ast.Tuple | ast.List):
                    continue
                if not any(isinstance(one, ast.Starred) for one in target.elts) and len(target.elts) != count:
                    yield self._finding(target, f"The format gives {count} values, for {len(target.elts)} names", code)

    def _finding(self, node: ast.expr, message: str, code: Located) -> Finding:
        return Finding(
            "rules",
            self.code,
            message,
            *code.span(node),
            self.severity,
            reasoning="Counted by Python's own `struct`: letters but `x` are a value each, with a number in front "
            "several, but for `s` and `p`.",
        )


def _count(written: str) -> int | str | None:
    """How many values a format has, what is wrong with it, or None where it is too large to be tried."""
    try:
        size = struct.calcsize(written)
    except struct.error as error:
        return str(error)
    return len(struct.unpack(written, bytes(size))) if size <= _LARGEST else None


RULE = StructArguments()
