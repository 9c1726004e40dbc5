"""Parsing one block: is there a problem, and what is the tree.

Problems come from ``ast``, ten times as fast as libcst and with better positions; where it stumbles over what may be
syntax newer than the running Python, libcst, which knows it all, can still acquit. Neither sees text that could hurt:
libcst overflows the stack, and so ends the process, from 300 nested brackets on (1 MB stacks), and ``ast`` warns about
odd escapes and numbers through state that all threads share.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst

from python_slm.syntax.lines import COMMENT, STRING, TRIPLE, Lexer

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_CHARACTERS = 100_000
"""A longer block is not parsed: no tree, no problem."""

_MAX_DEPTH = 100
_MOST_TRIES = 20
_ESCAPE = re.compile(r"""\\([^abfnrtvxNuU0-3'"\\\r\n])|\\[\s\S]""")
_WARNS = re.compile(r"""\d(?:and|else|for|if|in|is|or|not)\b|[bB]['"][^'"\r\n]*\\[NuU]""")
_DEEPENS = re.compile(
    rf"(?<![fFtT])(?<![fFtT][rR])(?P<string>{TRIPLE}|{STRING})|(?P<comment>{COMMENT})"
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<flat>[,;])"
    r"|\b(?:not|and|or|lambda|if|else|for|await|yield|in|is)\b|['\"]+|\*\*|//|[-+*/%@&|^~<>.]"
)
_NEWER = re.compile(  # PEP 695, 696, 750, 758; f-strings of PEP 701 are told by the message
    r"""\b(?:def|class|type)[ \t]+\w+[ \t]*(?:\[|=)|\b[tT][rR]?['"]|\b[rR][tT]['"]|\bexcept\b[^(:\r\n]*,"""
)
_ON_LINE = re.compile(r"(?<= on line )\d+")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Problem:
    """Why a text does not parse. ``line`` and ``character`` (code points) count from zero."""

    line: int
    character: int
    message: str

    def moved(self, lines: int) -> Problem:
        """The same in a text that has so many lines more above, or fewer; what the message says of a line moves too."""
        message = _ON_LINE.sub(lambda found: str(int(found[0]) + lines), self.message) if lines else self.message
        return Problem(self.line + lines, self.character, message)


def parseable(text: str) -> str:
    """``text`` as a parser can take it, every character in its place: lone surrogates become U+FFFD, a BOM a space."""
    if text.isascii():
        return text
    text = _SURROGATE.sub("\ufffd", text)
    return "\f" + text[1:] if text.startswith("\ufeff") else text


def problem_in(text: str) -> Problem | None:
    """What keeps ``text`` from parsing; None when it parses or is too long to try."""
    if len(text) > MAX_CHARACTERS:
        return None
    source = parseable(text)
    if _WARNS.search(source):
        return None if nested_too_deeply(source) or _tree(source) is not None else Problem(0, 0, "invalid syntax")
    problem = _ast_problem(_quiet(source))
    if problem is None or not (problem.message.startswith("f-string") or _NEWER.search(source)):
        return problem
    return None if not nested_too_deeply(source) and _tree(source) is not None else problem


def tree_of(text: str) -> libcst.Module | None:
    """The concrete tree of ``text``; None when it does not parse, is too long or nested too deeply."""
    if len(text) > MAX_CHARACTERS:
        return None
    source = parseable(text)
    return None if nested_too_deeply(source) else _tree(source)


def _quiet(source: str) -> str:
    """``source`` of equal shape without the escapes that ``ast`` warns about; ``$`` is an error outside strings too."""
    if "\\" not in source:
        return source
    return _ESCAPE.sub(lambda match: "$" + match[1] if match[1] else match[0], source)


def parsed(source: str) -> ast.Module:
    """``ast.parse``, for all that the server's threads come by.

    CPython 3.11 counts the depth of all trees that are being made in one place: where another thread makes one in the
    midst of it, it says SystemError of code that is in order (python/cpython#106905). So it is asked once more.
    """
    for _ in range(_MOST_TRIES):
        try:
            return ast.parse(source)
        except SystemError:
            continue
    return ast.parse(source)


def parsed_expression(source: str) -> ast.expr:
    """The same for one expression. Raises SyntaxError for anything else."""
    for _ in range(_MOST_TRIES):
        try:
            return ast.parse(source, mode="eval").body
        except SystemError:
            continue
    return ast.parse(source, mode="eval").body


def ast_of(text: str) -> ast.Module | None:
    """The abstract tree of ``text``; None when it does not parse, is too long, or newer than the running Python.

    Strings may differ from what Python would make of them: escapes that it warns about are put out.
    """
    if len(text) > MAX_CHARACTERS or _WARNS.search(text):
        return None
    try:
        return parsed(_quiet(parseable(text)))
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _ast_problem(source: str) -> Problem | None:
    try:
        parsed(source)
    except SyntaxError as error:
        return Problem(max(0, (error.lineno or 1) - 1), max(0, (error.offset or 1) - 1), error.msg)
    except ValueError as error:
        return Problem(0, 0, str(error))
    except (MemoryError, RecursionError):
        return Problem(0, 0, "nested too deeply")
    return None


def _tree(source: str) -> libcst.Module | None:
    parse: Callable[[str], libcst.Module] = libcst.parse_module
    try:
        return parse(source)
    except (libcst.ParserSyntaxError, libcst.CSTValidationError, ValueError, RecursionError):
        return None
    except BaseException as error:
        # A panic in the Rust parser derives from BaseException, and its class cannot be imported to name it here.
        if type(error).__name__ == "PanicException":
            return None
        raise


def nested_too_deeply(source: str) -> bool:
    """Whether a tree of ``source`` might nest deeper than is safe.

    Statements nest 100 deep at most, in any parser, and a line of at most 100 characters cannot either; ``elif`` can.
    """
    if source.count("elif") > _MAX_DEPTH:
        return True
    lexer, start = Lexer(), 0
    while 0 <= start < len(source):
        end = lexer.end(source, start, 0)
        if (end < 0 or end - start > _MAX_DEPTH) and _deep_line(source[start : end if end >= 0 else None]):
            return True
        start = end
    return False


def _deep_line(line: str) -> bool:
    """Whether the expressions of a logical line might: an upper bound, started anew by every comma."""
    depths, total = [0], 0
    for token in _DEEPENS.finditer(line):
        kind = token.lastgroup
        if kind == "open":
            depths.append(1)
            total += 1
        elif kind == "close":
            total -= depths.pop() - 1
            depths = depths or [0]
            depths[-1] += 1
        elif kind == "flat":
            total -= depths[-1]
            depths[-1] = 0
        elif kind in (None, "string"):
            depths[-1] += 1
            total += 1
        if total > _MAX_DEPTH:
            return True
    return False
