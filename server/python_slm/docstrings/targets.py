"""The definitions of a buffer that a docstring can belong to, those of the blocks around a broken one too."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.docstrings.facts import Documentable, Facts, facts_of
from python_slm.syntax.blocks import BlockIndex
from python_slm.syntax.parse import ast_of, nested_too_deeply, parseable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.text import Document

_NEVER = frozenset({"overload", "setter", "deleter", "getter"})
_INHERITED = frozenset({"override"})


@dataclass(frozen=True)
class Target:
    """A definition. ``name`` is qualified, ``lines_before`` is what its tree's line numbers lack to the document's."""

    node: Documentable
    name: str
    facts: Facts
    lines_before: int
    public: bool
    nested: bool
    """Within a function."""

    @property
    def line(self) -> int:
        """Zero-based line of ``def`` or ``class`` in the document."""
        return 0 if isinstance(self.node, ast.Module) else self.node.lineno - 1 + self.lines_before

    @property
    def docstring(self) -> ast.Constant | None:
        """Its node; None where there is none."""
        first = self.node.body[0] if self.node.body else None
        constant = first.value if isinstance(first, ast.Expr) else None
        return constant if isinstance(constant, ast.Constant) and isinstance(constant.value, str) else None

    @property
    def wants_docstring(self) -> bool:
        """Whether anybody misses one: not in private code, special methods, tests, overloads and what overrides."""
        own = self.name.rpartition(".")[2]
        if self.nested or not self.public or _INHERITED & self.facts.decorators or own.startswith(("test_", "Test")):
            return False
        return not isinstance(self.node, ast.Module) or bool(self.node.body)


def targets_in(document: Document, module: str) -> list[Target]:
    """All of them in order, overloads and setters left out. ``module``: the file's name without ``.py``."""
    tree = tree_of(document.text)
    if tree is not None:
        whole = [Target(tree, module, facts_of(tree, name=module, in_class=False), 0, public(module), nested=False)]
        return [*whole, *_inside(tree, "", 0, nested=False, owned=True)]
    return [
        target for one, line in _readable(document.text) for target in _inside(one, "", line, nested=False, owned=True)
    ]


def tree_of(text: str) -> ast.Module | None:
    """The tree of a whole file; None where it does not parse or is nested too deeply."""
    source = parseable(text)
    if nested_too_deeply(source):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return None


def public(name: str) -> bool:
    """Whether a name is for everybody: no underscore in front, and not special (``__eq__``)."""
    return not name.startswith("_")


def _readable(text: str) -> Iterator[tuple[ast.Module, int]]:
    """The trees of blocks that parse, and the lines that each has before it in the document."""
    for block in BlockIndex.of(text).blocks:
        leaves = [block] if block.kind != "broken" or not block.members else block.members
        for leaf in leaves:
            if leaf.kind == "broken":
                continue
            piece = leaf.piece
            tree = ast_of(piece.before + leaf.text + piece.after if leaf is not block else leaf.text)
            if tree is not None:
                yield tree, leaf.start_line - (piece.lines_before if leaf is not block else 0)


def _inside(node: ast.AST, owner: str, lines: int, *, nested: bool, owned: bool) -> Iterator[Target]:
    """``owned``: every scope around is public."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
                yield from _inside(child, owner, lines, nested=nested, owned=owned)
            continue
        name = f"{owner}.{child.name}" if owner else child.name
        facts = facts_of(child, name=child.name, in_class=isinstance(node, ast.ClassDef))
        seen = owned and public(child.name)
        if not _NEVER & facts.decorators and not (isinstance(node, ast.ClassDef) and node.name == "_" and not owner):
            yield Target(child, name, facts, lines, seen, nested)
        inner = nested or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        yield from _inside(child, name, lines, nested=inner, owned=seen)
