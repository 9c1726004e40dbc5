"""Findings about a docstring that no longer agrees with its code, with the edit that mends it.

Findings about one docstring share an edit, which brings it up to date as a whole; those that it does not mend have
none. It puts a string in place of a string.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.docstrings.codes import REASONS, SEVERITIES, Code
from python_slm.docstrings.differences import Differences, differences
from python_slm.docstrings.entries import locate
from python_slm.docstrings.indent import step
from python_slm.docstrings.literal import TAB, DocstringLiteral, is_literal, offset_of
from python_slm.docstrings.style import layout_of
from python_slm.docstrings.write import update
from python_slm.findings import Finding, Fix, Related
from python_slm.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.docstrings.entries import Layout
    from python_slm.docstrings.style import Style
    from python_slm.docstrings.targets import Target
    from python_slm.text import Document


@dataclass(frozen=True)
class _Told:
    """``line`` is the docstring's, ``word`` what is wrong on it (empty: all of it); ``about``: which parameter."""

    code: Code
    line: int
    message: str
    word: str = ""
    about: str = ""


def disagreements(document: Document, target: Target, style: Style) -> list[Finding]:
    """What a definition's docstring says that its code does not, or the other way; offsets are ``document``'s."""
    literal = DocstringLiteral.of(document, target)
    layout = layout_of(literal.lines, style.name) if literal else None
    if literal is None or layout is None:
        return []
    told = list(_told(layout, target, differences(layout, target.facts)))
    if not told:
        return []
    edit, left = _mending(literal, layout, target, style)
    mended = {one.message for one in told} - left
    if not left < {one.message for one in told}:
        edit = None
    fix = Fix(f"Update the docstring of {target.name}", (edit,)) if edit else None
    return [_finding(document, literal, target, one, fix if one.message in mended else None) for one in told]


def updated(document: Document, target: Target, style: Style) -> Edit | None:
    """The edit that brings a docstring up to date; None where it is, or where only a person can."""
    found = [fix for one in disagreements(document, target, style) for fix in one.fixes]
    return found[0].edits[0] if found else None


def _finding(document: Document, literal: DocstringLiteral, target: Target, told: _Told, fix: Fix | None) -> Finding:
    start, end = _place(document, literal, told)
    related = tuple(_signature(document, target, told.about))
    return Finding(
        "docstrings",
        told.code,
        told.message,
        start,
        end,
        SEVERITIES.get(told.code, "warning"),
        (fix,) if fix else (),
        related=related,
        reasoning=REASONS[told.code],
    )


def _place(document: Document, literal: DocstringLiteral, told: _Told) -> tuple[int, int]:
    """The word on its line, else the line's text."""
    start, end = document.line_span(literal.line + told.line)
    start, end = max(start, literal.start), min(end, literal.end)
    text = document.text[start:end]
    found = re.search(rf"(?<!\w){re.escape(told.word)}(?!\w)", text) if told.word else None
    if found:
        return start + found.start(), start + found.end()
    return start + len(text) - len(text.lstrip()), max(start + len(text.rstrip()), start)


def _signature(document: Document, target: Target, name: str) -> Iterator[Related]:
    """The parameter that a finding is about, where it stands in the signature."""
    if not name or isinstance(target.node, ast.ClassDef | ast.Module):
        return
    for each in ast.walk(target.node.args):
        if isinstance(each, ast.arg) and each.arg == name and each.end_col_offset is not None:
            line = each.lineno - 1 + target.lines_before
            start = offset_of(document, line, each.col_offset)
            yield Related(start, start + len(name), f"{name} is a parameter of {target.name}")


def _mending(literal: DocstringLiteral, layout: Layout, target: Target, style: Style) -> tuple[Edit | None, set[str]]:
    """The edit that brings a docstring up to date, and the messages that hold all the same."""
    width = style.width - len(literal.indent.expandtabs(TAB))
    found = differences(layout, target.facts)
    lines = update(layout, target.facts, found, indent=step(literal.indent), width=width)
    text = literal.with_lines(lines) if any(line.strip() for line in lines) else ""
    after = locate(lines, layout.style)
    left = {one.message for one in _told(after, target, differences(after, target.facts))}
    return (Edit(literal.start, literal.end, text) if is_literal(text) else None), left


def _told(layout: Layout, target: Target, found: Differences) -> Iterator[_Told]:
    name = target.name
    places = {each: one.start for one in layout.of("param") for each in one.names}
    first = min(places.values(), default=0)
    for one in found.missing:
        message = f"{name} documents parameters, but not {one.name}"
        yield _Told("missing-parameter", max(first - 1, 0), message, about=one.name)
    for old in (*found.extra, *found.mixed):
        yield _Told("extra-parameter", places[old], f"{name} has no parameter {old}", old)
    for old, new in found.renamed:
        message = f"{name} has no parameter {old}: it seems to be {new} now"
        yield _Told("renamed-parameter", places[old], message, old, new)
    yield from _told_of_results(layout, target, found)
    yield from _told_of_attributes(layout, target, found)
    yield from _told_of_values(target, found)


def _told_of_results(layout: Layout, target: Target, found: Differences) -> Iterator[_Told]:
    name = target.name
    at = {one.kind: one.start for one in reversed(layout.parts)}
    table: list[tuple[bool, Code, int, str]] = [
        (found.disordered, "parameter-order", at.get("param", 0), f"the parameters of {name} come in another order"),
        (found.lacks_returns, "missing-returns", 0, f"{name} returns a value that is not documented"),
        (found.lacks_yields, "missing-yields", 0, f"{name} yields values that are not documented"),
        (found.yields_instead, "returns-for-yields", at.get("returns", 0), f"{name} yields what it says it returns"),
        (found.unwanted_returns, "extra-returns", at.get("returns", 0), f"{name} returns nothing"),
        (found.unwanted_yields, "extra-yields", at.get("yields", 0), f"{name} yields nothing"),
    ]
    yield from (_Told(code, line, message) for there, code, line, message in table if there)
    for each in found.raises:
        yield _Told("missing-raises", at["raises"], f"{name} raises {each.name}, which is not documented")


def _told_of_attributes(layout: Layout, target: Target, found: Differences) -> Iterator[_Told]:
    places = {each: one.start for one in layout.of("attribute") for each in one.names}
    for one in found.missing_attributes:
        message = f"{target.name} documents attributes, but not {one.name}"
        yield _Told("missing-attribute", max(min(places.values()) - 1, 0), message)
    for old in found.extra_attributes:
        yield _Told("extra-attribute", places[old], f"{target.name} has no attribute {old}", old)


def _told_of_values(target: Target, found: Differences) -> Iterator[_Told]:
    for one in found.types:
        what = one.name or "the result"
        message = f"{what} of {target.name} is documented as {one.told}, and annotated as {one.actual}"
        yield _Told("stale-type", one.place.line, message, one.told, one.name)
    for each in found.defaults:
        is_now = f"is {each.actual}" if each.actual else "does not exist"
        message = f"the default of {each.name} of {target.name} {is_now}, not {each.told.literal}"
        yield _Told("stale-default", each.told.line, message, each.told.literal, each.name)
