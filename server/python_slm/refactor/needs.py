"""Names that a refactoring writes and a file must import: what they are called there, and the edits that bring them."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.syntax.importing import import_edit
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.refactor.code import Code


def needed(whole: Code, module: str, names: Sequence[str]) -> tuple[dict[str, str], list[Edit]]:
    """Names of ``module`` → how the file can spell them, with the edits that import those it does not.

    Raises RefusedError where a name means something else there, or there is no place above the selection.
    """
    found: dict[str, str] = {}
    for node in whole.tree.body:
        if whole.span(node)[0] > whole.start:
            break
        if isinstance(node, ast.ImportFrom) and node.module == module and not node.level:
            found |= {one.name: one.asname or one.name for one in node.names}
        if isinstance(node, ast.Import):
            prefixes = [one.asname or one.name for one in node.names if one.name == module]
            found = {name: f"{prefix}.{name}" for prefix in prefixes for name in names} | found
    for spelt in (found[name] for name in names if name in found):
        if (
            len([one for one in whole.scopes.occurrences if one.how != "load" and one.name == spelt.partition(".")[0]])
            > 1
        ):
            raise RefusedError("a name that it needs means more than one thing in the file")
    missing = [name for name in names if name not in found]
    if not missing:
        return found, []
    if any(re.search(rf"(?<![\w.]){name}(?!\w)", whole.text) for name in missing):
        raise RefusedError("a name that it has to import is taken")
    return found | {name: name for name in missing}, [_edit(whole, module, missing)]


def _edit(whole: Code, module: str, names: Sequence[str]) -> Edit:
    for node in whole.tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == module and not node.level:
            text, (_, end) = whole.source(node), whole.span(node)
            if end <= whole.start and not re.search(r"[(\\#;*]", text):
                return Edit(end, end, "".join(f", {name}" for name in names))
    edit = import_edit(f"from {module} import {', '.join(names)}", whole.index, whole.line_end(whole.start))
    if edit is None:
        raise RefusedError("there is no place for its import above")
    return edit
