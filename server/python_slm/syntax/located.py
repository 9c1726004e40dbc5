"""The tree of one block of a buffer, and where each of its nodes lies there."""

from __future__ import annotations

import ast
import re
from collections import deque
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

from python_slm.errors import RefusedError
from python_slm.syntax.occurrences import Scopes
from python_slm.syntax.parse import ast_of, parseable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.syntax.blocks import Block
    from python_slm.text import Edit

Node = TypeVar("Node", bound=ast.AST)
_WITH_SUITES = (
    ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.If, ast.For, ast.AsyncFor, ast.While,
    ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.ExceptHandler, ast.match_case,
)  # fmt: skip
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_LINE_END = re.compile(r"\r\n|\n|\r")


class Located:
    """The ``ast`` of one block, which stands in ``text``, the whole buffer; offsets are the buffer's.

    Raises RefusedError where the block does not parse, here and now.
    """

    def __init__(self, text: str, block: Block) -> None:
        self.text, self.block = text, block
        self._before, self._after = block.piece.before, block.piece.after
        tree = ast_of(self._before + block.text + self._after)
        if tree is None or (block.piece.parts and block.problem):  # what has no parts was parsed as it is just now
            raise RefusedError("the code around the selection does not parse, or is too long to be read")
        self.tree = tree
        source = parseable(self._before + block.text)
        self._starts = [0, *(found.end() for found in _LINE_END.finditer(source))]
        self._source = source
        self.parents: dict[ast.AST, ast.AST] = {}
        self._by_kind: dict[type[ast.AST], list[ast.AST]] = {}
        self._walk()

    def _walk(self) -> None:
        """One pass in the order of ``ast.walk`` for parents and kinds: a third of what two with its helpers cost."""
        waiting: deque[ast.AST] = deque([self.tree])
        while waiting:
            node = waiting.popleft()
            self._by_kind.setdefault(type(node), []).append(node)
            for name in node._fields:
                value = getattr(node, name, None)
                for child in value if isinstance(value, list) else (value,):
                    if isinstance(child, ast.AST):
                        self.parents[child] = node
                        waiting.append(child)

    def suites(self) -> Iterator[list[ast.stmt]]:
        """Every list of statements, those of outer nodes of one kind before inner ones."""
        for kind in _WITH_SUITES:
            for node in self._by_kind.get(kind, ()):
                for name in ("body", "orelse", "finalbody"):
                    if suite := getattr(node, name, None):
                        yield suite

    @cached_property
    def scopes(self) -> Scopes:
        """Which names of the block belong to which scope."""
        return Scopes(self.tree)

    def every(self, kind: type[Node], *kinds: type[Node]) -> Iterator[Node]:
        """The nodes of these very types, type by type, outer ones first; the tree is walked once for all who ask."""
        for one in (kind, *kinds):
            yield from cast("list[Node]", self._by_kind.get(one, []))

    def offset(self, line: int, column: int) -> int:
        """The offset in the buffer of one of ``ast``'s places: lines from 1, columns in UTF-8 bytes."""
        start = self._starts[min(line, len(self._starts)) - 1]
        end = self._starts[line] if line < len(self._starts) else len(self._source)
        text = self._source[start:end]
        characters = column if text.isascii() else len(text.encode()[:column].decode(errors="ignore"))
        return start + characters - len(self._before) + self.block.start

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Where a node lies in the buffer; that of a definition begins with its first decorator's ``@``."""
        decorators: list[ast.AST] = getattr(node, "decorator_list", [])
        first = decorators[0] if decorators else node
        start = self.offset(first.lineno, first.col_offset)  # type: ignore[attr-defined]
        if first is not node:
            start = self.text.rindex("@", 0, start)
        return start, self.offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def source(self, node: ast.AST) -> str:
        """The text of a node, parentheses around it left out."""
        return self.text[slice(*self.span(node))]

    def becomes(self, *edits: Edit) -> ast.Module | None:
        """The tree of the block after ``edits``, which lie within it; None where it does not parse."""
        text = self.block.text
        for edit in sorted(edits, key=lambda one: (one.start, one.end), reverse=True):
            text = text[: edit.start - self.block.start] + edit.text + text[edit.end - self.block.start :]
        return ast_of(self._before + text + self._after)

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes that a node stands in, innermost first."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement around a node, or itself."""
        return next(one for one in (node, *self.around(node)) if isinstance(one, ast.stmt))

    def suite(self, statement: ast.stmt) -> list[ast.stmt]:
        """The statements among which one stands."""
        return next(
            value
            for _, value in ast.iter_fields(self.parents[statement])
            if isinstance(value, list) and statement in value
        )

    def definition(self, node: ast.AST) -> ast.AST:
        """The function, class or module that a node stands in, conditions and the like left out."""
        return next(one for one in self.around(node) if isinstance(one, (*FUNCTIONS, ast.ClassDef, ast.Module)))

    def function(self, node: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The innermost ``def`` whose body a node stands in; None in a class body or outside of functions."""
        inner = node
        for outer in self.around(node):
            if isinstance(outer, FUNCTIONS) and inner in outer.body:
                return outer
            if isinstance(outer, ast.ClassDef) and inner in outer.body:
                return None
            inner = outer
        return None

    def shares_brackets(self, node: ast.AST) -> bool:
        """Whether a generator's brackets are those of the call that it is the only argument of."""
        parent = self.parents[node]
        alone = isinstance(node, ast.GeneratorExp) and isinstance(parent, ast.Call) and node in parent.args
        return alone and self.span(node)[1] == self.span(parent)[1]

    def line_start(self, offset: int) -> int:
        """Where the line that holds ``offset`` begins."""
        first = self.block.start
        return max(first, self.text.rfind("\n", first, offset) + 1, self.text.rfind("\r", first, offset) + 1)

    def line_end(self, offset: int) -> int:
        """Where the line that holds ``offset`` ends, its line end left out."""
        found = _LINE_END.search(self.text, offset)
        return found.start() if found else len(self.text)

    def indent(self, node: ast.stmt) -> str:
        """What stands before a statement that begins its line; raises RefusedError where it does not."""
        start = self.span(node)[0]
        before = self.text[self.line_start(start) : start]
        if before.strip(" \t\f\ufeff"):
            raise RefusedError("the statement shares its line with another")
        return before.replace("\ufeff", "")

    @property
    def newline(self) -> str:
        """How lines end here."""
        found = _LINE_END.search(self.text)
        return found.group() if found else "\n"


def same(one: ast.AST | None, other: ast.AST | None) -> bool:
    """Whether two trees mean the same; positions are left out."""
    return one is not None and other is not None and ast.dump(one) == ast.dump(other)
