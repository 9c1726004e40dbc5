"""Which import gives a name its meaning, and where in the file it goes."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from typing import TYPE_CHECKING

from python_slm.checks.conventions import ALIASES, BASES, NAMES, PACKAGES
from python_slm.project.imports import statements_in
from python_slm.syntax.parse import ast_of
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.checks.base import Place
    from python_slm.project.surroundings import Surroundings

_TOP = re.compile(r"(?:#[^\n]*\n|[ \t]*\n)*")
_Key = tuple[int, bool, str]


def import_for(name: str, attribute: str, surroundings: Surroundings) -> str | None:
    """The statement that binds ``name``, of which ``attribute`` is used (or nothing); None where it is not clear.

    First as other files do it, then as everybody does it, where it is installed.
    """
    if statement := surroundings.imports.get(name) or _elsewhere(name, surroundings):
        return statement
    if name in NAMES:
        return f"from {NAMES[name]} import {name}"
    installed = surroundings.installed or frozenset()
    if attribute and ALIASES.get(name, "").partition(".")[0] in installed:
        return f"import {ALIASES[name]} as {name}"
    is_package = name in PACKAGES and name in installed
    is_base = name in BASES and hasattr(importlib.import_module(name), attribute)
    return f"import {name}" if attribute and (is_package or is_base) else None


def import_edit(statement: str, place: Place) -> Edit | None:
    """Where the statement goes, sorted as isort does it; None where there is no place for it above the cursor.

    After the imports that come before it in the first run of them at the top level, or below the docstring.
    """
    text = place.document.text
    line_start = text.rfind("\n", 0, place.offset) + 1
    newline = "\r\n" if "\r\n" in text else "\n"
    found = [one for one in _imports(place) if one[1] <= line_start]
    if found:
        return _among(found, statement, text, newline)
    top = _below_docstring(place)
    if top > line_start or top == place.offset:
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


def _elsewhere(name: str, surroundings: Surroundings) -> str | None:
    """How the code of other files that is at hand imports it, if all of it does so alike."""
    found = {
        statement for chunk in surroundings.chunks for bound, statement in statements_in(chunk.text) if bound == name
    }
    return found.pop() if len(found) == 1 else None


def _imports(place: Place) -> list[tuple[int, int, _Key]]:
    """(start, end with its line, sorting key) of the imports before the file's first function or class."""
    found = []
    for block in place.index.blocks:
        if block.kind in ("def", "class"):
            break
        tree = ast_of(block.text) if block.kind == "import" else None
        starts = [0]
        for line in block.text.splitlines(keepends=True):
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


def _below_docstring(place: Place) -> int:
    """Offset of the line after the module's docstring, or after its comments where it has none."""
    text = place.document.text
    head = _TOP.match(text)
    start = head.end() if head else 0
    block = place.index.block_at(start)
    tree = ast_of(block.piece.shadow.text)
    first = tree.body[0] if tree and tree.body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        assert first.end_lineno is not None  # what ast.parse made has ends
        lines = block.text.splitlines(keepends=True)[: first.end_lineno]
        return block.start + sum(map(len, lines))
    return start
