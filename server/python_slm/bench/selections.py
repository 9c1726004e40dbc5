"""Places in files that a person might select for a refactoring: like those of its own examples, or anywhere."""

from __future__ import annotations

import ast
import random
import sys
import sysconfig
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import Code
from python_slm.syntax.blocks import BlockIndex

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.refactor.base import Refactoring

MOST_LINES = 2500
_INNER = (ast.Name, ast.Constant, ast.Attribute, ast.arg, ast.alias, ast.keyword)
_BETWEEN = (ast.BoolOp, ast.BinOp, ast.Compare, ast.IfExp)
_MOST_STATEMENTS = 4
_A_FILE = 4
"""Selections of one file after the other: reading it takes longest."""
_READ = 256
"""Files whose trees are kept: the standard library has 141 of these, a folder gives 200."""

Selection = tuple[str, int, int]
"""A text, and where the selection in it begins and ends."""
Shape = tuple[str, str]
"""The name of a class of ``ast``, and what of such a node is selected: ``whole``, ``suite`` or ``cursor``."""


def stdlib_files() -> Sequence[str]:
    """Modules of the running interpreter's standard library, up to 2,500 lines long."""
    return _texts(sorted(Path(sysconfig.get_path("stdlib")).glob("[a-z]*.py")))


def files_under(folder: Path, count: int, seed: int) -> Sequence[str]:
    """Random Python files below a folder that parse."""
    paths = sorted(folder.rglob("*.py"))
    random.Random(seed).shuffle(paths)  # noqa: S311 - reproducible, not secret
    texts: list[str] = []
    for path in paths:
        texts += _texts([path])
        if len(texts) == count:
            break
    return texts


def _texts(paths: Sequence[Path]) -> list[str]:
    found: list[str] = []
    for path in paths:
        try:
            text = path.read_bytes().decode("utf-8")
            ast.parse(text)
        except (OSError, ValueError, SyntaxError, RecursionError):
            continue
        if text.count("\n") <= MOST_LINES and "\r" not in text:
            found.append(text)
    return found


def like_examples(refactoring: Refactoring, files: Sequence[str], seed: int) -> Iterator[Selection]:
    """Selections of the sorts that the refactoring's own examples have, without end."""
    shapes = sorted(shapes_of(refactoring))
    chance = random.Random(f"{refactoring.name} {seed}")  # noqa: S311 - see above
    while True:
        text = chance.choice(files)
        tree, nodes = _read(text)
        for _ in range(_A_FILE):
            kind, how = chance.choice(shapes)
            found = _select(text, tree, chance.choice(nodes[kind]), how, chance) if kind in nodes else None
            if found:
                yield text, *found


def all_like_examples(refactoring: Refactoring, text: str) -> list[Selection]:
    """Every selection of one text that is of the sorts of the refactoring's examples."""
    tree, chance = ast.parse(text), random.Random(refactoring.name)  # noqa: S311 - see above
    nodes = [one for one in ast.walk(tree) if hasattr(one, "lineno")]
    found = {
        _select(text, tree, one, how, chance)
        for kind, how in sorted(shapes_of(refactoring))
        for one in nodes
        if type(one).__name__ == kind
    }
    return [(text, *one) for one in sorted(one for one in found if one)]


def anywhere(files: Sequence[str], seed: int) -> Iterator[Selection]:
    """Any expression or statement, or a cursor in it, without end."""
    chance = random.Random(seed)  # noqa: S311 - see above
    while True:
        text = chance.choice(files)
        tree, kinds = _read(text)
        nodes = [one for kind in kinds.values() for one in kind if isinstance(one, ast.expr | ast.stmt)]
        if not nodes:
            continue  # an empty module
        found = _select(text, tree, chance.choice(nodes), chance.choice(("whole", "cursor", "suite")), chance)
        if found:
            yield text, *found


@lru_cache(maxsize=_READ)
def _read(text: str) -> tuple[ast.AST, dict[str, list[ast.AST]]]:
    """The tree of a text, and its nodes with a place, by the name of their class."""
    tree, nodes = ast.parse(text), dict[str, list[ast.AST]]()
    for one in ast.walk(tree):
        if hasattr(one, "lineno"):
            nodes.setdefault(type(one).__name__, []).append(one)
    return tree, nodes


def shapes_of(refactoring: Refactoring) -> set[Shape]:
    """What is selected in a refactoring's examples."""
    shapes: set[Shape] = set()
    for marked, _ in sys.modules[type(refactoring).__module__].EXAMPLES:
        start, end = marked.index("⟦"), marked.index("⟧") - 1
        text = marked.replace("⟦", "").replace("⟧", "")
        try:
            code = Code(BlockIndex.of(text), start, end)
        except RefusedError:
            continue
        shapes |= _shapes(code)
    return shapes


def _shapes(code: Code) -> set[Shape]:
    statements = code.statements() if code.start < code.end else ()
    if statements:
        return {(type(statements[0]).__name__, "suite")}
    exact = [one for one in code.path if code.span(one) == (code.start, code.end) and code.start < code.end]
    if exact:
        return {(type(exact[0]).__name__, "whole")}
    path = [one for one in code.path if not isinstance(one, _INNER)] or list(code.path)
    around = {type(one).__name__ for one in path[:1]} or {"Expr"}
    literal = {"Constant" for one in code.path[:1] if isinstance(one, ast.Constant)}  # it may be what is selected
    return {(name, "cursor") for name in around | literal}


def _select(text: str, tree: ast.AST, node: ast.AST, how: str, chance: random.Random) -> tuple[int, int] | None:
    """The selection of ``node``; None for what a person would not select, as parts of f-strings."""
    if isinstance(node, ast.expr) and not isinstance(getattr(node, "ctx", ast.Load()), ast.Load | ast.Store):
        return None
    if isinstance(node, ast.Starred | ast.Slice | ast.FormattedValue):
        return None
    lines = _Lines(text)
    start, end = lines.offset(node, end=False), lines.offset(node, end=True)
    if how == "cursor":
        if isinstance(node, _BETWEEN):
            start = lines.offset(_first(node), end=True) + 1
        return start, start
    if how == "suite" and isinstance(node, ast.stmt):
        suites = (value for one in ast.walk(tree) for _, value in ast.iter_fields(one) if isinstance(value, list))
        suite = next(value for value in suites if node in value)
        last = suite[min(suite.index(node) + chance.randrange(_MOST_STATEMENTS), len(suite) - 1)]
        end = lines.offset(last, end=True)
    return (start, end) if end > start else None


def _first(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.BoolOp):
        return node.values[0]
    if isinstance(node, ast.IfExp):
        return node.body
    assert isinstance(node, ast.BinOp | ast.Compare)
    return node.left


class _Lines:
    """Offsets of places as ``ast`` has them: lines from 1, columns in UTF-8 bytes."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines(keepends=True) if "\f" not in text else text.split("\n")
        if "\f" in text:
            self._lines = [f"{line}\n" for line in self._lines]

    def offset(self, node: ast.AST, *, end: bool) -> int:
        line: int = node.end_lineno if end else node.lineno  # type: ignore[attr-defined]
        column: int = node.end_col_offset if end else node.col_offset  # type: ignore[attr-defined]
        before = sum(map(len, self._lines[: line - 1]))
        return before + len(self._lines[line - 1].encode()[:column].decode(errors="ignore"))
