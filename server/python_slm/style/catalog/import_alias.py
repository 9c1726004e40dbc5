"""Modules imported under another name than the rest of the code base gives them.

## What it does
Looks at ``import module as name`` where the profile has a name for the module.

## Why is this bad
A module under two names is two things to a reader. (ruff's ICN001 has some thirty names that everybody knows; a
project's own, and those that it has for its own modules, it does not.)

## Example
```python
import acme.networking as nw
```

## Use instead
```python
import acme.networking as net
```
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from python_slm.style.base import StyleRule
from python_slm.style.conventions import Seen, Sight, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.style.evidence import Evidence
    from python_slm.style.reading import Reading

PROFILE = {"imports.aliases": {"numpy": "np", "acme.networking": "net"}}
VALID = ("import numpy as np\n", "import json as j\n", "from acme import networking as net\n")
INVALID = ("import ⟦numpy⟧\n", "from acme import ⟦networking as nw⟧\n")


@dataclass(frozen=True)
class Aliases(Table):
    """That a module keeps its own name is no convention to write down."""

    def learned(self, seen: Sequence[Seen]) -> Iterator[Evidence]:
        """See Convention."""
        return (one for one in super().learned(seen) if one.wanted != one.subject.rpartition(".")[2])


class ImportAlias(StyleRule):
    """``from a import b as c`` names the module, or whatever else it is, ``a.b``."""

    code = "import-alias"
    conventions: ClassVar = (
        Aliases("imports.aliases", "names of imported modules", {}, lambda module, name: f"{module} as {name}"),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        for node in block.of(ast.Import):
            for one in node.names:
                if one.asname or "." not in one.name:
                    yield _sight(one.name, one, block)
        for origin in block.of(ast.ImportFrom):
            for one in origin.names:
                if origin.module and not origin.level and origin.module != "__future__" and one.name != "*":
                    yield _sight(f"{origin.module}.{one.name}", one, block)


def _sight(module: str, node: ast.alias, block: Reading) -> Sight:
    name = node.asname or module.rpartition(".")[2]
    return Sight("imports.aliases", name, *block.code.span(node), subject=module)


RULE = ImportAlias()
