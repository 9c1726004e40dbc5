"""The shadow of a buffer: a text of as many lines that parses, broken lines replaced by something neutral.

What reads whole files, such as ruff or ``ast``, says nothing about one that is half typed; it reads the shadow. Lines
that are not replaced are the buffer's own, so positions in them hold.

Every broken block is mended by itself, as locally as possible, and kept with the block: brackets closed, a body
given to a header, one line replaced, then a logical line, and only at last the block.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.syntax.lines import COMMENT, NEWLINE, STRING, TRIPLE, Lexer, depth_of, possessive
from python_slm.syntax.parse import problem_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.syntax.blocks import BlockIndex
    from python_slm.syntax.parse import Problem
    from python_slm.syntax.pieces import Piece

_MOST_PARSES = 48
_MOST_TRIES = 5  # `try`s without `except` that are looked at for one error

_LINE = re.compile(rf"[^\r\n]*{NEWLINE}|[^\r\n]+")
_INDENT = re.compile(r"[ \t\f\ufeff]*")
_NOTHING = re.compile(r"[ \t\f\ufeff]*(?:#.*)?$")
_TRY = re.compile(r"(?P<indent>[ \t]*)try\b[ \t]*:")
_OPENS = re.compile(
    r"[ \t]*(?:(?:async[ \t]+)?(?:def|for|with)|class|if|elif|else|while|try|except|finally|match|case)\b"
)
_COLON = re.compile(r":[ \t]*(?:#.*)?$")
_ON_LINE = re.compile(r" on line (\d+)$")
_TOKEN = re.compile(
    rf"(?P<open>[(\[{{])|(?P<close>[)\]}}])|{TRIPLE}|{STRING}|{COMMENT}|[^\"'()\[\]{{}}#]++|.", re.DOTALL
)
_ABOVE = re.compile(possessive(rf"[ \t\f\ufeff]*+(?:#[^\r\n]*+)?{NEWLINE}"))
_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_DOT = re.compile(r"[ \t]*\.[ \t]*$")


@dataclass(frozen=True)
class Span:
    """Lines ``first`` up to, not with, ``last``, from zero."""

    first: int
    last: int


@dataclass(frozen=True)
class Shadow:
    """``text`` has as many lines as the buffer, parses, and differs from it in the lines ``replaced``, in order."""

    text: str
    replaced: tuple[Span, ...] = ()


def shadow_of(index: BlockIndex, line: int | None = None) -> Shadow:
    """The shadow of a buffer. The cursor's ``line``, from zero, is where the damage is looked for first.

    Blocks that did not change are not mended again; a text too long to be cut into blocks becomes empty lines.
    """
    texts: list[str] = []
    replaced: list[Span] = []
    for block in (part for whole in index.blocks for part in whole.members or (whole,)):
        found = block.piece.shadow
        if line is not None and found.replaced and block.start_line <= line < block.end_line:
            found = mended(block.piece, line - block.start_line)
        texts.append(found.text)
        replaced += [Span(one.first + block.start_line, one.last + block.start_line) for one in found.replaced]
    return Shadow("".join(texts), tuple(replaced))


def mended(piece: Piece, line: int | None = None, most_parses: int = _MOST_PARSES) -> Shadow:
    """The shadow of one piece, lines counted from its start, the cursor's ``line`` too.

    After ``most_parses`` nothing of it is left but the name that it defines.
    """
    if not piece.problems:
        return Shadow(piece.text)
    mender = _Mender(piece, most_parses)
    lines = mender.mended(line) or _neutral_piece(piece, mender.lines)
    changed = [place for place, (old, new) in enumerate(zip(mender.lines, lines, strict=True)) if old != new]
    return Shadow("".join(lines), _spans(changed))


def closers_of(text: str) -> str:
    """What closes the brackets that ``text`` leaves open, innermost first; strings and comments hold none."""
    return "".join(_CLOSERS[text[place]] for place in reversed(open_brackets(text)))


def open_brackets(text: str) -> list[int]:
    """Offsets of the brackets that ``text`` leaves open, outermost first."""
    found: list[int] = []
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "open":
            found.append(token.start())
        elif token.lastgroup == "close" and found:
            found.pop()
    return found


class _Mender:
    """Works on one piece, a limited number of parses long."""

    def __init__(self, piece: Piece, most_parses: int) -> None:
        self.lines = _LINE.findall(piece.text)
        self._piece = piece
        self._parses = 0
        self._most_parses = most_parses

    def mended(self, hint: int | None) -> list[str] | None:
        """Lines that parse, or None if that takes too long."""
        lines, problem = list(self.lines), self._problem(self.lines)
        while problem is not None:
            best: tuple[int, list[str], Problem] | None = None
            for changed in self._attempts(lines, problem, hint):
                if self._parses > self._most_parses:
                    return None
                left = self._problem(changed)
                if left is None:
                    return changed
                if left.line > problem.line and (best is None or left.line > best[0]):
                    best = (left.line, changed, left)
                    break
            if best is None:
                return None
            _, lines, problem = best
        return lines

    def _problem(self, lines: Sequence[str]) -> Problem | None:
        self._parses += 1
        return problem_in(self._piece.before + "".join(lines) + self._piece.after)

    def _attempts(self, lines: list[str], problem: Problem, hint: int | None) -> Iterator[list[str]]:
        """Versions of ``lines`` that may lack the problem, the most faithful first."""
        count, above = len(lines), self._piece.lines_before
        at = min(max(0, problem.line - above), count - 1)
        yield from _given_a_body(lines, problem, above)
        for place in dict.fromkeys(one for one in (hint, at) if one is not None and one < count):
            yield from _closed(lines, place)
        if "'except' or 'finally'" in problem.message:
            yield from _without_try(lines, at)
        previous = _previous(lines, at)
        for place in dict.fromkeys(one for one in (hint, at, previous) if one is not None and one < count):
            yield _replaced(lines, place, place + 1)
            yield [*lines[:place], *_blank(lines, place, place + 1), *lines[place + 1 :]]
        for place in dict.fromkeys(one for one in (hint, at, previous) if one is not None and one < count):
            first, last = _logical(lines, place)
            if last - first > 1:
                yield _replaced(lines, first, last)


def _closed(lines: list[str], place: int) -> Iterator[list[str]]:
    """The logical line up to ``place`` closed: its brackets, with an operand or without a dot at its end, its colon."""
    first, _ = _logical(lines, place)
    line = lines[place]
    body, end = line.rstrip("\r\n"), _ending(line)
    logical = "".join(lines[first:place]) + body
    closers = closers_of(logical)
    short = _DOT.sub("", body.rstrip())
    header = _OPENS.match(lines[first]) is not None and not body.rstrip().endswith(":")
    for text in dict.fromkeys((body.rstrip(), f"{body.rstrip()} None", short)):
        for closed in (text + closers, text.rstrip(",") + closers):
            tail = ": pass" if header else ""
            if closed + tail != body:
                yield [*lines[:place], closed + tail + end, *lines[place + 1 :]]
            if header:
                yield [*lines[:place], closed + ":" + end, *lines[place + 1 :]]


def _given_a_body(lines: list[str], problem: Problem, above: int) -> Iterator[list[str]]:
    """A header that lacks its body gets one on its own line."""
    if not problem.message.startswith("expected an indented block"):
        return
    found = _ON_LINE.search(problem.message)
    at = min(max(0, problem.line - above), len(lines))
    place = _previous(lines, at if found is None or at > int(found[1]) - 1 - above else int(found[1]) - above)
    for one in dict.fromkeys((place, int(found[1]) - 1 - above if found else None)):
        if one is not None and 0 <= one < len(lines):
            line = lines[one].rstrip("\r\n")
            yield [*lines[:one], _COLON.sub(": pass", line) + _ending(lines[one]), *lines[one + 1 :]]


def _without_try(lines: list[str], at: int) -> Iterator[list[str]]:
    """A ``try`` above that nothing catches becomes an ``if``."""
    tries = [(place, found) for place in range(at, -1, -1) if (found := _TRY.match(lines[place]))]
    for place, found in tries[:_MOST_TRIES]:
        changed = f"{found['indent']}if 1:{lines[place][found.end() :]}"
        yield [*lines[:place], changed, *lines[place + 1 :]]


def _previous(lines: Sequence[str], before: int) -> int | None:
    """The last line above that says something."""
    places = range(min(before, len(lines)) - 1, -1, -1)
    return next((place for place in places if not _NOTHING.match(lines[place].rstrip("\r\n"))), None)


def _logical(lines: Sequence[str], place: int) -> tuple[int, int]:
    """First line and line after the last of the logical line that holds ``place``."""
    text, lexer, start, first = "".join(lines), Lexer(repairing=True), 0, 0
    while start < len(text):
        above = _ABOVE.match(text, start)
        if above:
            end, size = above.end(), 1
        else:
            space = _INDENT.match(text, start)
            end = lexer.end(text, start, depth_of(space.group() if space else ""))
            size = len(_LINE.findall(text[start:end]))
        if first + size > place:
            return (place, place + 1) if above else (first, first + size)
        start, first = end, first + size
    return place, place + 1


def _replaced(lines: list[str], first: int, last: int) -> list[str]:
    """Lines ``first`` to ``last`` as a statement that does nothing, or as a header if what follows is deeper."""
    space = _INDENT.match(lines[first])
    indent = space.group() if space else ""
    after = next((line for line in lines[last:] if not _NOTHING.match(line.rstrip("\r\n"))), "")
    deeper = len(after) - len(after.lstrip(" \t")) > len(indent)
    opens = deeper and any(_OPENS.match(line) for line in lines[first:last])
    neutral = f"{indent}{'if 1:' if opens else 'pass'}{_ending(lines[first])}"
    return [*lines[:first], neutral, *_blank(lines, first + 1, last), *lines[last:]]


def _neutral_piece(piece: Piece, lines: Sequence[str]) -> list[str]:
    """Nothing of a piece but the name that it defines; a class whose members follow stays open."""
    first = next((line for line in lines if not _NOTHING.match(line.rstrip("\r\n"))), "")
    space = _INDENT.match(first) if piece.before else None
    indent = space.group() if space else ""
    neutral = f"{indent}pass"
    if piece.after:
        neutral = f"{indent}class {piece.name or '_'}:"
    elif piece.kind == "class" and piece.name:
        neutral = f"{indent}class {piece.name}: pass"
    elif piece.kind == "def" and piece.name:
        neutral = f"{indent}def {piece.name}(*_, **__): pass"
    return [neutral + _ending(lines[0]), *_blank(lines, 1, len(lines))] if lines else []


def _blank(lines: Sequence[str], first: int, last: int) -> list[str]:
    """Lines with nothing on them; a space keeps the end of an old Mac's line from joining the next one's."""
    return [
        (" " if place and lines[place - 1].endswith("\r") else "") + _ending(line)
        for place, line in enumerate(lines[first:last], start=first)
    ]


def _ending(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


def _spans(places: Sequence[int]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for place in places:
        if spans and spans[-1].last == place:
            spans[-1] = Span(spans[-1].first, place + 1)
        else:
            spans.append(Span(place, place + 1))
    return tuple(spans)
