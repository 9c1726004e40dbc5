"""Merge imports: neighbouring imports out of one module become one statement, each name once and sorted."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.modules import import_at
from python_slm.refactor.plan import Plan
from python_slm.text import Edit

if TYPE_CHECKING:
    from python_slm.refactor.code import Code

EXAMPLES = (
    ("from a import ⟦⟧c\nfrom a import b, c\nx = b, c\n", "from a import b, c\nx = b, c\n"),
    ("from a import z, ⟦⟧é, z\n", "from a import z, é\n"),
    (
        "import os\nfrom .a import b as d\nfrom .a import ⟦⟧C, b\nimport sys\n",
        "import os\nfrom .a import b, b as d, C\nimport sys\n",
    ),
    ("from a import (\n    b,\n)\n\nfrom a ⟦import⟧ (c)\n", "from a import b, c\n"),
    (
        (
            "from a import ⟦⟧bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, cccccccccccccccccccccccccccccccccccc\n"
            "from a import ddddddddddddddddddddddddddddd, eeeeeeeeeeeeeeeeeeeeeee\n"
        ),
        (
            "from a import (\n    bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb,\n"
            "    cccccccccccccccccccccccccccccccccccc,\n    ddddddddddddddddddddddddddddd,\n"
            "    eeeeeeeeeeeeeeeeeeeeeee,\n)\n"
        ),
    ),
)
REFUSED = (
    ("from a import ⟦⟧b\nfrom c import d\n", "nothing to merge"),
    ("from a import ⟦⟧b\nf()\nfrom a import c\n", "nothing to merge"),
    ("from a import ⟦⟧b  # why\nfrom a import c\n", "comment"),
    ("from a import ⟦⟧b\n# why\nfrom a import c\n", "comment"),
    ("from a import ⟦⟧*\nfrom a import b\n", "star"),
    ("from a import ⟦⟧b as x\nfrom a import c as x\n", "more than one"),
    ("import ⟦⟧os\n", "select a from"),
)
_WIDTH = 88


class MergeImports:
    """Only neighbours: with other imports between them, modules would be read in another order."""

    name = "merge-imports"
    kind = "refactor.rewrite.import.merge"
    title = "Merge and sort imports from one module"

    def plan(self, code: Code) -> Plan:
        """See Refactoring."""
        whole, node = import_at(code, ast.ImportFrom)
        run = _run(whole, node)
        names = {(alias.name, alias.asname): alias for one in run for alias in one.names}
        if any(name == "*" for name, _ in names):
            raise RefusedError("a star takes what cannot be told")
        bound = [alias or name for name, alias in names]
        if len(set(bound)) < len(bound):
            raise RefusedError("it binds a name to more than one thing")
        ordered = sorted(names, key=lambda one: (one[0].lower(), one[0], one[1] or ""))
        before = [(alias.name, alias.asname) for alias in node.names]
        if len(run) == 1 and before == ordered:
            raise RefusedError("there is nothing to merge or sort")
        start, end = whole.span(run[0])[0], whole.span(run[-1])[1]
        if re.search(r"#|;", whole.text[start : whole.line_end(end)]):
            raise RefusedError("a comment there would lose its place, or another statement")
        return Plan((Edit(start, end, _text(whole, node, [names[one] for one in ordered])),))


def _run(whole: Code, node: ast.ImportFrom) -> list[ast.ImportFrom]:
    """The imports from the same module right above and below, and itself."""
    suite = whole.suite(node)
    first = last = suite.index(node)
    while first and _alike(suite[first - 1], node):
        first -= 1
    while last + 1 < len(suite) and _alike(suite[last + 1], node):
        last += 1
    return [one for one in suite[first : last + 1] if isinstance(one, ast.ImportFrom)]


def _alike(one: ast.stmt, other: ast.ImportFrom) -> bool:
    return isinstance(one, ast.ImportFrom) and (one.module, one.level) == (other.module, other.level)


def _text(whole: Code, node: ast.ImportFrom, names: list[ast.alias]) -> str:
    spelt = [one.name + f" as {one.asname}" * bool(one.asname) for one in names]
    head = f"from {'.' * node.level}{node.module or ''} import "
    line = head + ", ".join(spelt)
    if len(line) <= _WIDTH:
        return line
    return f"{head}({whole.newline}" + "".join(f"    {one},{whole.newline}" for one in spelt) + ")"


REFACTORING = MergeImports()
