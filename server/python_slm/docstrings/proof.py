"""What mending docstrings does to a file: nothing, but for its docstrings."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING

from python_slm.syntax.blocks import BlockIndex
from python_slm.syntax.parse import nested_too_deeply, parseable, parsed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from python_slm.findings import Finding
    from python_slm.text import Edit


def edits_of(findings: Iterable[Finding]) -> list[Edit]:
    """The edits of their safe fixes in order, each once; those of docstrings do not overlap."""
    safe = {edit for one in findings for fix in one.fixes[:1] if fix.safe for edit in fix.edits}
    return sorted(safe, key=lambda edit: (edit.start, edit.end))


def applied(text: str, edits: Iterable[Edit]) -> str:
    """``text`` after edits that do not overlap."""
    for edit in sorted(edits, key=lambda one: (one.start, one.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def unchanged(before: str, after: str) -> bool:
    """Whether two texts are the same program but for docstrings; of a broken one, whether no more of it is broken."""
    old, new = _tree_of(before), _tree_of(after)
    if old is None:
        return len(BlockIndex.of(after).problems) <= len(BlockIndex.of(before).problems)
    return new is not None and _code(old) == _code(new)


def _tree_of(text: str) -> ast.Module | None:
    """The tree of a whole file; None where it does not parse or is nested too deeply."""
    source = parseable(text)
    if nested_too_deeply(source):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return parsed(source)
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return None


def _code(tree: ast.Module) -> str:
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
            continue
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            del node.body[0]
    return ast.dump(tree)
