"""Findings about a file's docstrings, each with the edit that mends it.

Findings about one docstring share an edit, which brings it up to date as a whole; those that it does not mend have
none. It puts a string in place of a string; ``unchanged`` is the proof for a whole file.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from python_slm.docstrings.differences import Differences, differences
from python_slm.docstrings.entries import locate
from python_slm.docstrings.literal import (
    DocstringLiteral,
    body_indent,
    is_literal,
    new_literal,
    newline_of,
    offset_of,
    step,
)
from python_slm.docstrings.style import Seen, Style, detect, layout_of
from python_slm.docstrings.targets import Target, targets_in, tree_of
from python_slm.docstrings.wording import summary_of
from python_slm.docstrings.write import compose, update
from python_slm.syntax.blocks import BlockIndex
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from python_slm.docstrings.entries import Layout
    from python_slm.docstrings.facts import Facts
    from python_slm.text import Document

Code = Literal[
    "missing-docstring", "missing-parameter", "extra-parameter", "renamed-parameter", "parameter-order",
    "missing-returns", "extra-returns", "missing-yields", "extra-yields", "returns-for-yields", "missing-raises",
]  # fmt: skip
_TAB = 8


@dataclass(frozen=True)
class Finding:
    """``line`` counts from zero, ``name`` is the definition's qualified one; ``edits`` is empty where a person must."""

    code: Code
    line: int
    name: str
    message: str
    edits: tuple[Edit, ...] = ()


def seen_in(document: Document, module: str) -> Iterator[Seen]:
    """The docstrings of a file, for ``style.detect``."""
    for target in targets_in(document, module):
        literal = DocstringLiteral.of(document, target)
        if literal is not None:
            columns = max(len((literal.indent + line).expandtabs(_TAB)) for line in literal.lines)
            yield Seen(literal.lines, bool(target.facts.parameters), columns)


def find(
    document: Document,
    module: str,
    *,
    style: Style | None = None,
    summarize: Callable[[Facts], str] = summary_of,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Finding]:
    """What is missing and what is stale, in order. ``style`` None: the file's own; ``module``: its name without .py."""
    style = style or detect(seen_in(document, module))
    found: list[Finding] = []
    for target in targets_in(document, module):
        if cancelled():
            break
        if target.docstring is not None:
            found += _stale(document, target, style)
        elif target.wants_docstring:
            edits = _insertion(document, target, style, summarize)
            found.append(Finding("missing-docstring", target.line, target.name, _lacks(target), edits))
    return found


def edits_of(findings: Iterable[Finding]) -> list[Edit]:
    """Their edits in order, each once; they do not overlap."""
    return sorted({edit for one in findings for edit in one.edits}, key=lambda edit: (edit.start, edit.end))


