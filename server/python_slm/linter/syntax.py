"""Syntax errors as findings: one a broken block, at once, where the parser says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from python_slm.findings import Finding

if TYPE_CHECKING:
    from python_slm.syntax.blocks import BlockIndex
    from python_slm.text import Document

CODE = "syntax-error"
_TOKEN = re.compile(r"\w+|[^\w\s]")


def find(document: Document, index: BlockIndex) -> list[Finding]:
    """Why the blocks of a buffer do not parse, each at the token where the parser gave up."""
    found = []
    for problem in index.problems:
        line = min(problem.line, len(document.line_starts) - 1)
        first, last = document.line_span(line)
        start = min(first + problem.character, last)
        token = _TOKEN.match(document.text, start, last)
        end = token.end() if token else start
        if end == start and start > first:
            start -= 1
        found.append(Finding("syntax", CODE, problem.message, start, max(end, start), "error"))
    return found
