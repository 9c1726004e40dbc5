"""Realistic cursors in real files: where a programmer would be when asking for a completion.

A cursor's *scene* says what the completer sees after it. ``insert``: the file as committed, less what is to be typed.
``append``: the rest of the innermost function is absent too, as when it is being written; outside of functions the
two are the same. Lines with a trailing comment and lines inside multi-line strings are never asked for.
"""

from __future__ import annotations

import ast
import io
import keyword
import random
import re
import tokenize
import warnings
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from python_slm.text import Document

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm_training.evaluate.sources import SourceFile

Kind = Literal["after-dot", "call-args", "new-stmt", "def-body", "import", "mid-expr", "mid-name"]
Scene = Literal["insert", "append"]

KINDS: tuple[Kind, ...] = ("after-dot", "call-args", "new-stmt", "def-body", "import", "mid-expr", "mid-name")
MULTILINE_KINDS: tuple[Kind, ...] = ("new-stmt", "def-body")
MIN_TRUTH = 3
MIN_NAME = 4
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
_LAYOUT = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT)


@dataclass(frozen=True)
class Case:
    """One cursor. ``truth`` is the rest of its line, ``following`` the text after that line as committed."""

    file: SourceFile
    kind: Kind
    scene: Scene
    offset: int
    line_end: int
    function_end: int

    @property
    def text(self) -> str:
        """The file as the completer sees it; the cursor is at ``offset``."""
        end = self.line_end if self.scene == "insert" else self.function_end
        return self.file.text[: self.offset] + self.file.text[end:]

    @property
    def truth(self) -> str:
        """The rest of the cursor's line, without trailing blanks."""
        return self.file.text[self.offset : self.line_end].rstrip()

    @property
    def following(self) -> str:
        """What the file really has after the cursor's line, from its newline on."""
        return self.file.text[self.line_end :]


