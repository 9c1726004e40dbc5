"""Two versions of a file → the smallest self-contained piece of code that changed, and what sort of change it is.

Fix messages and size limits after ManySStuBs4J (arXiv 1905.13334) and TSSB-3M (arXiv 2201.12046).
"""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_WINDOW = 120  # lines of either side of an edit
MAX_LINES = 60  # changed lines of an edit
MAX_FIX_LINES = 10
FIX, DOCSTRING, EDIT = "fix", "docstring", "edit"

_FIX = re.compile(
    r"\b(?:fix(?:e[sd]|ing)?|bug(?:fix)?s?|incorrect(?:ly)?|wrong(?:ly)?|regression|crash(?:e[sd])?|broken|mistaken?(?:ly)?"
    r"|off[- ]by[- ]one|race condition|memory leak|deadlock)\b",
    re.IGNORECASE,
)
_NO_FIX = re.compile(
    r"\b(?:typos?|spelling|grammar|wording|docs?|docstrings?|documentation|comments?|lint(?:er|ing)?|flake8|pylint|ruff"
    r"|pep-?8|mypy|typing|type hints?|annotations?|style|format(?:ting)?|whitespace|indentation|changelog|release"
    r"|version|bump|deprecat\w*|warnings?|pyupgrade|isort|black|refactor\w*|clean-?up|tests?|ci|copyright|imports?|renam\w*"
    r"|fixtures?|todos?|fixmes?)\b",
    re.IGNORECASE,
)
_TOP = re.compile(r"(?:async )?def |class ")
_NEXT = re.compile(r"[A-Za-z_@]")
_BODIES = ("body", "orelse", "finalbody", "handlers", "cases")
_Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Edit:
    """``before`` and ``after`` are dedented; ``lines`` counts removed and added lines, a replaced one once."""

    before: str
    after: str
    kind: str
    lines: int


def edit_between(before: str, after: str, message: str) -> Edit | None:
    """The edit that turns one version of a file into the next; None if it is too large, no code, or does not parse."""
    old, new = before.split("\n"), after.split("\n")
    head, tail = _common(old, new)
    if max(len(old), len(new)) - head - tail > MAX_WINDOW:
        return None
    lines = _changed_lines(old[head : len(old) - tail], new[head : len(new) - tail])
    if not 0 < lines <= MAX_LINES:
        return None
    start, stop = _top_level(new, head, len(new) - tail)
    tree = parsed("\n".join(new[start:stop]))
    if tree is None:  # a string or bracket reaches beyond: the whole file, then
        start, stop, tree = 0, len(new), parsed(after)
    if tree is None:
        return None
    old, new, head, tail = (
        old[start : len(old) - len(new) + stop],
        new[start:stop],
        head - start,
        tail - (len(new) - stop),
    )
    window = _window(tree, head + 1, len(new) - tail, len(old) - len(new), lines=len(new))
    if window is None:
        return None
    first, last = window
    pieces = [_piece(each) for each in (old[first - 1 : last + len(old) - len(new)], new[first - 1 : last])]
    kind = _kind(pieces[0], pieces[1], message, lines)
    return Edit(pieces[0], pieces[1], kind, lines) if kind else None


def is_fix_message(message: str) -> bool:
    """Whether the first line of a commit message says that behaviour was mended, not text, style or tests."""
    subject = message.split("\n", 1)[0]
    return _FIX.search(subject) is not None and _NO_FIX.search(subject) is None


