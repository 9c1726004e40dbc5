"""The string literal of a docstring as its author wrote it, and its lines as one reads them."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from python_slm.docstrings.indent import step
from python_slm.syntax.parse import parsed_expression

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_slm.docstrings.targets import Target
    from python_slm.text import Document

_LITERAL = re.compile(r"(?P<prefix>[rRuU]?)(?P<quote>\"\"\"|'''|\"|')(?P<text>[\s\S]*)(?P=quote)")
_LINE_END = re.compile(r"\r\n|\n|\r")
TAB = 8
"""Columns up to the next multiple of which a tab goes, where columns are counted."""


@dataclass(frozen=True)
class DocstringLiteral:
    """``lines`` are dedented, escapes as they are written; lines that are kept come back character by character.

    ``start`` and ``end`` are offsets of the literal, ``line`` its first line. ``indent`` is what stands before each
    further line, ``lead`` what stands before the first one's text, ``tail`` the blanks before closing quotes that have
    a line of their own (else None).
    """

    start: int
    end: int
    line: int
    prefix: str
    quote: str
    indent: str
    lead: str
    lines: tuple[str, ...]
    tail: str | None
    newline: str

    @classmethod
    def of(cls, document: Document, target: Target) -> Self | None:
        """A definition's docstring; None without one, or where it is pieced together from several strings."""
        node = target.docstring
        if node is None or node.end_lineno is None or node.end_col_offset is None:
            return None
        start = offset_of(document, node.lineno - 1 + target.lines_before, node.col_offset)
        end = offset_of(document, node.end_lineno - 1 + target.lines_before, node.end_col_offset)
        source = document.text[start:end]
        found = _LITERAL.fullmatch(source)
        ends = set(_LINE_END.findall(source))
        if not found or len(ends) > 1 or not _single(source):
            return None
        raw = _LINE_END.split(found["text"])
        tail = raw.pop() if len(raw) > 1 and not raw[-1].strip() else None
        indent = _common([_blanks(line) for line in raw[1:] if line.strip()])
        if not any(line.strip() for line in raw[1:]):
            indent = body_indent(document, target)
        lines = [raw[0].lstrip(), *(line.removeprefix(indent) if line.strip() else line for line in raw[1:])]
        lead = raw[0][: len(raw[0]) - len(lines[0])]
        newline = ends.pop() if ends else newline_of(document.text)
        where = node.lineno - 1 + target.lines_before
        return cls(start, end, where, found["prefix"], found["quote"], indent, lead, tuple(lines), tail, newline)

    def with_lines(self, lines: Sequence[str]) -> str:
        """The literal's source with other lines; it gets triple quotes where it grows beyond one line."""
        grown = len(lines) > 1
        quote = self.quote * 3 if grown and len(self.quote) == 1 else self.quote
        rows = [self.lead + lines[0], *(self.indent + line if line.strip() else line for line in lines[1:])]
        tail = self.tail
        if tail is None and grown and (len(self.lines) == 1 or rows[-1].endswith((quote[0], "\\"))):
            tail = self.indent
        if tail is not None:
            rows.append(tail)
        else:
            rows[-1] = rows[-1] if len(self.lines) == len(lines) == 1 else rows[-1].rstrip()
        return f"{self.prefix}{quote}{self.newline.join(rows)}{quote}"


def new_literal(lines: Sequence[str], indent: str, newline: str) -> str:
    """Source of a docstring from dedented lines of plain text."""
    plain = [line.replace("\\", "\\\\").replace('"""', r"\"\"\"") for line in lines]
    rows = [plain[0], *(indent + line if line.strip() else "" for line in plain[1:])]
    if len(rows) > 1 or rows[-1].endswith('"'):
        rows.append(indent)
    return f'"""{newline.join(rows)}"""'


def is_literal(source: str) -> bool:
    """Whether a text is one string and nothing else."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = parsed_expression(f"({source}\n)")
        except (SyntaxError, ValueError):
            return False
    return isinstance(found, ast.Constant) and isinstance(found.value, str) and _single(source)


def offset_of(document: Document, line: int, column: int) -> int:
    """Offset of a zero-based line and a column in bytes, as ``ast`` counts them."""
    start, end = document.line_span(line)
    text = document.text[start:end]
    if text.isascii():
        return start + column
    return start + len(text.encode("utf-8", "replace")[:column].decode("utf-8", "ignore"))


def body_indent(document: Document, target: Target) -> str:
    """What stands before the lines of a definition's body."""
    if isinstance(target.node, ast.Module):
        return ""
    own = _blanks(_line(document, target.line))
    first = _line(document, target.node.body[0].lineno - 1 + target.lines_before)
    same_line = target.node.body[0].lineno - 1 + target.lines_before == header_end(target)
    return own + step(own) if same_line or len(_blanks(first)) <= len(own) else _blanks(first)


def header_end(target: Target) -> int:
    """The last line that may hold the ``def``, its parameters and annotations."""
    node = target.node
    if isinstance(node, ast.Module):
        return -1
    parts: list[ast.AST] = [*node.bases, *node.keywords] if isinstance(node, ast.ClassDef) else [node.args]
    inner = [each for part in parts for each in ast.walk(part)]
    if not isinstance(node, ast.ClassDef) and node.returns:
        inner.append(node.returns)
    last = max((getattr(each, "end_lineno", 0) or 0 for each in inner), default=0)
    return max(node.lineno, last) - 1 + target.lines_before


def newline_of(text: str) -> str:
    r"""The file's line end; ``\n`` where it has none."""
    found = _LINE_END.search(text)
    return found.group() if found else "\n"


def _line(document: Document, line: int) -> str:
    start, end = document.line_span(line)
    return document.text[start:end]


def _blanks(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _common(texts: Sequence[str]) -> str:
    """The longest beginning that all have."""
    first, last = min(texts, default=""), max(texts, default="")
    return first[
        : next((place for place, pair in enumerate(zip(first, last, strict=False)) if len(set(pair)) > 1), len(first))
    ]


def _single(source: str) -> bool:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(f"({source}\n)").readline))
    except (tokenize.TokenError, SyntaxError):
        return False
    return sum(token.type == tokenize.STRING for token in tokens) == 1