class Cursors:
    """Where the cursors of one file are; the file must parse."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self._lines = Document("", file.text)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._tree = ast.parse(file.text)

    @cached_property
    def by_kind(self) -> dict[Kind, list[Case]]:
        """Every cursor of the file, in order, by kind; ``append`` and ``insert`` scenes alternate."""
        found: dict[Kind, list[Case]] = {kind: [] for kind in KINDS}
        for kind, offset in self._candidates():
            scene: Scene = "append" if len(found[kind]) % 2 else "insert"
            case = Case(self.file, kind, scene, offset, self.line_end(offset), self.function_end(offset))
            if len(case.truth) >= MIN_TRUTH and re.search(r"\w", case.truth):
                found[kind].append(case)
        return found

    @cached_property
    def statements(self) -> list[int]:
        """Offsets of all statements that begin a line and are not docstrings, ascending."""
        found = [
            self._offset(node.lineno, 0)
            for node in ast.walk(self._tree)
            if isinstance(node, ast.stmt) and not _is_string(node)
        ]
        starts = sorted({self._first_code(offset) for offset in found})
        return [offset for offset in starts if self._lines.line_at(offset) not in self._spoiled]

    def line_end(self, offset: int) -> int:
        """Offset of the end of the line, before its newline."""
        return self._lines.line_span(self._lines.line_at(offset))[1]

    def function_end(self, offset: int) -> int:
        """End of the innermost function around ``offset``; the end of the line when there is none."""
        line = self._lines.line_at(offset) + 1
        around = [f for f in self._functions if f[0] < line <= f[1]]
        if not around:
            return self.line_end(offset)
        return self._lines.line_span(max(around)[1] - 1)[1]

    @cached_property
    def _functions(self) -> list[tuple[int, int]]:
        nodes = (node for node in ast.walk(self._tree) if isinstance(node, _FUNCTION))
        return [(node.lineno, node.end_lineno or node.lineno) for node in nodes]

    @cached_property
    def _tokens(self) -> list[tokenize.TokenInfo]:
        return list(tokenize.generate_tokens(io.StringIO(self.file.text).readline))

    @cached_property
    def _spoiled(self) -> set[int]:
        """Lines (zero-based) with a comment, or with a part of a multi-line string."""
        lines = {token.start[0] - 1 for token in self._tokens if token.type == tokenize.COMMENT}
        for token in self._tokens:
            if token.type == tokenize.STRING and token.start[0] != token.end[0]:
                lines.update(range(token.start[0] - 1, token.end[0]))
        return lines

    def _candidates(self) -> Iterator[tuple[Kind, int]]:
        for kind, offset in (*self._in_bodies(), *self._in_imports(), *self._in_expressions()):
            if self._lines.line_at(offset) not in self._spoiled:
                yield kind, offset

    def _in_bodies(self) -> Iterator[tuple[Kind, int]]:
        """Starts of simple statements: the first of a function's body, and any later one of a block."""
        for node in ast.walk(self._tree):
            body = getattr(node, "body", None)
            if not isinstance(body, list) or isinstance(node, ast.Module):
                continue
            code: list[ast.stmt] = body[1:] if body and _is_string(body[0]) else body
            for index, statement in enumerate(code):
                on_own_line = self._first_code(self._offset(statement.lineno, 0)) == self._start(statement)
                if isinstance(statement, (ast.Import, ast.ImportFrom)) or not on_own_line:
                    continue
                if index:
                    yield "new-stmt", self._start(statement)
                elif isinstance(node, _FUNCTION):
                    yield "def-body", self._start(statement)

    def _in_imports(self) -> Iterator[tuple[Kind, int]]:
        """After ``import`` or ``from``, and after the ``import`` of ``from x import``, in turn."""
        for count, node in enumerate(n for n in ast.walk(self._tree) if isinstance(n, (ast.Import, ast.ImportFrom))):
            start = self._start(node)
            line = self.file.text[start : self.line_end(start)]
            places = [match.end() for match in re.finditer(r"^(?:from|import) | import ", line)]
            if places:
                yield "import", start + places[count % len(places)]

    def _in_expressions(self) -> Iterator[tuple[Kind, int]]:
        imports = {self._lines.line_at(offset) for _, offset in self._in_imports()}
        for (earlier, before), (token, after) in zip(pairwise(self._tokens), pairwise(self._tokens[2:]), strict=False):
            line = token.start[0] - 1
            if token.type in _LAYOUT or before.type in _LAYOUT or line in imports or before.start[0] != token.start[0]:
                continue
            offset = self._offset(*token.start)
            is_name = token.type == tokenize.NAME and not keyword.iskeyword(token.string)
            if before.string == "." and is_name:
                yield "after-dot", offset
            elif before.string == "(":
                if token.string != ")" and _ends_callee(earlier) and self._is_call(line):
                    yield "call-args", offset
            elif token.type in {tokenize.NAME, tokenize.NUMBER, tokenize.STRING} and after.string != "=":
                yield "mid-expr", offset
            if is_name and len(token.string) >= MIN_NAME:
                yield "mid-name", offset + 1 + (offset * 7919) % (len(token.string) - 1)

    def _is_call(self, line: int) -> bool:
        start, end = self._lines.line_span(line)
        return not re.match(r"\s*(async\s+def|def|class|import|from)\b", self.file.text[start:end])

    def _start(self, node: ast.stmt) -> int:
        start, end = self._lines.line_span(node.lineno - 1)
        return start + len(self.file.text[start:end].encode()[: node.col_offset].decode())

    def _offset(self, line: int, column: int) -> int:
        return self._lines.line_starts[line - 1] + column

    def _first_code(self, offset: int) -> int:
        start, end = self._lines.line_span(self._lines.line_at(offset))
        line = self.file.text[start:end]
        return start + len(line) - len(line.lstrip())


def sample_cases(files: Sequence[SourceFile], per_kind: int, seed: int) -> list[Case]:
    """``per_kind`` cases of each kind, as many as there are; every file has the same chance, whatever its length."""
    cursors = [Cursors(file) for file in files]
    chosen: list[Case] = []
    for kind in KINDS:
        rng = random.Random(f"{seed}:{kind}")  # noqa: S311 - a reproducible sample
        pools = [rng.sample(cases, len(cases)) for cases in (c.by_kind[kind] for c in cursors) if cases]
        rng.shuffle(pools)
        rounds = (pool[turn] for turn in range(max(map(len, pools), default=0)) for pool in pools if turn < len(pool))
        chosen += [case for case, _ in zip(rounds, range(per_kind), strict=False)]
    return chosen


def _is_string(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _ends_callee(token: tokenize.TokenInfo) -> bool:
    return token.string in {")", "]"} or (token.type == tokenize.NAME and not keyword.iskeyword(token.string))
