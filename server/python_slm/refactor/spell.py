"""The text of a tree that is partly new: what is taken over from the buffer keeps its text, comments and layout.

A new node is written by ``ast.unparse`` with names in place of the expressions that it takes over; these then give
way to their own text, in brackets where they need them. Statements taken over bring the comments above and behind them.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from python_slm.refactor.code import FUNCTIONS, Code, same
from python_slm.syntax.lines import COMMENT, STRING, TRIPLE
from python_slm.syntax.parse import parsed, parsed_expression

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from python_slm.syntax.located import Located

TOKENS = re.compile(rf"(?P<comment>{COMMENT})|(?P<string>{TRIPLE}|{STRING})")
_ATOMS = (
    ast.Name, ast.Constant, ast.Attribute, ast.Subscript, ast.Call, ast.List, ast.Dict, ast.Set, ast.ListComp,
    ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.JoinedStr, ast.Slice,
)  # fmt: skip
_OPERATIONS = (ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp)
_LOOPS = (ast.For, ast.AsyncFor)
_WITHS = (ast.With, ast.AsyncWith)


class Spelling:
    """Text for new nodes that hold nodes of ``code``'s tree."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self._quote = preferred_quote(code.text)

    def expression(self, node: ast.expr) -> str:
        """An expression that parses alone, in brackets if it has to."""
        if self._is_old(node):
            text = self.code.source(node)
            return text if _parses(text) else f"({text})"
        return self._filled(node)

    def suite(self, nodes: Sequence[ast.stmt], indent: str) -> str:
        """Statements on lines of their own, without the last line end; runs that are taken over stay together."""
        parts: list[str] = []
        place = 0
        while place < len(nodes):
            if not self._is_old(nodes[place]):
                parts.append(self.statement(nodes[place], indent))
                place += 1
                continue
            suite = self.code.suite(nodes[place])
            first = _place(suite, nodes[place])
            length = 1
            while place + length < len(nodes) and nodes[place + length] in suite[first + length : first + length + 1]:
                length += 1
            parts.append(self.kept(suite[first : first + length], indent))
            place += length
        return self.code.newline.join(parts)

    def statement(self, node: ast.stmt, indent: str) -> str:
        """A new statement."""
        line = self.code.newline
        if not hasattr(node, "body"):
            return indent + self._filled(node)
        header = f"{indent}{self._header(node)}"
        text = header + line + self.suite(node.body, indent + self.code.unit)
        orelse: Sequence[ast.stmt] = getattr(node, "orelse", [])
        if not orelse:
            return text
        first = orelse[0]
        if isinstance(node, ast.If) and len(orelse) == 1 and isinstance(first, ast.If):
            if self._is_old(first) and self.code.source(first).startswith("elif"):
                return text + line + self.kept([first], indent)
            if not self._is_old(first):
                return f"{text}{line}{indent}el{self.statement(first, indent).removeprefix(indent)}"
        return f"{text}{line}{indent}else:{line}{self.suite(orelse, indent + self.code.unit)}"

    def kept(self, run: Sequence[ast.stmt], indent: str) -> str:
        """Statements of one suite as they stand, at ``indent``, with the comments above them and behind."""
        code, first, last = self.code, run[0], run[-1]
        start, end = code.span(first)[0], code.span(last)[1]
        before = code.text[code.line_start(start) : start]
        behind = code.text[end : code.line_end(end)].strip()
        if before.strip(" \t\f\ufeff") or (behind and not behind.startswith("#")):
            own = before if not before.strip(" \t") else re.match(r"[ \t]*", before).group()  # type: ignore[union-attr]
            return code.newline.join(moved(code, *code.span(one), own, indent) for one in run)
        start, end = comments_above(code, first), comments_behind(code, last)
        return moved(code, start, end, before, indent)

    def _header(self, node: ast.stmt) -> str:
        if isinstance(node, ast.If | ast.While):
            return f"{type(node).__name__.lower()} {self.expression(node.test)}:"
        word = "async " * isinstance(node, ast.AsyncFor | ast.AsyncWith)
        if isinstance(node, _LOOPS):
            return f"{word}for {self._bare(node.target)} in {self._bare(node.iter)}:"
        if isinstance(node, _WITHS):
            items = [
                self.expression(one.context_expr)
                + (f" as {self.expression(one.optional_vars)}" if one.optional_vars else "")
                for one in node.items
            ]
            return f"{word}with {', '.join(items)}:"
        assert isinstance(node, FUNCTIONS)  # nothing else is ever made anew
        hollow = type(node)(**{**dict(ast.iter_fields(node)), "body": [ast.Pass()]})
        return self._filled(hollow).rpartition("pass")[0].rstrip()

    def _bare(self, node: ast.expr) -> str:
        text = self.expression(node)
        if not isinstance(node, ast.Tuple):
            return text
        inner = text.strip().removeprefix("(").removesuffix(")")
        new = not self._is_old(node) and len(node.elts) > 1 and "\n" not in text
        return inner if new and text.startswith("(") else text

    def _is_old(self, node: ast.AST) -> bool:
        return node in self.code.parents

    def _filled(self, node: ast.expr | ast.stmt) -> str:
        """``node`` written, its old expressions and new strings in their own text."""
        old: list[ast.expr] = []
        hollow = self._hollow(node, old)
        assert isinstance(hollow, ast.AST)
        template = ast.unparse(ast.fix_missing_locations(hollow))
        texts = [self._own(one) for one in old]
        wrapped = [not isinstance(one, _ATOMS) or _runs_on(text) for one, text in zip(old, texts, strict=True)]

        def shown() -> str:
            return re.sub(
                r"\b_slm(\d+)_\b",
                lambda found: f"({texts[int(found[1])]})" if wrapped[int(found[1])] else texts[int(found[1])],
                template,
            )

        wanted = ast.Module([node] if isinstance(node, ast.stmt) else [ast.Expr(node)], [])
        for place, needed in enumerate(wrapped):
            wrapped[place] = False
            if needed and not same(wanted, _tree(shown(), node)):
                wrapped[place] = True
        text = shown()
        if isinstance(node, ast.expr) and not _parses(text):
            return f"({text})"
        return text

    def _own(self, node: ast.expr) -> str:
        if self._is_old(node):
            return self.code.source(node)
        if isinstance(node, _OPERATIONS):
            return self._filled(node)
        if isinstance(node, ast.Tuple | ast.GeneratorExp):
            return self._filled(node).removeprefix("(").removesuffix(")")
        assert isinstance(node, ast.Constant)
        assert isinstance(node.value, str)
        return quoted(node.value, self._quote)

    def _hollow(self, node: object, old: list[ast.expr], *, deep: bool = False) -> object:
        """``node`` with names for what has its own text: old expressions, new strings and ``not``."""
        if isinstance(node, list):
            return [self._hollow(one, old, deep=True) for one in node]
        if not isinstance(node, ast.AST) or (isinstance(node, ast.JoinedStr) and not self._is_old(node)):
            return node
        own = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if deep and (isinstance(node, _OPERATIONS) or (isinstance(node, ast.Tuple) and len(node.elts) > 1)):
            own = True
        if isinstance(node, ast.expr) and not isinstance(node, ast.Starred) and (self._is_old(node) or own):
            old.append(node)
            return ast.Name(f"_slm{len(old) - 1}_", ast.Load())
        fields = {name: self._hollow(value, old, deep=True) for name, value in ast.iter_fields(node)}
        if isinstance(node, ast.Call) and not node.keywords and [type(one) for one in node.args] == [ast.GeneratorExp]:
            old.append(node.args[0])  # its brackets are those of the call
            fields["args"] = [ast.Name(f"_slm{len(old) - 1}_", ast.Load())]
        return type(node)(**fields)


