"""Variables whose names do not tell their role as the profile has it.

## What it does
Holds the names of loggers, opened files, type variables and constants of modules against the profile's patterns.

## Why is this bad
What is the same everywhere should be called the same everywhere: ``log`` in one file and ``logger`` in the next makes
every line that is moved a line to mend.

## Example
```python
log = logging.getLogger(__name__)
```

## Use instead
```python
logger = logging.getLogger(__name__)
```
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import TYPE_CHECKING, ClassVar

from python_slm.style.base import StyleRule
from python_slm.style.conventions import Pattern, Sight
from python_slm.style.reading import last_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from python_slm.style.base import Whole
    from python_slm.style.reading import Reading

PROFILE = {
    "naming.logger": "logger",
    "naming.opened-file": "file",
    "naming.type-variable": r"\w*T",
    "naming.constant": "[A-Z][A-Z0-9_]*",
}
VALID = (
    "logger = logging.getLogger(__name__)\n",
    "T = TypeVar('T')\nLIMIT = 3\n__version__ = '1'\n",
    "with open(p) as file:\n    pass\n",
    "count = 0\n\n\ndef f():\n    global count\n    count += 1\n",
    "mode = 1\nmode = 2\n",
)
INVALID = (
    "⟦log⟧ = logging.getLogger(__name__)\n",
    "⟦limit⟧ = 3\n",
    "⟦Number⟧ = TypeVar('Number')\n",
    "def f(p):\n    with open(p) as ⟦x⟧:\n        pass\n",
)

_SCRIPTS = frozenset({"conf.py", "setup.py"})
"""Tools read these names, whoever chose them."""


class VariableName(StyleRule):
    """A constant is bound once, in its module, to a number or a string; who binds it anew knows better."""

    code = "variable-name"
    conventions: ClassVar = (
        Pattern("naming.logger", "loggers", ("logger", "log", "LOGGER", "LOG", "LOGGER|logger")),
        Pattern(
            "naming.opened-file",
            "opened files",
            ("f", "file", "fh", "fp", "fd", "f|f_?\\w+", "\\w*file", "(?:f|\\w*file|fp|fh)"),
        ),
        Pattern("naming.type-variable", "type variables", (r"[A-Z](?:_co|_contra)?", r"\w*T(?:_co|_contra)?", r"T\w*")),
        Pattern("naming.constant", "constants of modules", ("[A-Z][A-Z0-9_]*",)),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        for node in block.of(ast.Assign):
            if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                role = _role(node.value, module=isinstance(block.code.parents[node], ast.Module))
                if (
                    role
                    and not node.targets[0].id.startswith("__")
                    and not (role == "constant" and (block.test or block.path.name in _SCRIPTS))
                ):
                    yield _sight(role, node.targets[0], block)
        for item in block.of(ast.withitem):
            opened = isinstance(item.context_expr, ast.Call) and last_name(item.context_expr.func) == "open"
            if opened and isinstance(item.optional_vars, ast.Name):
                yield _sight("opened-file", item.optional_vars, block)

    def gathered(self, sights: Iterable[Sight], whole: Whole) -> Iterable[Sight]:
        """See StyleRule."""
        found = list(sights)
        constants = Counter(one.value for one in found if one.key == "naming.constant")
        if not constants:
            return found
        anew = set(re.findall(r"\w+", " ".join(re.findall(r"\bglobal\s+([^\r\n]*)", whole.index.text))))
        anew |= set(re.findall(r"^(\w+)\s*(?:[-+*/|&%]|//|\*\*)?=(?!=)", whole.index.text, re.MULTILINE)) & {
            name
            for name in map(str, constants)
            if len(re.findall(rf"^\s*{name}\s*\S?=(?!=)", whole.index.text, re.MULTILINE)) > 1
        }
        return [
            one
            for one in found
            if one.key != "naming.constant" or (constants[one.value] == 1 and one.value not in anew)
        ]


def _sight(role: str, name: ast.Name, block: Reading) -> Sight:
    return Sight(f"naming.{role}", name.id, *block.code.span(name), name=name.id)


def _role(value: ast.expr, *, module: bool) -> str:
    called = last_name(value.func) if isinstance(value, ast.Call) else ""
    if called in ("getLogger", "get_logger"):
        return "logger"
    if called in ("TypeVar", "ParamSpec"):
        return "type-variable" if called == "TypeVar" else ""
    literal = isinstance(value, ast.Constant) and isinstance(value.value, int | float | str | bytes)
    return "constant" if module and literal and not isinstance(getattr(value, "value", None), bool) else ""


RULE = VariableName()
