"""Docstrings as people wrote them: one task writes them, the other takes their first paragraph as an explanation.

A docstring counts if it is about its function: it names parameters or what is returned, in words of its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import docstring_parser

from python_slm_training.tasks.example import Example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm_training.tasks.functions import Function
    from python_slm_training.tasks.source import SourceFile

MIN_CHARACTERS, MAX_CHARACTERS = 24, 1_200
MIN_WORDS = 5
_MAX_NON_ASCII = 0.1
_BOILERPLATE = re.compile(
    r"\b(?:todo|fixme|xxx|deprecated|see (?:the )?(?:base|parent|super)\b|same as|alias (?:of|for)|inherit"
    r"|overrid(?:e|es|den)|auto-?generated|lorem ipsum|noqa|undocumented|docstring)\b|^(?:tests?|checks?)\b"
    r"|^\.\. |^(?:see|cf\.?) :",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z]{2,}")
_RETURNS = re.compile(r"\b(?:returns?|yields?|:returns?:|whether|gets?|true if|false if)\b", re.IGNORECASE)
_COMMENT_MARK = re.compile(r"^\s*#+\s?")
_NO_COMMENT = re.compile(
    r"\b(?:todo|fixme|xxx|hack|noqa|type:|pragma|pylint|copyright|license|coding[:=])|[=;{}]\s*$|[(\[]\w*$",
    re.IGNORECASE,
)
_MIN_BLOCK, _MAX_BLOCK = 2, 15  # lines


def docstrings(source: SourceFile) -> Iterator[Example]:
    """Function without docstring → docstring. ``kind`` is its style: google, numpydoc, rest, epydoc or plain."""
    for function in source.functions:
        text = function.docstring
        style = style_if_worthwhile(text, function) if text else None
        code = function.without_docstring() if style else None
        if text and style and code:
            where = f"{source.id}#docstring:{function.line}"
            yield Example("docstring", style, text, where, source=code, path=source.path, metadata=source.metadata)


def explanations(source: SourceFile) -> Iterator[Example]:
    """Code → what its docstring or comment says. ``kind`` is function or comment."""
    for function in source.functions:
        text = function.docstring
        first = " ".join(text.split("\n\n")[0].split()) if text else ""
        code = function.without_docstring() if is_sentence(first) else None
        if code is not None:
            where = f"{source.id}#explain:{function.line}"
            yield Example("explain", "function", first, where, source=code, path=source.path, metadata=source.metadata)
        for line, comment, block in commented_blocks(function.text):
            where = f"{source.id}#explain:{function.line + line}"
            yield Example(
                "explain", "comment", comment, where, source=block, path=source.path, metadata=source.metadata
            )


def style_if_worthwhile(docstring: str, function: Function) -> str | None:
    """google, numpydoc, rest, epydoc, or plain without sections; None where it says nothing, or of another function."""
    first = docstring.split("\n\n", maxsplit=1)[0]
    if not MIN_CHARACTERS <= len(docstring) <= MAX_CHARACTERS or not is_sentence(first):
        return None
    named = any(re.search(rf"\b{re.escape(name)}\b", docstring) for name in function.parameters())
    if not named and _RETURNS.search(docstring) is None:
        return None
    try:
        found = docstring_parser.parse(docstring)
    except docstring_parser.ParseError:
        return None
    if _describes_others(found, function):
        return None
    return found.style.name.lower() if found.style is not None and found.meta else "plain"


def is_sentence(text: str) -> bool:
    """Whether ``text`` has enough words, mostly ASCII, and none of the phrases that say nothing."""
    if len(_WORD.findall(text)) < MIN_WORDS or _BOILERPLATE.search(text):
        return False
    return sum(not character.isascii() for character in text) <= _MAX_NON_ASCII * len(text)


def _describes_others(found: docstring_parser.Docstring, function: Function) -> bool:
    """Whether it documents parameters that the function lacks: the docstring is stale, or another function's."""
    documented = (name.strip("*") for each in found.params for name in re.split(r"[ ,]+", each.arg_name))
    known = {*function.parameters(), "self", "cls", ""}
    takes_more = function.tree.args.kwarg is not None or function.tree.args.vararg is not None
    return not takes_more and any(name not in known for name in documented)


def commented_blocks(text: str) -> Iterator[tuple[int, str, str]]:
    """(line, comment, code) for a comment of full sentences above lines that end at a blank or a shallower line."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        start = at
        while at < len(lines) and lines[at].lstrip().startswith("#"):
            at += 1
        if at == start:
            at += 1
            continue
        comment = " ".join(_COMMENT_MARK.sub("", line) for line in lines[start:at])
        depth = len(lines[start]) - len(lines[start].lstrip())
        block = _block(lines, at, depth)
        if is_sentence(comment) and not _NO_COMMENT.search(comment) and _MIN_BLOCK <= len(block) <= _MAX_BLOCK:
            yield start, " ".join(comment.split()), "\n".join(line[depth:] for line in block) + "\n"


def _block(lines: list[str], start: int, depth: int) -> list[str]:
    stop = start
    while stop < len(lines) and lines[stop].strip() and not lines[stop].lstrip().startswith("#"):
        if len(lines[stop]) - len(lines[stop].lstrip()) < depth:
            break
        stop += 1
    return lines[start:stop]
