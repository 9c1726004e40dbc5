"""From-import to import: ``from os import path`` becomes ``import os.path``, and all of its uses follow."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import same
from python_slm.refactor.modules import import_at, is_steady, require_free, uses_of
from python_slm.refactor.plan import Plan
from python_slm.refactor.tree import Replaced
from python_slm.syntax.parse import parsed_expression
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.refactor.code import Code

EXAMPLES = (
    ("from json import ⟦⟧dumps, loads\nx = dumps(loads('é'))\n", "import json\nx = json.dumps(json.loads('é'))\n"),
    (
        "from os.path import ⟦join⟧ as j  # why\nx = [j(a) for a in b]\n",
        "import os.path  # why\nx = [os.path.join(a) for a in b]\n",
    ),
    (
        "from a import (⟦⟧\n    B,\n    c,\n)\nclass D(B):\n    @c\n    def f(self): ...\n",
        "import a\nclass D(a.B):\n    @a.c\n    def f(self): ...\n",
    ),
    (
        "from a import ⟦⟧E\n\ndef f():\n    try:\n        raise E('')\n    except E:\n        raise\n",
        "import a\n\ndef f():\n    try:\n        raise a.E('')\n    except a.E:\n        raise\n",
    ),
    ("from a.b import ⟦⟧c\nc()\n", "import a.b\na.b.c()\n"),
)
REFUSED = (
    ("from os import ⟦⟧environ\nprint(environ['x'])\n", "another value"),
    ("from . import ⟦⟧x\nx()\n", "relative"),
    ("from os import ⟦⟧*\n", "star"),
    ("from a import ⟦⟧f\nf()\na = 1\n", "taken"),
    ("from a import ⟦⟧f\nx = f'{f()}'\n", "f-string"),
    ("from a import ⟦⟧f\nf()\n__all__ = ['f']\n", "string"),
    ("from __future__ import ⟦⟧annotations\n", "Python"),
    ("import ⟦⟧os\n", "select a from"),
    ("from a import ⟦⟧f\n", "nobody"),
    ("from a import (⟦⟧f, # why\n)\nf()\n", "comment"),
)


class FromToImport:
    """Only names that are called, caught, raised or inherited from: others may have got another value in the module."""

    name = "from-to-import"
    kind = "refactor.rewrite.import.module"
    title = "Convert to import of the module"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        whole, node = import_at(code, ast.ImportFrom)
        if node.level or not node.module:
            raise RefusedError("a relative import has no other form")
        if node.module == "__future__":
            raise RefusedError("it speaks to Python itself")
        if any(one.name == "*" for one in node.names):
            raise RefusedError("a star takes what cannot be told")
        require_free(whole, node.module.partition(".")[0])
        edits = [Edit(*whole.span(node), f"import {node.module}")]
        changes: dict[ast.AST, ast.AST | Sequence[ast.AST] | None] = {node: ast.Import([ast.alias(node.module)])}
        for alias in node.names:
            for use in uses_of(whole, alias, alias.asname or alias.name):
                if not is_steady(whole, use.node):
                    raise RefusedError("what it reads may get another value in its module")
                edits.append(Edit(*whole.span(use.node), f"{node.module}.{alias.name}"))
                changes[use.node] = _dotted(f"{node.module}.{alias.name}")
        if len(edits) == 1:
            raise RefusedError("nobody there uses it")
        if not same(Replaced(changes).of(whole.tree), whole.becomes(*edits)):
            raise RefusedError("its text cannot be changed so that nothing else does")
        return Plan(tuple(edits))


def _dotted(name: str) -> ast.expr:
    return parsed_expression(name)


REFACTORING = FromToImport()
