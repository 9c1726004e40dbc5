"""The code around a selection: the tree of its block, where each node lies in the buffer, and what is selected."""

from __future__ import annotations

import ast
import keyword
import re
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

from python_slm.errors import RefusedError
from python_slm.syntax.blocks import Block
from python_slm.syntax.located import FUNCTIONS, Located, same
from python_slm.syntax.occurrences import Scopes
from python_slm.syntax.pieces import Caches, Piece

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.syntax.blocks import BlockIndex

__all__ = ["FUNCTIONS", "Code", "same"]

Node = TypeVar("Node", bound=ast.AST)
Statement = TypeVar("Statement", bound=ast.stmt)
_ONLY_COMMENTS = re.compile(r"(?:[\s;]|#[^\r\n]*)*")


class Code(Located):
    """One selection, ``start`` to ``end`` without the blanks around it, in the smallest block that holds it.

    ``module`` is the dotted name that the file is imported by, ending in ``__init__`` for a package's own; empty where
    it is not known. Raises RefusedError where that block does not parse, here and now.
    """

    def __init__(self, index: BlockIndex, start: int, end: int, new_name: str = "", *, module: str = "") -> None:
        while start < end and index.text[start].isspace():
            start += 1
        while start < end and index.text[end - 1].isspace():
            end -= 1
        if start == end:
            start = end = _behind_indentation(index.text, start)
        block = index.block_at(start)
        if end > block.end:
            raise RefusedError("the selection spans several definitions")
        super().__init__(index.text, block)
        self._file: Located | None = None
        self.index, self.start, self.end, self.new_name, self.module = index, start, end, new_name, module

    @cached_property
    def whole(self) -> Code:
        """The same selection in the tree of the whole file; raises RefusedError where any of it does not parse."""
        found = copy(self)
        for name in {"path", "scopes", "unit", "whole"} & vars(found).keys():
            delattr(found, name)
        notes = self.index.notes
        if Code not in notes:
            piece = Piece("statements", "", self.text, "", "", (), Caches())
            notes[Code] = Located(self.text, Block(piece, 0, 0))
        kept = cast("Located", notes[Code])
        vars(found).update({name: value for name, value in vars(kept).items() if name != "scopes"}, _file=kept)
        return found

    @cached_property
    def scopes(self) -> Scopes:
        """Which names of the tree belong to which scope; those of a whole file are kept with its index."""
        return self._file.scopes if self._file is not None else Scopes(self.tree)

    @cached_property
    def path(self) -> tuple[ast.AST, ...]:
        """The nodes around the selection, innermost first, the module left out."""
        found: list[ast.AST] = []
        nodes: list[ast.AST] = list(ast.iter_child_nodes(self.tree))
        while nodes:
            node = nodes.pop()
            if hasattr(node, "lineno"):
                begins, ends = self.span(node)
                if not (begins <= self.start and self.end <= ends):
                    continue
                found.append(node)
                nodes = []
            if not isinstance(node, ast.JoinedStr):  # where its parts lie, Python 3.11 does not know
                nodes += ast.iter_child_nodes(node)
        return tuple(reversed(found))

    def nearest(self, *kinds: type[Node]) -> Node | None:
        """The innermost node of some kinds around the selection."""
        return next((one for one in self.path if isinstance(one, kinds)), None)

    def headed(self, *kinds: type[Statement]) -> Statement | None:
        """The innermost statement of some kinds that is selected as a whole, or within its first lines, the header."""
        for one in self.path:
            if not isinstance(one, ast.stmt):
                continue
            body: list[ast.stmt] = getattr(one, "body", [])
            until = self.line_start(self.span(body[0])[0]) if body else self.span(one)[1]
            inside = self.end < until or not body or self.end <= self.line_end(self.offset(one.lineno, one.col_offset))
            whole = (self.start, self.end) == self.span(one)
            return one if isinstance(one, kinds) and (inside or whole) else None
        return None

    @cached_property
    def unit(self) -> str:
        """By how much the block's suites are indented: a tab, or some blanks."""
        for node in ast.walk(self.tree):
            body = getattr(node, "body", None)
            if isinstance(node, ast.stmt) and isinstance(body, list):
                outer, inner = (self.text[self.line_start(self.span(one)[0]) :] for one in (node, body[0]))
                blanks = [re.match(r"[ \t]*", text) for text in (outer, inner)]
                outer, inner = (found.group() if found else "" for found in blanks)
                if len(inner) > len(outer) and inner.startswith(outer):
                    return inner[len(outer) :]
        return "    "

    def expression(self) -> ast.expr:
        """What is selected, as an expression that is read; raises RefusedError where it is none."""
        start, end = self._unwrapped()
        outside = self.start - 1, self.end + 1  # the brackets of a call are also its only argument's
        if self.start == self.end:
            raise RefusedError("select a whole expression, or whole statements where these will do")
        wrapped = self.text[self.start] == "("  # what is within may be selected with its brackets
        for node in ast.walk(self.tree) if wrapped else reversed(self.path):
            if isinstance(node, ast.expr) and not isinstance(node, ast.Starred | ast.Slice | ast.FormattedValue):
                span = self.span(node)
                bracketed = isinstance(node, ast.GeneratorExp) and span == outside
                if span not in {(start, end), (self.start, self.end)} and not bracketed:
                    continue
                self._readable(node)
                return node
        if self.nearest(ast.JoinedStr):
            raise RefusedError("it is part of an f-string")
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
        if self.start == self.end:
            return ()
        for node in (*reversed(self.path), *ast.walk(self.path[0] if self.path else self.tree)):
            if not isinstance(node, ast.stmt) or self.span(node)[0] != self.start:
                continue
            suite = self.suite(node)
            chosen = [one for one in suite[suite.index(node) :] if self.span(one)[1] <= self.end]
            if chosen and _ONLY_COMMENTS.fullmatch(self.text, self.span(chosen[-1])[1], self.end):
                return chosen
        return ()

    def name_at_selection(self) -> ast.Name | ast.arg:
        """The innermost variable at the selection; raises RefusedError where there is none."""
        for node in self.path:
            if isinstance(node, ast.Name | ast.arg):
                start = self.span(node)[0]
                name = node.id if isinstance(node, ast.Name) else node.arg
                end = start + len(name)
                if start <= self.start and self.end <= end and self.text[start:end] == name:
                    return node
        raise RefusedError("select a variable")

    def free(self, wanted: str, node: ast.AST) -> str:
        """Like ``fresh``; within a function, a name that this function does not know."""
        function = self.function(node)
        if function is None or self.new_name:
            return self.fresh(wanted)
        inside = set(ast.walk(function))
        known = {one.name for one in self.scopes.occurrences if one.node in inside}
        name, number = wanted, 2
        while name in known or keyword.iskeyword(name):
            name, number = f"{wanted}{number}", number + 1
        return name

    def fresh(self, wanted: str) -> str:
        """``wanted``, or with a number behind it: a name that the buffer holds nowhere."""
        words, name, number = set(re.findall(r"\w+", self.text)), self.new_name or wanted, 2
        if self.new_name and (not name.isidentifier() or name in words):
            raise RefusedError("the new name is taken, or no name")
        while name in words:
            name, number = f"{wanted}{number}", number + 1
        return name


def _behind_indentation(text: str, at: int) -> int:
    """``at``, or, where only blanks stand left of it in its line, the first character that is none."""
    before = max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1
    while not text[before:at].strip() and at < len(text) and text[at] in " \t":
        at += 1
    return at
