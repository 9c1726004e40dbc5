"""Where a new docstring goes, and what it looks like there."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.docstrings.indent import step
from python_slm.docstrings.literal import TAB, body_indent, is_literal, new_literal, newline_of, offset_of
from python_slm.docstrings.wording import summary_of
from python_slm.docstrings.write import compose
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_slm.docstrings.facts import Facts
    from python_slm.docstrings.style import Style
    from python_slm.docstrings.targets import Target
    from python_slm.text import Document

    Summarize = Callable[[Facts], str]
    """The summary of a definition, which may be more than a line."""


def insertion(document: Document, target: Target, style: Style, summarize: Summarize = summary_of) -> Edit | None:
    """The edit that gives a definition a docstring; None where there is no good place. Offsets are ``document``'s."""
    indent = body_indent(document, target)
    width = style.width - len(indent.expandtabs(TAB))
    lines = compose(target.facts, style, indent=step(indent), width=width, summarize=summarize)
    newline = newline_of(document.text)
    literal = new_literal(lines, indent, newline)
    place = _place(document, target) if is_literal(literal) else None
    if place is None:
        return None
    start, same_line = place
    if same_line:
        gap = document.text[:start]
        start = len(gap.rstrip(" \t"))
        return Edit(start, len(gap), f"{newline}{indent}{literal}{newline}{indent}")
    after = document.text[start:]
    spaced = isinstance(target.node, ast.ClassDef | ast.Module) and not re.match(r"[ \t\f]*(?:\r|\n|$)", after)
    return Edit(start, start, f"{indent}{literal}{newline}{newline if spaced else ''}")


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
