"""The code around a selection: the tree of its block, where each node lies in the buffer, and what is selected."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.scopes import Scopes
from python_slm.syntax.parse import ast_of, parseable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.syntax.blocks import BlockIndex
    from python_slm.text import Edit

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_LINE_END = re.compile(r"\r\n|\n|\r")
_ONLY_COMMENTS = re.compile(r"(?:[\s;]|#[^\r\n]*)*")


class Code:
    """One selection, ``start`` to ``end`` without the blanks around it, in the smallest block that holds it.

    Raises RefusedError where that block does not parse, here and now.
    """

    def __init__(self, index: BlockIndex, start: int, end: int, new_name: str = "") -> None:
        self.index, self.text, self.new_name = index, index.text, new_name
        while start < end and self.text[start].isspace():
            start += 1
        while start < end and self.text[end - 1].isspace():
            end -= 1
        self.start, self.end = start, end
        self.block = index.block_at(start)
        if end > self.block.end:
            raise RefusedError("the selection spans several definitions")
        self._before, self._after = self.block.piece.before, self.block.piece.after
        tree = ast_of(self._before + self.block.text + self._after)
        if self.block.problem or tree is None:
            raise RefusedError("the code around the selection does not parse, or is too long to be read")
        self.tree = tree
        source = parseable(self._before + self.block.text)
        self._starts = [0, *(found.end() for found in _LINE_END.finditer(source))]
        self._source = source
        self.parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}

    @cached_property
    def scopes(self) -> Scopes:
        """Which names of the block belong to which scope."""
        return Scopes(self.tree)

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

    def expression(self) -> ast.expr:
        """What is selected, as an expression that is read; raises RefusedError where it is none."""
        start, end = self._unwrapped()
        outside = self.start - 1, self.end + 1  # the brackets of a call are also its only argument's
        for node in ast.walk(self.tree):
            if isinstance(node, ast.expr) and not isinstance(node, ast.Starred | ast.Slice | ast.FormattedValue):
                span = self.span(node)
                bracketed = isinstance(node, ast.GeneratorExp) and span == outside
                if span not in {(start, end), (self.start, self.end)} and not bracketed:
                    continue
                self._readable(node)
                return node
        raise RefusedError("select a whole expression, or whole statements where these will do")

    def _readable(self, node: ast.expr) -> None:
        if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            raise RefusedError("it is assigned or deleted here, not read")
        inner: ast.AST = node
        for outer in self.around(node):
            if isinstance(outer, ast.JoinedStr):
                raise RefusedError("it is part of an f-string")
            if isinstance(outer, ast.pattern):
                raise RefusedError("it is part of a pattern")
            if inner in {getattr(outer, "annotation", None), getattr(outer, "returns", None)}:
                raise RefusedError("it is part of an annotation")
            if isinstance(outer, ast.stmt):
                return
            inner = outer

    def _unwrapped(self) -> tuple[int, int]:
        start, end = self.start, self.end
        while start < end and self.text[start] == "(" and self.text[end - 1] == ")":
            start, end = start + 1, end - 1
            while start < end and self.text[start].isspace():
                start += 1
            while start < end and self.text[end - 1].isspace():
                end -= 1
        return start, end

    def statements(self) -> Sequence[ast.stmt]:
        """The whole statements of one suite that are selected; none where it is something else."""
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.stmt) or self.span(node)[0] != self.start:
                continue
            suite = self.suite(node)
            chosen = [one for one in suite[suite.index(node) :] if self.span(one)[1] <= self.end]
            if chosen and _ONLY_COMMENTS.fullmatch(self.text, self.span(chosen[-1])[1], self.end):
                return chosen
        return ()

    def name_at_selection(self) -> ast.Name | ast.arg:
        """The innermost variable at the selection; raises RefusedError where there is none."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name | ast.arg):
                start = self.span(node)[0]
                name = node.id if isinstance(node, ast.Name) else node.arg
                end = start + len(name)
                if start <= self.start and self.end <= end and self.text[start:end] == name:
                    return node
        raise RefusedError("select a variable")

    def shares_brackets(self, node: ast.AST) -> bool:
        """Whether a generator's brackets are those of the call that it is the only argument of."""
        parent = self.parents[node]
        alone = isinstance(node, ast.GeneratorExp) and isinstance(parent, ast.Call) and node in parent.args
        return alone and self.span(node)[1] == self.span(parent)[1]

    def line_start(self, offset: int) -> int:
        """Where the line that holds ``offset`` begins."""
        before = self.block.text[: offset - self.block.start]
        starts = [0, *(found.end() for found in _LINE_END.finditer(before))]
        return self.block.start + starts[bisect_right(starts, len(before)) - 1]

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

    def fresh(self, wanted: str) -> str:
        """``wanted``, or with a number behind it: a name that the buffer holds nowhere."""
        words, name, number = set(re.findall(r"\w+", self.text)), self.new_name or wanted, 2
        if self.new_name and (not name.isidentifier() or name in words):
            raise RefusedError("the new name is taken, or no name")
        while name in words:
            name, number = f"{wanted}{number}", number + 1
        return name


def same(one: ast.AST | None, other: ast.AST | None) -> bool:
    """Whether two trees mean the same; positions are left out."""
    return one is not None and other is not None and ast.dump(one) == ast.dump(other)
