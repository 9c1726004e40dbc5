"""The tree of one block as rules of style ask it: nodes by their sort, whose they are, what file they stand in."""

from __future__ import annotations

import ast
import inspect
import re
from collections import defaultdict
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeVar, cast

from python_slm.docstrings.style import layout_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.docstrings.entries import Layout
    from python_slm.syntax.located import Located

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documentable = Function | ast.ClassDef
Node = TypeVar("Node", bound=ast.AST)
_TEST = re.compile(r"(?:^|/)(?:tests?|testing)/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.pyi?$")
_UNTOLD = frozenset({"overload", "override", "setter", "deleter", "getter"})


class Reading:
    """One block, and the ``path`` of its file from the project's root. Of a long class, one member is a block.

    ``owner``: the name of that class.
    """

    def __init__(self, code: Located, path: str, owner: str = "") -> None:
        self.owner_name = owner
        self.code, self.path = code, PurePosixPath(path.replace("\\", "/"))
        self._nodes: defaultdict[type[ast.AST], list[ast.AST]] = defaultdict(list)
        for node in ast.walk(code.tree):
            self._nodes[type(node)].append(node)

    def of(self, kind: type[Node]) -> Sequence[Node]:
        """All nodes of exactly one sort, outer ones first."""
        return cast("Sequence[Node]", self._nodes[kind])

    @cached_property
    def functions(self) -> Sequence[Function]:
        """Every ``def`` and ``async def``."""
        return [*self.of(ast.FunctionDef), *self.of(ast.AsyncFunctionDef)]

    @cached_property
    def classes(self) -> Sequence[ast.ClassDef]:
        """Every class; not the one that stands for a class around a member."""
        return [one for one in self.of(ast.ClassDef) if not (one.name == "_" and self.code.block.piece.before)]

    @cached_property
    def test(self) -> bool:
        """Whether the file holds tests."""
        return is_test(str(self.path))

    def owner(self, node: ast.AST) -> ast.ClassDef | None:
        """The class whose body a definition stands in."""
        parent = self.code.definition(node)
        return parent if isinstance(parent, ast.ClassDef) else None

    def public(self, node: Documentable) -> bool:
        """Whether others may use a definition: no underscore in its name or around it, and not within a function."""
        around = [one for one in self.code.around(node) if isinstance(one, (*_FUNCTIONS, ast.ClassDef))]
        names = [self.owner_name, *(one.name for one in (node, *around))]
        hidden = any(name.startswith("_") and name != "_" for name in names)
        return not hidden and not any(isinstance(one, _FUNCTIONS) for one in around)

    def parameters(self, function: Function) -> list[ast.arg]:
        """What a function takes, ``self`` and ``cls`` left out."""
        args = function.args
        found = [*args.posonlyargs, *args.args]
        if self.owner(function) and "staticmethod" not in decorators(function):
            found = found[1:]
        return [*found, *filter(None, [args.vararg]), *args.kwonlyargs, *filter(None, [args.kwarg])]

    def name_span(self, node: Documentable) -> tuple[int, int]:
        """Where the name in a ``def`` or ``class`` line lies."""
        start = self.code.offset(node.lineno, node.col_offset)
        found = re.compile(rf"(?:async\s+)?(?:def|class)\s+({re.escape(node.name)})\b").match(self.code.text, start)
        return found.span(1) if found else (start, start + 1)

    def documented(self) -> Iterator[tuple[Documentable | ast.Module, ast.Constant, Layout | None]]:
        """Definitions with docstrings, the string and its sections; overloads and overrides have none of their own."""
        module = [self.code.tree] if self.code.block.start == 0 else []
        for node in (*module, *self.classes, *self.functions):
            first = node.body[0] if node.body else None
            value = first.value if isinstance(first, ast.Expr) else None
            if not isinstance(value, ast.Constant) or not isinstance(value.value, str) or not value.value.strip():
                continue
            if isinstance(node, ast.Module) or not _UNTOLD & decorators(node):
                yield node, value, layout_of(docstring_lines(value))


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def is_test(path: str) -> bool:
    """Whether a file, by its path from the project's root, holds tests."""
    return _TEST.search(path) is not None


def docstring_lines(constant: ast.Constant) -> list[str]:
    """A docstring's lines without the indentation that they share."""
    return inspect.cleandoc(str(constant.value)).splitlines() or [""]


def decorators(node: Documentable) -> set[str]:
    """Last parts of the names of its decorators."""
    return {last_name(one.func if isinstance(one, ast.Call) else one) for one in node.decorator_list}


def last_name(node: ast.AST | None) -> str:
    """``c`` of ``a.b.c``; empty for what is no name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """Nodes below a definition in source order, without what is in definitions within it."""
    for child in ast.iter_child_nodes(function):
        yield child
        if not isinstance(child, (*_FUNCTIONS, ast.ClassDef, ast.Lambda)):
            yield from own_nodes(child)