def preferred_quote(text: str) -> str:
    """The quote that most strings of a text begin with."""
    strings = re.findall(r"(?<![\w'\"])[fbrFBR]?(\"|')(?!\1\1)", text)
    return "'" if strings.count("'") > strings.count('"') else '"'


def quoted(value: str, quote: str) -> str:
    """A literal of ``value``, in ``quote`` where that needs no escapes."""
    text = repr(value)
    return text if "'" in value or '"' in value else f"{quote}{text[1:-1]}{quote}"


def moved(code: Code, start: int, end: int, old: str, new: str) -> str:
    """The lines from ``start`` to ``end`` with ``old`` indentation in ``new``; what is within a string stays."""
    text = code.text[start:end]
    if old == new:
        return new * (start > code.line_start(start)) + text
    held = [found.span() for found in TOKENS.finditer(text) if found["string"]]
    shown: list[str] = []
    at = 0
    for line in re.findall(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$", text):
        inside = any(begins < at < ends for begins, ends in held)
        if inside or not line.strip():
            shown.append(line if inside else line.lstrip(" \t"))
        elif at == 0 and start > code.line_start(start):
            shown.append(new + line)
        else:
            shown.append(new + (line.removeprefix(old) if line.startswith(old) else line.lstrip(" \t")))
        at += len(line)
    return "".join(shown)


def comments_above(code: Code, statement: ast.stmt) -> int:
    """Where the comments right above a statement begin, or the statement's own line."""
    suite = code.suite(statement)
    place = _place(suite, statement)
    floor = code.span(suite[place - 1])[1] if place else code.block.start
    start = code.span(statement)[0]
    best = at = code.line_start(start)
    own = code.text[at:start]
    while at > floor:
        above = code.line_start(at - (2 if code.text[max(0, at - 2) : at] == "\r\n" else 1))
        line = code.text[above:at].strip()
        deeper = code.text[above:at].startswith((f"{own} ", f"{own}\t"))
        if above < floor or (line and (deeper or not line.startswith("#"))):
            break
        at = above
        best = at if line else best
    return best


def comments_behind(code: Code, statement: ast.stmt) -> int:
    """Where the comment behind a statement ends, and those below that are indented like its suite's."""
    start, end = code.span(statement)
    end = code.line_end(end)
    own = code.text[code.line_start(start) : start]
    suite = code.suite(statement)
    last = suite[-1] is statement and bool(own.strip(" \t") == "" and own)
    pattern = re.compile(r"((?:(?:\r\n|\n|\r)[ \t]*(?=[\r\n]))*(?:\r\n|\n|\r)([ \t]*))#[^\r\n]*")
    while found := pattern.match(code.text, end):
        deep = found[2].startswith(own) and (len(found[2]) > len(own) or last)
        if not deep or found.end() > code.block.end:
            break
        end = found.end()
    return end


def comments_in(text: str) -> Iterator[str]:
    """The comments of some lines of code."""
    return (found["comment"].rstrip() for found in TOKENS.finditer(text) if found["comment"])


def _place(suite: Sequence[ast.stmt], statement: ast.stmt) -> int:
    return next(place for place, one in enumerate(suite) if one is statement)


def _runs_on(text: str) -> bool:
    """Whether a string goes on in another line, as two beside each other may."""
    return text[:1] not in "([{" and ("\n" in text or "\r" in text)


def _parses(text: str) -> bool:
    try:
        parsed_expression(text.strip())
    except SyntaxError:
        return False
    return True


def _tree(text: str, like: ast.AST) -> ast.AST | None:
    """The tree of ``text`` alone, as a module of one statement."""
    try:
        return parsed(f"({text}\n)" if isinstance(like, ast.expr) else text)
    except SyntaxError:
        return None


def inline_text(home: Located, value: ast.expr, given: Mapping[ast.Name, str], new: ast.AST) -> str:
    """The text of an expression of another place with some names replaced by texts, which is to parse to ``new``."""
    start, end = home.span(value)
    for wrap in (False, True):
        text = home.text[start:end]
        for one in sorted(given, key=lambda name: home.span(name)[0], reverse=True):
            begins, ends = home.span(one)
            shown = f"({given[one]})" if wrap else given[one]
            text = text[: begins - start] + shown + text[ends - start :]
        if not any(found["comment"] for found in TOKENS.finditer(text)):
            text = re.sub(r"\s*(?:\r\n|\n|\r)\s*", " ", text) if not _has_lines_in_strings(text) else text
        found = _tree(text, value)
        if found is not None and same(found, ast.Module([ast.Expr(new)], [])):  # type: ignore[arg-type]
            return text
    return ast.unparse(new)


def _has_lines_in_strings(text: str) -> bool:
    return any(
        found["string"] and ("\n" in found["string"] or "\r" in found["string"]) for found in TOKENS.finditer(text)
    )
