"""New docstrings from facts, and existing ones brought up to date line by line; what is right is not touched."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from python_slm.docstrings.describes import default_as
from python_slm.docstrings.entries import locate
from python_slm.docstrings.render import (
    Form,
    Item,
    attribute_item,
    entry,
    items_of,
    parameter_items,
    result_items,
    section,
)
from python_slm.docstrings.wording import raised_said, summary_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from python_slm.docstrings.differences import Differences
    from python_slm.docstrings.entries import Entry, EntryKind, Layout
    from python_slm.docstrings.facts import Facts
    from python_slm.docstrings.style import Style

_RANK: dict[EntryKind, int] = {
    "attribute": 0, "param": 1, "keyword": 2, "returns": 3, "yields": 3, "raises": 4, "other": 9
}  # fmt: skip
_ORDER: tuple[EntryKind, ...] = ("param", "attribute", "returns", "yields", "raises")


def compose(
    facts: Facts,
    style: Style,
    *,
    indent: str,
    width: int,
    summarize: Callable[[Facts], str] = summary_of,
    mark: Callable[[str], str] = str,
) -> list[str]:
    """A docstring's lines, dedented. ``width``: columns left for it. ``summarize`` says the first line, maybe more.

    ``mark`` gets every text that is only a suggestion, and gives it back as it is to stand there.
    """
    lines = mark(summarize(facts).strip() or summary_of(facts)).splitlines()
    if not style.sections:
        return lines
    form = Form(style.name, indent, width)
    items = [replace(one, text=mark(one.text)) for one in items_of(facts, style)]
    fields = style.name in ("sphinx", "epydoc")
    parts = [section(kind, [one for one in items if one.kind == kind], form) for kind in _ORDER if _any(items, kind)]
    for place, part in enumerate(parts):
        lines += part if fields and place else ["", *part]
    return lines


def update(layout: Layout, facts: Facts, found: Differences, *, indent: str, width: int) -> list[str]:
    """The docstring's lines with the differences mended that can be; the other lines are the same, prose included."""
    layout = _respelled(layout, found)
    form = Form(layout.style, indent, width)
    lines = list(layout.lines)
    patches = [
        *_parameter_patches(layout, facts, found, form),
        *_attribute_patches(layout, facts, found, form),
        *_retitled(layout, found),
        *_added(layout, facts, found, form),
    ]
    for patch in sorted(patches, key=lambda one: (one.start, one.end), reverse=True):
        lines[patch.start : patch.end] = patch.lines
    return lines


def _respelled(layout: Layout, found: Differences) -> Layout:
    """Types and defaults put right where they stand."""
    changes = [(one.place.line, one.place.start, one.told, one.actual) for one in found.types]
    changes += [
        (one.told.line, one.told.start, one.told.literal, new)
        for one in found.defaults
        if (new := default_as(one.told, one.actual))
    ]
    lines = list(layout.lines)
    for line, start, old, new in sorted(changes, reverse=True):
        place = lines[line].find(old, start)
        if place >= 0:
            lines[line] = lines[line][:place] + new + lines[line][place + len(old) :]
    return locate(lines, layout.style) if changes else layout


@dataclass(frozen=True)
class _Patch:
    start: int
    end: int
    lines: Sequence[str]


@dataclass(frozen=True)
class _Chunk:
    """An entry's lines without the blank ones behind it."""

    names: tuple[str, ...]
    lines: tuple[str, ...]


def _any(items: Sequence[Item], kind: EntryKind) -> bool:
    return any(one.kind == kind for one in items)


def _parameter_patches(layout: Layout, facts: Facts, found: Differences, form: Form) -> list[_Patch]:
    entries = layout.of("param")
    if not (found.missing or found.extra or found.renamed or found.disordered) or not _touch(entries, layout):
        return []
    names = dict(found.renamed)
    chunks = [_chunk(one, layout, names) for one in entries]
    kept = [one for one in chunks if not set(one.names) or not set(one.names) <= set(found.extra)]
    items = parameter_items(facts, typed=any(one.typed for one in entries))
    form = replace(form, indent=_entry_indent(entries, layout) or form.indent)
    new = [_Chunk((one.name,), tuple(entry(items[one.name], form))) for one in found.missing]
    ordered = _ordered(kept, new, [one.name for one in facts.parameters])
    return _replaced(layout, entries, ordered)


def _attribute_patches(layout: Layout, facts: Facts, found: Differences, form: Form) -> list[_Patch]:
    """New ones where the class declares them; the others keep their order, and those go that it does not have."""
    entries = layout.of("attribute")
    if not (found.missing_attributes or found.extra_attributes) or not _touch(entries, layout):
        return []
    chunks = [_chunk(one, layout, {}) for one in entries]
    kept = [one for one in chunks if not one.names or not set(one.names) <= set(found.extra_attributes)]
    typed = any(one.typed for one in entries)
    form = replace(form, indent=_entry_indent(entries, layout) or form.indent)
    new = [
        _Chunk((one.name,), tuple(entry(attribute_item(one, typed=typed), form))) for one in found.missing_attributes
    ]
    order = {one.name: place for place, one in enumerate(facts.attributes)}
    for one in new:
        places = [
            place + 1
            for place, other in enumerate(kept)
            if any(order.get(name, len(order)) < order[one.names[0]] for name in other.names)
        ]
        kept.insert(max(places, default=0), one)
    return _replaced(layout, entries, kept)