def parsed(text: str) -> ast.Module | None:
    """The tree of ``text``, or None if it is no Python of the running version."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _common(old: list[str], new: list[str]) -> tuple[int, int]:
    """How many lines are equal at the beginning and, of the others, at the end."""
    shortest = min(len(old), len(new))
    head = next((at for at in range(shortest) if old[at] != new[at]), shortest)
    rest = shortest - head
    return head, next((at for at in range(rest) if old[-1 - at] != new[-1 - at]), rest)


def _top_level(lines: list[str], first: int, last: int) -> tuple[int, int]:
    """Lines ``start:stop`` of the definitions around ``first:last``; to parse them is half of the work for a file."""
    start = next((at for at in range(min(first, len(lines) - 1), -1, -1) if _TOP.match(lines[at])), 0)
    while start and lines[start - 1].startswith("@"):
        start -= 1
    return start, next((at for at in range(last, len(lines)) if _NEXT.match(lines[at])), len(lines))


def _changed_lines(old: list[str], new: list[str]) -> int:
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return sum(max(i2 - i1, j2 - j1) for tag, i1, i2, j1, j2 in blocks if tag != "equal")


def _window(tree: ast.Module, first: int, last: int, growth: int, *, lines: int) -> tuple[int, int] | None:
    """Lines of the smallest definition around ``first..last`` (1-based), else of the statements that they touch.

    ``growth`` is by how many lines the other version is longer; neither may be longer than MAX_WINDOW.
    """
    first, last = (first, last) if first <= last else (max(1, last), min(first, lines))

    def fits(span: tuple[int, int]) -> bool:
        return span[0] <= first and last <= span[1] and span[1] - span[0] + 1 + max(0, growth) <= MAX_WINDOW

    spans = (span for node in _around(tree, first, last) if (span := _span(node)) != (first, last))  # new as a whole
    found = min(filter(fits, spans), key=lambda span: span[1] - span[0], default=None)
    return found or next(filter(fits, _runs(tree, first, last)), None)


def _span(node: ast.stmt) -> tuple[int, int]:
    """First and last line, decorators included."""
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)]), node.end_lineno or node.lineno


def _around(tree: ast.AST, first: int, last: int) -> Iterator[ast.stmt]:
    """Definitions that hold both lines."""
    for node in _statements(tree):
        begin, end = _span(node)
        if begin <= first and last <= end:
            if isinstance(node, _Definition):
                yield node
            yield from _around(node, first, last)


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    for field in _BODIES:
        for child in getattr(node, field, ()):
            if isinstance(child, ast.stmt):
                yield child
            else:
                yield from _statements(child)


def _runs(tree: ast.AST, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Statements of one body that touch the lines, innermost body first."""
    touched = [span for node in _statements(tree) if (span := _span(node))[0] <= last and first <= span[1]]
    for node in _statements(tree):
        begin, end = _span(node)
        if begin < first and last <= end:
            yield from _runs(node, first, last)
    if touched:
        yield min(first, touched[0][0]), max(last, touched[-1][1])


def _piece(lines: list[str]) -> str:
    return textwrap.dedent("\n".join(lines)).strip("\n") + "\n"


def _kind(before: str, after: str, message: str, lines: int) -> str | None:
    old, new = parsed(before), parsed(after)
    if old is None or new is None or not old.body or not new.body:
        return None
    documented = _documented(new) - _documented(old)
    if _without_docstrings(old) == _without_docstrings(new):
        return DOCSTRING if documented else None
    return FIX if lines <= MAX_FIX_LINES and is_fix_message(message) and not _only_imports(old, new) else EDIT


def _documented(tree: ast.Module) -> set[str]:
    """Names of functions and classes that have a docstring."""
    return {node.name for node in ast.walk(tree) if isinstance(node, _Definition) and ast.get_docstring(node)}


def _without_docstrings(tree: ast.Module) -> str:
    """The tree as text; empty strings in place of docstrings. Changes ``tree``."""
    for node in ast.walk(tree):
        if isinstance(node, (*_Definition, ast.Module)) and node.body:
            first = node.body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:]
    return ast.dump(tree)


def _only_imports(old: ast.Module, new: ast.Module) -> bool:
    """Whether the versions differ in nothing but import statements at the top."""
    trees = (
        ast.dump(ast.Module([n for n in t.body if not isinstance(n, ast.Import | ast.ImportFrom)], []))
        for t in (old, new)
    )
    return len(set(trees)) == 1
