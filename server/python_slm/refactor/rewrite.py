"""Edits that lead from one tree to another: their text is made, comments are kept, and the result is held against it.

A refactoring says which statements become which, and which expressions; old nodes within new ones keep their text.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.errors import RefusedError
from python_slm.refactor.code import Code, same
from python_slm.refactor.plan import Plan
from python_slm.refactor.spell import Spelling, comments_behind, comments_in
from python_slm.refactor.tree import Replaced
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Mapping

_TO_TOOLS = re.compile(r"#\s*(?:type:|noqa|pragma|fmt:|pylint:|mypy:|pyright:|ruff:|nosec|slm:|isort:|yapf:)")
_LINE_END = re.compile(r"\r\n|\n|\r")


Changes = dict[ast.AST, ast.AST | Sequence[ast.AST] | None]


@dataclass(frozen=True)
class Become:
    """Statements that stand one after another, and what takes their place; nothing, where they go.

    ``above``: the new ones go above a single old one, which stays, expressions in it changed or not.
    """

    old: Sequence[ast.stmt]
    new: Sequence[ast.stmt]
    above: bool = False


def rewritten(
    code: Code,
    *statements: Become,
    expressions: Mapping[ast.expr, ast.expr] | None = None,
    comments_go: bool = False,
) -> Plan:
    """The plan; raises RefusedError where no text is found that means exactly this, or a comment would be lost.

    Comments that have no place any more go above the statement, unless they speak to a tool or of an ``else``.
    ``comments_go`` says that they may go with what they speak of.
    """
    expressions = expressions or {}
    spelling = Spelling(code)
    edits = [_statements(code, spelling, one) for one in statements]
    changes: Changes = {}
    changes.update({old: new for old, new in expressions.items()})  # noqa: C416 - the values' type is wider
    for one in statements:
        if one.above:
            changes[one.old[0]] = [*one.new, Replaced(changes).of(one.old[0])]
            continue
        changes |= dict.fromkeys(one.old)
        changes[one.old[0]] = list(one.new) or None
    edits += _expressions(code, spelling, expressions)
    first = statements[0].old[0] if statements else code.statement(next(iter(expressions)))
    edits = list(held(code, edits, changes))
    if not comments_go:
        edits = _with_comments(code, edits, first, [one for each in statements for one in each.old])
    return Plan(tuple(edits))


def held(code: Code, edits: Sequence[Edit], changes: Changes) -> Sequence[Edit]:
    """``edits``, if they lead to exactly these changes of the tree; raises RefusedError if not."""
    if not same(Replaced(changes).of(code.tree), code.becomes(*edits)):
        raise RefusedError("its text cannot be changed so that nothing else does")
    return edits


def replaced(code: Code, old: ast.expr, new: ast.expr) -> Plan:
    """One expression for another."""
    return rewritten(code, expressions={old: new})


def _statements(code: Code, spelling: Spelling, become: Become) -> Edit:
    first, last = become.old[0], become.old[-1]
    start, end = code.span(first)[0], code.span(last)[1]
    behind = code.text[end : code.line_end(end)].strip()
    if not become.new:
        return _gone(code, start, end, behind)
    if become.above:
        indent = code.indent(first)
        text = spelling.suite(become.new, indent).removeprefix(indent)
        return Edit(start, start, f"{text}{code.newline}{indent}")
    simple = len(become.new) == 1 and not hasattr(become.new[0], "body")
    if simple and not hasattr(first, "body"):
        return Edit(start, end, spelling.suite(become.new, ""))
    indent = code.indent(first)
    if behind and not behind.startswith("#"):
        raise RefusedError("the statement shares its line with another")
    text = spelling.suite(become.new, indent).removeprefix(indent)
    if code.source(first).startswith("elif"):
        if len(become.new) != 1 or not isinstance(become.new[0], ast.If):
            raise RefusedError("it is an elif")
        text = f"el{text}"
    if hasattr(last, "body") or any(last in ast.walk(one) for one in become.new):
        end = comments_behind(code, last)
    return Edit(start, end, text)


def _gone(code: Code, start: int, end: int, behind: str) -> Edit:
    line, last = code.line_start(start), code.line_end(end)
    if code.text[line:start].strip() or (behind and not behind.startswith("#")):
        raise RefusedError("the statement shares its line with another")
    found = _LINE_END.match(code.text, last)
    return Edit(line, found.end() if found else last, "")


def _expressions(code: Code, spelling: Spelling, expressions: Mapping[ast.expr, ast.expr]) -> Sequence[Edit]:
    """Each in brackets only where it must be."""
    edits: list[Edit] = []
    for old, new in expressions.items():
        if any(isinstance(one, ast.JoinedStr) for one in code.around(old)):
            raise RefusedError("it is part of an f-string")
        start, end = code.span(old)
        text = spelling.expression(new)
        ways = [_spaced(code, start, end, one) for one in dict.fromkeys((_bare(text, new), text, f"({text})"))]
        if isinstance(new, ast.Name) and code.text[start - 1 : start] == "(" and code.text[end : end + 1] == ")":
            ways.insert(0, _spaced(code, start - 1, end + 1, text))
        wanted = Replaced({old: new}).of(code.tree)
        edits.append(next((one for one in ways if same(wanted, code.becomes(one))), ways[-1]))
    return edits


def _spaced(code: Code, start: int, end: int, text: str) -> Edit:
    """Words do not run into each other."""
    before, after = code.text[start - 1 : start], code.text[end : end + 1]
    left = " " * (_in_word(before) and _in_word(text[:1]))
    return Edit(start, end, f"{left}{text}{' ' * (_in_word(after) and _in_word(text[-1:]))}")


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _bare(text: str, node: ast.expr) -> str:
    """A tuple or walrus without brackets, where it may do."""
    bracketed = isinstance(node, ast.NamedExpr | ast.Tuple) and text[:1] == "(" and text[-1:] == ")"
    return text[1:-1] if bracketed and "\n" not in text else text


def _with_comments(code: Code, edits: Sequence[Edit], first: ast.stmt, old: Sequence[ast.stmt]) -> list[Edit]:
    """``edits``, the first of which brings the comments along that would be lost."""
    lost = Counter[str]()
    for edit in edits:
        lost.update(comments_in(code.text[edit.start : edit.end]))
    for edit in edits:
        lost.subtract(comments_in(edit.text))
    homeless = [comment for comment, number in lost.items() for _ in range(number)]
    if not homeless:
        return list(edits)
    if any(_TO_TOOLS.match(comment) for comment in homeless):
        raise RefusedError("a comment there speaks to a tool, by its line")
    if any(comment in homeless for one in old for comment in _at_else(code, one)):
        raise RefusedError("a comment above else would lose its place")
    start = code.span(first)[0]
    indent = code.indent(first)
    if code.source(first).startswith("elif"):
        raise RefusedError("a comment would lose its place")
    above = "".join(f"{comment}{code.newline}{indent}" for comment in homeless)
    for place, edit in enumerate(edits):
        if edit.start == start:
            return [*edits[:place], Edit(start, edit.end, above + edit.text), *edits[place + 1 :]]
        if edit.start <= start < edit.end:  # lines that go altogether
            line = f"{indent}{above[: -len(indent) or None]}"
            return [*edits[:place], Edit(edit.start, edit.end, line + edit.text), *edits[place + 1 :]]
    return [Edit(start, start, above), *edits]


def _at_else(code: Code, statement: ast.stmt) -> Sequence[str]:
    orelse: Sequence[ast.stmt] = getattr(statement, "orelse", None) or ()
    body: Sequence[ast.stmt] = getattr(statement, "body", None) or ()
    if not orelse or not body:
        return ()
    return list(comments_in(code.text[code.line_end(code.span(body[-1])[1]) : code.span(orelse[0])[0]]))