def _replaced(layout: Layout, entries: Sequence[Entry], ordered: Sequence[_Chunk]) -> list[_Patch]:
    """All entries of a kind give way to these."""
    if not ordered:
        return [_without(layout, entries[0].kind)]
    spaced = any(not layout.lines[one.end - 1].strip() for one in entries[:-1])
    lines: list[str] = []
    for place, one in enumerate(ordered):
        lines += ["", *one.lines] if spaced and place else one.lines
    return [_Patch(entries[0].start, _text_end(entries[-1], layout), lines)]


def _touch(entries: Sequence[Entry], layout: Layout) -> bool:
    """Whether nothing but blank lines stands between the entries."""
    gaps = [layout.lines[one.end : after.start] for one, after in pairwise(entries)]
    return bool(entries) and not any(line.strip() for gap in gaps for line in gap)


def _chunk(one: Entry, layout: Layout, renamed: dict[str, str]) -> _Chunk:
    lines = list(layout.lines[one.start : _text_end(one, layout)])
    heads = [place for place, line in enumerate(lines) if not place or re.match(r"[:@]\w+\b[^:]*:", line)]
    for old, new in renamed.items():
        if old in one.names:
            for place in heads:
                head, colon, text = _head(lines[place])
                lines[place] = re.sub(rf"\b{re.escape(old)}\b(?=\W*$)", new, head) + colon + text
    return _Chunk(tuple(renamed.get(name, name) for name in one.names), tuple(lines))


def _head(line: str) -> tuple[str, str, str]:
    """The part of an entry's line that names it, and what follows."""
    if line.startswith((":", "@")):
        head, colon, text = line[1:].partition(":")
        return line[0] + head, colon, text
    found = re.match(r"\s*[^\s:(]+", line)
    return (found[0], "", line[found.end() :]) if found else (line, "", "")


def _ordered(kept: Sequence[_Chunk], new: Sequence[_Chunk], signature: Sequence[str]) -> list[_Chunk]:
    """By the signature; what it does not name stays behind what it followed."""
    order = {name: place for place, name in enumerate(signature)}
    keyed: list[tuple[int, _Chunk]] = []
    last = -1
    for one in kept:
        last = min((order[name] for name in one.names if name in order), default=last)
        keyed.append((last, one))
    keyed += [(order[one.names[0]], one) for one in new]
    return [one for _, one in sorted(keyed, key=lambda each: each[0])]


def _entry_indent(entries: Sequence[Entry], layout: Layout) -> str:
    """How far entries stand in, which is one step of their style; NumPy's descriptions tell it."""
    for one in entries:
        for line in layout.lines[one.start + (layout.style != "google") : one.end]:
            if line.strip() and line[0].isspace():
                return line[: len(line) - len(line.lstrip())]
    return ""


def _text_end(one: Entry, layout: Layout) -> int:
    end = one.end
    while end > one.start + 1 and not layout.lines[end - 1].strip():
        end -= 1
    return end


def _without(layout: Layout, kind: EntryKind) -> _Patch:
    """All entries of a kind go, with their title and the blank lines before it."""
    spans = [(one.start, one.end) for one in (layout.sections or layout.entries) if one.kind == kind]
    start, end = spans[0][0], spans[-1][1]
    fields_left = not layout.sections and len(layout.entries) > len(layout.of(kind))
    while not fields_left and start > 1 and not layout.lines[start - 1].strip():
        start -= 1
    return _Patch(start, end, [])


def _retitled(layout: Layout, found: Differences) -> list[_Patch]:
    """Returns that are yields: the title changes, the text stays."""
    if not found.yields_instead:
        return []
    spans = [one for one in (layout.sections or layout.entries) if one.kind == "returns"]
    key = {"google": "Yields", "numpy": "Yields", "sphinx": "yields", "epydoc": "yield"}[layout.style]
    patches = []
    for one in spans:
        line = re.sub(r"\bReturns?\b|\breturns?\b", key, layout.lines[one.start], count=1)
        lines = [line, "-" * len(line.strip())] if layout.style == "numpy" else [line]
        patches.append(_Patch(one.start, one.start + len(lines), lines))
    return patches


def _added(layout: Layout, facts: Facts, found: Differences, form: Form) -> list[_Patch]:
    typed = any(one.typed for one in layout.entries) or form.style == "numpy"
    patches = []
    if found.lacks_returns or found.lacks_yields:
        items = result_items(facts, typed=typed)[:1]
        patches += [_new_section(layout, items[0].kind, section(items[0].kind, items, form))] if items else []
    if found.raises:
        entries = layout.of("raises")
        form = replace(form, indent=_entry_indent(entries, layout) or form.indent)
        lines = [line for one in found.raises for line in entry(Item("raises", one.name, "", raised_said(one)), form)]
        end = _text_end(entries[-1], layout)
        patches.append(_Patch(end, end, lines))
    return patches


def _new_section(layout: Layout, kind: EntryKind, lines: list[str]) -> _Patch:
    """After the sections that come earlier, else before those that come later."""
    parts = layout.sections or layout.entries
    before = [one for one in parts if _RANK[one.kind] < _RANK[kind]]
    if layout.sections:
        if before:
            return _Patch(before[-1].end, before[-1].end, ["", *lines])
        return _Patch(parts[0].start, parts[0].start, [*lines, ""])
    place = before[-1].end if before else parts[0].start
    return _Patch(place, place, lines)
