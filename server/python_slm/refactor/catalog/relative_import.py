"""Relative and absolute import: ``from pkg.sub import x`` within ``pkg`` becomes ``from .sub import x``, and back."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.plan import Plan
from python_slm.text import Edit

if TYPE_CHECKING:
    from python_slm.refactor.code import Code

MODULE = "pkg.sub.mod"
EXAMPLES = (
    ("from pkg.sub import ⟦⟧x\n", "from . import x\n"),
    ("from pkg.sub.other import ⟦⟧(x,\n    y)\n", "from .other import (x,\n    y)\n"),
    ("from pkg.é import ⟦⟧x\n", "from ..é import x\n"),
    ("from .. import ⟦⟧x\n", "from pkg import x\n"),
    ("if a:\n    from ..b.c import ⟦⟧x as y  # why\n", "if a:\n    from pkg.b.c import x as y  # why\n"),
    ("from  .other  import ⟦⟧x; y = 1\n", "from  pkg.sub.other  import x; y = 1\n"),
)
REFUSED = (
    ("from os import ⟦⟧path\n", "another package"),
    ("import ⟦⟧pkg.sub\n", "select a from"),
    ("from .... import ⟦⟧x\n", "above"),
    ("from pkgs import ⟦⟧x\n", "another package"),
    ("from \\\n    .a import ⟦⟧x\n", "another way"),
)


class RelativeImport:
    """Both name the same module; which of them is meant is told by the module that the file is imported as."""

    name = "relative-import"
    kind = "refactor.rewrite.import.relative"
    title = "Convert between relative and absolute import"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        node = code.nearest(ast.Import, ast.ImportFrom)
        if not isinstance(node, ast.ImportFrom):
            raise RefusedError("select a from … import")
        package = code.module.split(".")[:-1]
        if not package:
            raise RefusedError("the file is in no package, as far as is known")
        found = re.compile(r"from[ \t]+([.\w]+)[ \t]+import\b").match(code.text, code.span(node)[0])
        if found is None:
            raise RefusedError("it is written in another way than usual")
        name = absolute(node, package) if node.level else relative(node, package)
        return Plan((Edit(*found.span(1), name),))


def absolute(node: ast.ImportFrom, package: list[str]) -> str:
    """The dotted name that a relative import in a module of ``package`` means."""
    if node.level > len(package):
        raise RefusedError("it goes above the package")
    inside = package[: len(package) - node.level + 1]
    return ".".join([*inside, *([node.module] if node.module else [])])


def relative(node: ast.ImportFrom, package: list[str]) -> str:
    """The same module, dots first."""
    parts = (node.module or "").split(".")
    shared = 0
    while shared < min(len(parts), len(package)) and parts[shared] == package[shared]:
        shared += 1
    if not shared:
        raise RefusedError("it imports from another package")
    return "." * (len(package) - shared + 1) + ".".join(parts[shared:])


REFACTORING = RelativeImport()
