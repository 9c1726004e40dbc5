"""Modules imported in another form than the rest of the code base does.

## What it does
Looks, module by module, at ``import json`` and ``from json import loads``, where the profile has a form for it.

## Why is this bad
``loads(…)`` here and ``json.loads(…)`` there: a search for one misses the other.

## Example
```python
from datetime import datetime
```

## Use instead
```python
import datetime
```
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, ClassVar

from python_slm.style.base import StyleRule
from python_slm.style.conventions import Sight, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.style.reading import Reading

PROFILE = {"imports.forms": {"json": "import", "pathlib": "from"}}
VALID = ("import json\n", "from pathlib import Path\n", "import os, re\n", "from datetime import datetime\n")
INVALID = ("from ⟦json⟧ import loads\n", "import os, ⟦pathlib⟧\n")
_FORMS = {"import": "import {}", "from": "from {} import …"}


class ImportForm(StyleRule):
    """Only other people's modules."""

    code = "import-form"
    conventions: ClassVar = (
        Table(
            "imports.forms",
            "imports of modules",
            _FORMS,
            lambda module, form: _FORMS.get(form, "{}").format(module),
        ),
    )

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        own = set(block.path.parts[:-1])
        for node in block.of(ast.Import):
            for one in node.names:
                if one.name.split(".")[0] not in own:
                    yield Sight("imports.forms", "import", *block.code.span(one), subject=one.name)
        for origin in block.of(ast.ImportFrom):
            module = origin.module or ""
            if not origin.level and module != "__future__" and module.split(".")[0] not in own:
                start = block.code.text.find(module, block.code.span(origin)[0])
                yield Sight("imports.forms", "from", start, start + len(module), subject=module)


RULE = ImportForm()
