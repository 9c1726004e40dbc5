"""Functions, classes and methods of a block, read from its logical lines: a block that does not parse has them too."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from python_slm.syntax.lines import BLANK_LINES, COMMENT, NEWLINE, STRING, TRIPLE, Lexer, depth_of, line_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HEAD = re.compile(
    rf"(?P<space>[ \t\f\ufeff]*+)(?:(?P<skip>(?:#[^\r\n]*+)?(?:{NEWLINE}{BLANK_LINES}|\Z))"
    r"|(?P<word>(?:async[ \t]+)?def|class)[ \t]+(?P<name>\w+))?"
)
_SIGNATURE = re.compile(
    rf"(?P<colon>:)|(?P<open>[(\[{{])|(?P<close>[)\]}}])|{TRIPLE}|{STRING}|{COMMENT}|[^\"'()\[\]{{}}#:]++|."
)
_DOCSTRING = re.compile(r"[ \t\f]*[rRuU]?(?P<quote>'''|\"\"\"|'|\")(?P<text>[\s\S]*)")


@dataclass(frozen=True)
class Definition:
    """A function, class or method.

    ``name`` is qualified (``Class.method``), ``line`` counts from zero, ``signature_text`` is the source from ``def``
    or ``class`` to its colon, ``docstring`` the docstring's first line that says something, or nothing.
    """

    name: str
    kind: Literal["function", "class", "method"]
    line: int
    signature_text: str
    docstring: str

    def within(self, owner: str, lines: int) -> Definition:
        """The same, ``lines`` further down, in the class ``owner`` unless that is empty."""
        if not owner:
            return replace(self, line=self.line + lines)
        kind = "method" if self.kind == "function" else self.kind
        return replace(self, name=f"{owner}.{self.name}", kind=kind, line=self.line + lines)


def definitions_in(text: str) -> list[Definition]:
    """What ``text`` defines, in order; functions within functions are left out, lines count from its start."""
    lines = list(_logical_lines(text, Lexer()))
    if lines and lines[-1][1] is None:
        lines = list(_logical_lines(text, Lexer(repairing=True)))
    return _definitions((head, line or "") for head, line in lines)


def _definitions(logical_lines: Iterable[tuple[re.Match[str], str]]) -> list[Definition]:
    found: list[Definition] = []
    scopes: list[tuple[int, str]] = []  # (depth, qualified name), "" for a function
    lines = 0
    pending: tuple[int, Definition] | None = None  # a definition whose docstring the next line may be
    for head, line in logical_lines:
        if head["skip"] is not None:
            lines += line_count(line)
            continue
        depth = depth_of(head["space"])
        if pending:
            documented = depth > pending[0] and not head["word"]
            found.append(replace(pending[1], docstring=_first_line(line)) if documented else pending[1])
            pending = None
        while scopes and depth <= scopes[-1][0]:
            scopes.pop()
        if head["name"] and all(name for _, name in scopes):
            definition = _definition(head, line, lines, scopes)
            scopes.append((depth, definition.name if definition.kind == "class" else ""))
            pending = (depth, definition)
        lines += line_count(line)
    return [*found, pending[1]] if pending else found


def _logical_lines(text: str, lexer: Lexer) -> Iterator[tuple[re.Match[str], str | None]]:
    """How each logical line begins, and its text; None for one that has no end."""
    position = 0
    while 0 <= position < len(text):
        head = _HEAD.match(text, position)
        assert head is not None  # it matches the empty string
        end = head.end() if head["skip"] is not None else lexer.end(text, position, depth_of(head["space"]))
        yield head, text[position:end] if end >= 0 else None
        position = end


def _definition(head: re.Match[str], line: str, lines: int, scopes: Iterable[tuple[int, str]]) -> Definition:
    owner = [name for _, name in scopes][-1:]
    name = ".".join([*owner, head["name"]])
    signature, rest = _signature(line[len(head["space"]) :])
    kind: Literal["function", "class", "method"] = "method" if owner else "function"
    if head["word"] == "class":
        kind = "class"
    return Definition(name, kind, lines, signature, _first_line(rest))


def _signature(line: str) -> tuple[str, str]:
    """A definition's first logical line cut after the colon that ends its signature."""
    depth = 0
    for token in _SIGNATURE.finditer(line):
        kind = token.lastgroup
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth -= 1
        elif kind == "colon" and depth <= 0:
            return line[: token.end()], line[token.end() :]
    return line.rstrip(), ""


def _first_line(line: str) -> str:
    """The first line that says something of the string that a logical line begins with."""
    match = _DOCSTRING.match(line)
    if not match:
        return ""
    text = match["text"].partition(match["quote"])[0]
    return next((part.strip() for part in re.split(NEWLINE, text) if part.strip()), "")
