"""Modules without ``__all__``, where the code base has one everywhere.

## What it does
Looks for ``__all__`` in modules that define public names.

## Why is this bad
Where every other module lists what it offers, one that does not offers everything or nothing.

## Example
```python
def area(side): ...
```

## Use instead
```python
__all__ = ["area"]

def area(side): ...
```
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, ClassVar

from python_slm.style.base import StyleRule
from python_slm.style.conventions import Choice, Sight

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from python_slm.style.base import Whole
    from python_slm.style.reading import Reading

PROFILE = {"modules.all": "present"}
VALID = ("__all__ = ['f']\n\n\ndef f(): ...\n", "def _f(): ...\n", "__all__: list[str] = []\n\n\nclass A: ...\n")
INVALID = ("import os\n\n\ndef ⟦f⟧(): ...\n\n\nclass A: ...\n",)
_NOT_MODULES = frozenset({"setup.py", "conftest.py", "__main__.py", "manage.py"})


class ExportedNames(StyleRule):
    """Only modules that a package holds; scripts export nothing."""

    code = "exported-names"
    conventions: ClassVar = (
        Choice(
            "modules.all", "modules with public names", {"present": "__all__", "absent": "no __all__"}, only="present"
        ),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        if block.test or block.path.name in _NOT_MODULES or block.path.name.startswith("_"):
            return
        for node in block.code.tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                if not node.name.startswith("_"):
                    yield Sight("modules.all", "absent", *block.name_span(node))
            elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(isinstance(one, ast.Name) and one.id == "__all__" for one in targets):
                    yield Sight("modules.all", "present", *block.code.span(node))

    def gathered(self, sights: Iterable[Sight], whole: Whole) -> Iterable[Sight]:  # noqa: ARG002 - see StyleRule
        """One a module, shown at ``__all__`` or at the first public name."""
        found = list(sights)
        if any(one.value == "absent" for one in found):
            yield next((one for one in found if one.value == "present"), found[0])


RULE = ExportedNames()