def applied(text: str, edits: Iterable[Edit]) -> str:
    """``text`` after edits that do not overlap."""
    for edit in sorted(edits, key=lambda one: (one.start, one.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def unchanged(before: str, after: str) -> bool:
    """Whether two texts are the same program but for docstrings; of a broken one, whether no more of it is broken."""
    old, new = tree_of(before), tree_of(after)
    if old is None:
        return len(BlockIndex.of(after).problems) <= len(BlockIndex.of(before).problems)
    return new is not None and _code(old) == _code(new)


def _code(tree: ast.Module) -> str:
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
            continue
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            del node.body[0]
    return ast.dump(tree)


def _lacks(target: Target) -> str:
    return "the module has no docstring" if isinstance(target.node, ast.Module) else f"{target.name} has no docstring"


def _stale(document: Document, target: Target, style: Style) -> list[Finding]:
    literal = DocstringLiteral.of(document, target)
    layout = layout_of(literal.lines, style.name) if literal else None
    if literal is None or layout is None:
        return []
    told = list(_told(layout, target))
    edit, left = _mending(literal, layout, target, style) if told else (None, set())
    if edit is not None and not left < {(code, message) for code, _, message in told}:
        edit = None
    return [
        Finding(
            code, literal.line + place, target.name, message, (edit,) if edit and (code, message) not in left else ()
        )
        for code, place, message in told
    ]


def _mending(
    literal: DocstringLiteral, layout: Layout, target: Target, style: Style
) -> tuple[Edit | None, set[tuple[Code, str]]]:
    """The edit that brings a docstring up to date, and what it leaves to be told all the same."""
    width = style.width - len(literal.indent.expandtabs(_TAB))
    found = differences(layout, target.facts)
    lines = update(layout, target.facts, found, indent=step(literal.indent), width=width)
    text = literal.with_lines(lines) if any(line.strip() for line in lines) else ""
    left = {(code, message) for code, _, message in _told(locate(lines, layout.style), target)}
    return (Edit(literal.start, literal.end, text) if is_literal(text) else None), left


def _told(layout: Layout, target: Target) -> Iterator[tuple[Code, int, str]]:
    """(code, line of the docstring, message)."""
    found, name = differences(layout, target.facts), target.name
    places = {each: one.start for one in layout.of("param") for each in one.names}
    first = min(places.values(), default=0)
    for one in found.missing:
        yield "missing-parameter", first, f"{name} documents parameters, but not {one.name}"
    for old in found.extra:
        yield "extra-parameter", places[old], f"{name} has no parameter {old}"
    for old in found.mixed:
        yield "extra-parameter", places[old], f"{name} has no parameter {old}"
    for old, new in found.renamed:
        yield "renamed-parameter", places[old], f"{name} has no parameter {old}: it seems to be {new} now"
    yield from _told_of_results(layout, target, found)


def _told_of_results(layout: Layout, target: Target, found: Differences) -> Iterator[tuple[Code, int, str]]:
    name = target.name
    at = {one.kind: one.start for one in reversed(layout.parts)}
    table: list[tuple[bool, Code, int, str]] = [
        (found.disordered, "parameter-order", at.get("param", 0), f"the parameters of {name} come in another order"),
        (found.lacks_returns, "missing-returns", 0, f"{name} returns a value that is not documented"),
        (found.lacks_yields, "missing-yields", 0, f"{name} yields values that are not documented"),
        (found.yields_instead, "returns-for-yields", at.get("returns", 0), f"{name} yields what it says it returns"),
        (found.unwanted_returns, "extra-returns", at.get("returns", 0), f"{name} returns nothing"),
        (found.unwanted_yields, "extra-yields", at.get("yields", 0), f"{name} yields nothing"),
    ]
    yield from ((code, line, message) for there, code, line, message in table if there)
    for each in found.raises:
        yield "missing-raises", at["raises"], f"{name} raises {each.name}, which is not documented"


def _insertion(document: Document, target: Target, style: Style, summarize: Callable[[Facts], str]) -> tuple[Edit, ...]:
    indent = body_indent(document, target)
    width = style.width - len(indent.expandtabs(_TAB))
    lines = compose(target.facts, style, indent=step(indent), width=width, summarize=summarize)
    newline = newline_of(document.text)
    literal = new_literal(lines, indent, newline)
    if not is_literal(literal):
        return ()
    place = _place(document, target)
    if place is None:
        return ()
    start, same_line = place
    if same_line:
        gap = document.text[:start]
        start = len(gap.rstrip(" \t"))
        return (Edit(start, len(gap), f"{newline}{indent}{literal}{newline}{indent}"),)
    after = document.text[start:]
    spaced = isinstance(target.node, ast.ClassDef | ast.Module) and not re.match(r"[ \t\f]*(?:\r|\n|$)", after)
    return (Edit(start, start, f"{indent}{literal}{newline}{newline if spaced else ''}"),)


def _place(document: Document, target: Target) -> tuple[int, bool] | None:
    """Where a new docstring begins, and whether the body stands on the definition's line; None where that is odd."""
    if isinstance(target.node, ast.Module):
        line = 0
        while line < len(document.line_starts) and _text(document, line).lstrip("\ufeff").startswith("#"):
            line += 1
        offset = document.line_starts[line] if line < len(document.line_starts) else len(document.text)
        return (max(offset, int(document.text.startswith("\ufeff"))), False)
    body = target.node.body[0]
    decorators = getattr(body, "decorator_list", [])
    line = min([body.lineno, *(each.lineno for each in decorators)]) - 1 + target.lines_before
    column = body.col_offset if not decorators else decorators[0].col_offset
    offset = offset_of(document, line, column)
    before = document.text[document.line_starts[line] : offset]
    if before.strip() and not decorators:
        return (offset, True) if before.rstrip().endswith(":") else None
    while line > 0 and (not (above := _text(document, line - 1).strip()) or above.startswith("#")):
        line -= 1
    if _text(document, line).strip().startswith("# type:"):
        line += 1
    above = _text(document, line - 1).rstrip()
    return None if above.endswith("\\") else (document.line_starts[line], False)


def _text(document: Document, line: int) -> str:
    start, end = document.line_span(line)
    return document.text[start:end]
