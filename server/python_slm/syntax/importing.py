"""Where in a file an import goes."""

from __future__ import annotations

import ast
import re
import sys
from typing import TYPE_CHECKING

from python_slm.syntax.parse import ast_of
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.syntax.blocks import BlockIndex

_TOP = re.compile(r"(?:#[^\r\n]*(?:\r\n|\n|\r)|[ \t]*(?:\r\n|\n|\r))*")
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$")
_Key = tuple[int, bool, str]


def import_edit(statement: str, index: BlockIndex, offset: int) -> Edit | None:
    """Where the statement goes, sorted as isort does it; None where there is no place for it above ``offset``.

    After the imports that come before it in the first run of them at the top level, or below the docstring.
    """
    text = index.text
    line_start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    newline = "\r\n" if "\r\n" in text else "\r" if "\r" in text else "\n"
    found = [one for one in _imports(index) if one[1] <= line_start]
    if found:
        return _among(found, statement, text, newline)
    top = _below_docstring(index)
    if top > line_start or top == offset:
        return None
    gap = newline if text[:top].strip() and not text[:top].endswith(newline * 2) else ""
    return Edit(top, top, gap + statement + newline + newline)


def _among(found: Sequence[tuple[int, int, _Key]], statement: str, text: str, newline: str) -> Edit:
    """Sorted into its section; a section of its own stands apart from the others."""
    key = _key(statement)
    section = [one for one in found if one[2][0] == key[0]]
    if section:
        before = [one for one in section if one[2] <= key]
        at = before[-1][1] if before else section[0][0]
        return Edit(at, at, statement + newline)
    above = [one for one in found if one[2][0] < key[0]]
    if not above:
        return Edit(found[0][0], found[0][0], statement + newline * 2)
    at = above[-1][1]
    apart = "" if text[at : at + 1] in ("", "\r", "\n") else newline
    return Edit(at, at, newline + statement + newline + apart)


def _imports(index: BlockIndex) -> list[tuple[int, int, _Key]]:
    """(start, end with its line, sorting key) of the imports before the file's first function or class."""
    found = []
    for block in index.blocks:
        if block.kind in ("def", "class"):
            break
        tree = ast_of(block.text) if block.kind == "import" else None
        starts = [0]
        for line in _LINES.findall(block.text):
            starts.append(starts[-1] + len(line))
        for node in tree.body if tree else ():
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert node.end_lineno is not None  # what ast.parse made has ends
                start, end = block.start + starts[node.lineno - 1], block.start + starts[node.end_lineno]
                found.append((start, end, _key(ast.unparse(node))))
    return found


def _key(statement: str) -> _Key:
    """Section, straight imports first, module: what isort sorts by."""
    words = statement.split()
    module = words[1].rstrip(",")
    top = module.partition(".")[0]
    section = 2 if top else 3
    if top in sys.stdlib_module_names:
        section = 0 if top == "__future__" else 1
    return section, words[0] == "from", module.lower()


def _below_docstring(index: BlockIndex) -> int:
    """Offset of the line after the module's docstring, or after its comments where it has none."""
    text = index.text
    head = _TOP.match(text)
    start = head.end() if head else 0
    block = index.block_at(start)
    tree = ast_of(block.piece.shadow.text)
    first = tree.body[0] if tree and tree.body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        assert first.end_lineno is not None  # what ast.parse made has ends
        lines = _LINES.findall(block.text)[: first.end_lineno]
        return block.start + sum(map(len, lines))
    return start
