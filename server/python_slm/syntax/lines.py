"""Logical lines of any text, the way Python's tokenizer joins them, but with a way out of damage.

A logical line is a physical line and those that an open bracket, a triple quote or a backslash joins to it. Nothing
here fails: a bracket that nobody closes ends before the next line that begins with a keyword that no bracket can hold
(``def``, ``return``, …), and a string that nobody closes ends with its line. A triple quote that nobody closes turns
the whole rest of the file inside out; ``Lexer(repairing=True)`` reads such a file: strings end before the next ``def``,
``class``, ``import`` or decorator that is indented no deeper than they began.

Where a logical line ends depends on the text up to there and on the beginning of the next line, on nothing farther:
that is what lets ``split`` redo the lines around an edit alone.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

_POSSESSIVE_WORKS = (3, 11, 5)


def possessive(body: str, times: str = "*", version: tuple[int, ...] = sys.version_info[:3]) -> str:
    """A pattern for ``body``, repeated ``times`` (``*``, ``?``), that never gives back what it took.

    ``(?:…)*+`` is quicker, and before Python 3.11.5 fails to match where ``body`` can backtrack (CPython issue 106052;
    Debian 12 has 3.11.2). An atomic group does not.
    """
    return f"(?:{body}){times}+" if version >= _POSSESSIVE_WORKS else f"(?>(?:{body}){times})"


NEWLINE = r"(?:\r\n|\n|\r)"
BLANK_LINES = possessive(rf"[ \t]*+{NEWLINE}")
_SPACE = r"[ \t\f\ufeff]"
_STATEMENTS = (
    "async[ \t]+def|def|class|return|raise|pass|break|continue|del|global|nonlocal|assert"
    "|while|with|try|except|finally|elif"
)
_NAMES = r"from[ \t]+[\w.]+[ \t]+import\b|@\w"
_KEYWORD_LINE = rf"(?:{_SPACE}*+(?:{_STATEMENTS}|import)\b|{_NAMES})"
_KEYWORD_LINE_AFTER_BACKSLASH = rf"{_SPACE}*+(?:{_STATEMENTS})\b"
_ESCAPE = r"\\" + possessive(r"\r\n|[\s\S]", "?")
_SINGLE = "'(?!'')" + possessive(rf"[^'\\\r\n]++|{_ESCAPE}") + "'?+"
_DOUBLE = '"(?!"")' + possessive(rf'[^"\\\r\n]++|{_ESCAPE}') + '"?+'
STRING = f"{_SINGLE}|{_DOUBLE}"
_SINGLE_REST = possessive(r"[^'\\]++|\\[\s\S]|'(?!'')") + "'''"
_DOUBLE_REST = possessive(r'[^"\\]++|\\[\s\S]|"(?!"")') + '"""'
TRIPLE = f"'''{_SINGLE_REST}|\"\"\"{_DOUBLE_REST}"
COMMENT = r"#[^\r\n]*+"
_PLAIN = r"[^'\"#()\[\]{}\\\r\n]++"
_JOIN = rf"\\(?:{NEWLINE}(?!{_KEYWORD_LINE_AFTER_BACKSLASH})|(?![\r\n]))"
_NESTING = 4  # brackets that the fast path reads; deeper ones take the slow path

_CLOSE = {"'''": re.compile(_SINGLE_REST), '"""': re.compile(_DOUBLE_REST)}
_CUT = re.compile(
    rf"{NEWLINE}({_SPACE}*+)(?=(?:async[ \t]+)?def[ \t]+\w+[ \t]*[(\[]|class[ \t]+\w+[ \t]*[:(\[]"
    rf"|@[\w.]+[ \t]*(?:\(|[\r\n])|import[ \t]+\w[\w., \t]*+[\r\n]|from[ \t]+[\w.]+[ \t]+import\b)"
)
_TOKEN = re.compile(
    rf"(?P<triple>'''|\"\"\")|(?P<open>[(\[{{])|(?P<close>[)\]}}])|(?P<end>{NEWLINE})"
    rf"|(?P<join>\\{NEWLINE})|{STRING}|{COMMENT}|\\|{_PLAIN}"
)
_AFTER_BRACKET = re.compile(_KEYWORD_LINE)
_AFTER_BACKSLASH = re.compile(_KEYWORD_LINE_AFTER_BACKSLASH)


def _logical(*, triple: bool) -> re.Pattern[str]:
    """Matches a whole logical line in one go, if its brackets close and nest no deeper than ``_NESTING``."""
    items = f"{_PLAIN}|{STRING}|{TRIPLE}|{COMMENT}" if triple else f"{_PLAIN}|{STRING}|{COMMENT}"
    bracket = r"(?!)"
    for _ in range(_NESTING):
        inside = possessive(rf"{items}|{_JOIN}|{NEWLINE}(?!{_KEYWORD_LINE})|{bracket}")
        bracket = rf"[(\[{{]{inside}[)\]}}]"
    return re.compile(possessive(rf"{items}|{_JOIN}|{bracket}|[)\]}}]") + rf"(?:{NEWLINE}|\Z)")


_FAST = {False: _logical(triple=True), True: _logical(triple=False)}


@dataclass(frozen=True)
class Lexer:
    """Finds where logical lines end. ``repairing``: read triple quotes as in a file where one is left open."""

    repairing: bool = False

    def end(self, text: str, start: int, indent: int) -> int:
        """Offset after the logical line that begins at ``start``, ``indent`` characters deep.

        Returns -1 for a triple quote that nobody closes: the line has no end.
        """
        match = _FAST[self.repairing].match(text, start)
        return match.end() if match else self._slow_end(text, start, indent)

    def _slow_end(self, text: str, start: int, indent: int) -> int:
        depth, position = 0, start
        while token := _TOKEN.match(text, position):
            position = token.end()
            kind = token.lastgroup
            if kind == "open":
                depth += 1
            elif kind == "close":
                depth = max(0, depth - 1)
            elif kind == "end":
                if depth == 0 or _AFTER_BRACKET.match(text, position):
                    return position
            elif kind == "join":
                if _AFTER_BACKSLASH.match(text, position):
                    return position
            elif kind == "triple":
                position, whole = self.triple_end(text, position, token.group(), indent)
                if not whole:
                    return position
        return len(text)

    def triple_end(self, text: str, start: int, quote: str, indent: int) -> tuple[int, bool]:
        """Offset after the triple-quoted string whose text begins at ``start``; whether its closing quote was found."""
        close = _CLOSE[quote].match(text, start)
        if not self.repairing:
            return (close.end(), True) if close else (-1, False)
        for cut in _CUT.finditer(text, start, close.end() if close else len(text)):
            if depth_of(cut.group(1)) <= indent:
                return cut.start(1), False
        return (close.end(), True) if close else (len(text), False)


def depth_of(space: str) -> int:
    """Indentation, in characters, of a line that begins with ``space``: form feeds and a byte order mark reset it."""
    return len(space) - 1 - max(space.rfind("\f"), space.rfind("\ufeff"))


def line_count(text: str) -> int:
    """Number of line ends in ``text``."""
    ends = text.count("\n")
    return ends + text.count("\r") - text.count("\r\n") if "\r" in text else ends
