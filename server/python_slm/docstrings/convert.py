"""A docstring in another style: every line of prose, every description and every type stays, the layout changes."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_slm.docstrings.entries import Entry, locate
from python_slm.docstrings.render import KEYS, NUMPY_TITLES, TITLES, TYPE_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from python_slm.docstrings.entries import EntryKind, Layout, Section, StyleName

_FIELDS = ("sphinx", "epydoc")
_TITLE = re.compile(r"[A-Z][\w ]*:\s*")
_KEYWORDS = "Keyword Args"


@dataclass
class _Told:
    """One entry: ``names`` as they are written, the ``type``, and ``text`` whose further lines are dedented."""

    kind: EntryKind
    names: str
    type: str
    text: list[str]


@dataclass
class _Part:
    """Prose, or entries of one kind. ``title`` is that of a section without entries, whose ``prose`` is dedented."""

    kind: EntryKind | None
    title: str = ""
    prose: list[str] = field(default_factory=list)
    told: list[_Told] = field(default_factory=list)


def converted(layout: Layout, style: StyleName, *, indent: str) -> list[str] | None:
    """The lines of a docstring in ``style``; None where a word would be lost, or another reader would read it else.

    ``indent`` is one step. Lines are as their author left them, however long.
    """
    parts = _joined(_parts(layout))
    if style == "numpy":
        parts = _prose_first([each for part in parts for each in _titled_parts(part)])
    lines: list[str] = []
    for place, part in enumerate(parts):
        new = part.prose if part.kind is None else _section(part, style, indent)
        new = _stripped(new)
        close = style in _FIELDS and place and parts[place - 1].told and part.told
        lines += new if not lines or close or not new else ["", *new]
    return lines if _same(layout, lines, style) else None


def _same(layout: Layout, lines: list[str], style: StyleName) -> bool:
    """Whether the same entries are read from the result, and no word is lost."""
    after = locate(lines, style)
    if not after.clear:
        return False
    kinds: tuple[EntryKind, ...] = ("param", "attribute", "raises")
    names = all(layout.names(kind) == after.names(kind) for kind in kinds)
    return names and not words(layout.lines) - words(lines) - _MARKUP


def words(lines: Iterable[str]) -> set[str]:
    """Everything that is said, layout aside."""
    return set(re.findall(r"\w+", " ".join(lines)))


_MARKUP = frozenset(
    {"param", "parameter", "arg", "argument", "type", "rtype", "ytype", "vartype", "return", "returns", "yield",
     "yields", "raise", "raises", "except", "exception", "ivar", "cvar", "var", "attribute", "key", "keyword", "Args",
     "Arguments", "Parameters", "Params", "Returns", "Return", "Yields", "Yield", "Raises", "Raise", "Exceptions",
     "Except", "Attributes", "Attribute", "Kwargs", "Other"}
)  # fmt: skip


def _parts(layout: Layout) -> list[_Part]:
    found: list[_Part] = []
    place = 0
    parts: Sequence[Section | Entry] = layout.sections or layout.entries
    for part in sorted(parts, key=lambda one: one.start):
        if part.start > place:
            found.append(_Part(None, prose=list(layout.lines[place : part.start])))
        found.append(_read(part, layout))
        place = part.end
    if place < len(layout.lines):
        found.append(_Part(None, prose=list(layout.lines[place:])))
    return [one for one in found if one.told or one.title or any(line.strip() for line in one.prose)]


def _read(part: Section | Entry, layout: Layout) -> _Part:
    if isinstance(part, Entry):
        if part.kind == "other":
            return _Part(None, prose=list(layout.lines[part.start : part.end]))
        return _Part(part.kind, told=[_told(part, layout)])
    head = 2 if layout.style == "numpy" else 1
    if part.kind == "other" or not part.entries:
        body = textwrap.dedent("\n".join(layout.lines[part.start + head : part.end])).split("\n")
        return _Part("other", part.title, body)
    return _Part(part.kind, told=[_told(each, layout) for each in part.entries])


def _told(entry: Entry, layout: Layout) -> _Told:
    lines = list(layout.lines[entry.start : entry.end])
    type_ = "" if entry.type is None else layout.lines[entry.type.line][entry.type.start : entry.type.end]
    if layout.style == "numpy":
        names = lines[0].partition(" : ")[0].strip() if entry.kind not in ("returns", "yields") else ""
        if entry.kind in ("returns", "yields") and " : " in lines[0]:
            type_ = lines[0].strip()
        return _Told(entry.kind, names.rstrip(":").strip(), type_, _dedented(lines[1:]))
    if layout.style == "google":
        return _google(entry, lines, type_)
    return _fields(entry, lines, type_)


def _google(entry: Entry, lines: list[str], type_: str) -> _Told:
    first = lines[0].strip()
    names = ""
    if entry.kind not in ("returns", "yields"):
        end = entry.type.end if entry.type else 0
        rest = lines[0][end:].lstrip(")") if entry.type else lines[0]
        head, _, text = rest.partition(":")
        names = (lines[0][: entry.type.start].rstrip(" (") if entry.type else head).strip()
        first = text.strip()
    elif entry.type:
        first = lines[0][entry.type.end :].lstrip(": ")
    return _Told(entry.kind, names, type_, [first, *_dedented(lines[1:])])


def _fields(entry: Entry, lines: list[str], type_: str) -> _Told:
    """Fields of one thing: the line that only tells its type is left out."""
    kept: list[str] = []
    names = ""
    skipping = False
    for line in lines:
        found = re.match(r"[:@](\w+)([^:\n]*(?:\[[^\]\n]*\][^:\n]*)?):\s?(.*)", line)
        if not found:
            if not skipping or line.strip():
                kept.append(line)
            continue
        skipping = found[1] in TYPE_KEYS.values()
        if skipping:
            continue
        named = found[2].strip()
        if entry.type and entry.type.line == entry.start and named.startswith(type_):
            named = named.removeprefix(type_).strip()
        names = named
        kept.insert(0, found[3])
    return _Told(entry.kind, names, type_, [kept[0].strip() if kept else "", *_dedented(kept[1:])])


def _joined(parts: list[_Part]) -> list[_Part]:
    """Entries of one kind together, at the first place where there are any."""
    found: list[_Part] = []
    for part in parts:
        same = next((one for one in found if part.told and one.told and one.kind == part.kind), None)
        if same:
            same.told += part.told
        else:
            found.append(part)
    return found


def _titled_parts(part: _Part) -> Iterator[_Part]:
    """Prose cut where a title like ``Note:`` stands above indented lines: NumPy's sections end where others begin."""
    prose: list[str] = []
    place = 0
    while part.kind is None and place < len(part.prose):
        title, below = part.prose[place], place + 1
        while below < len(part.prose) and (not part.prose[below].strip() or part.prose[below][0].isspace()):
            below += 1
        if _TITLE.fullmatch(title) and any(line.strip() for line in part.prose[place + 1 : below]):
            if any(line.strip() for line in prose):
                yield _Part(None, prose=prose)
            prose = []
            yield _Part("other", title.rstrip().rstrip(":"), _dedented(part.prose[place + 1 : below]))
            place = below
        else:
            prose.append(title)
            place += 1
    if part.kind is not None:
        yield part
    elif any(line.strip() for line in prose):
        yield _Part(None, prose=prose)


def _prose_first(parts: list[_Part]) -> list[_Part]:
    return [one for one in parts if one.kind is None] + [one for one in parts if one.kind is not None]


def _section(part: _Part, style: StyleName, indent: str) -> list[str]:
    kind = part.kind
    assert kind is not None  # prose has none
    if part.title:
        return _titled(part.title, part.prose, style, indent)
    lines = [line for one in part.told for line in _entry(one, style, indent)]
    if style in _FIELDS:
        return lines
    title = _KEYWORDS if kind == "keyword" else (TITLES if style == "google" else NUMPY_TITLES)[kind]
    if style == "numpy":
        title = "Other Parameters" if kind == "keyword" else title
        return [title, "-" * len(title), *lines]
    return [f"{title}:", *lines]


def _titled(title: str, prose: list[str], style: StyleName, indent: str) -> list[str]:
    if style == "numpy":
        return [title, "-" * len(title), *prose]
    return [f"{title}:", *(indent + line if line.strip() else line for line in prose)]


def _entry(one: _Told, style: StyleName, indent: str) -> list[str]:
    text = _stripped(one.text)
    first, rest = (text[0], text[1:]) if text else ("", [])
    if style == "numpy":
        head = f"{one.names} : {one.type}" if one.names and one.type else one.names or one.type or "object"
        return [head, *(indent + line if line.strip() else line for line in text)]
    if style == "google":
        kind = f" ({one.type})" if one.type and one.names else ""
        head = f"{one.names}{kind}:" if one.names else f"{one.type}:" if one.type else ""
        deeper = indent * (2 if head else 1)
        lines = [f"{indent}{head} {first}".rstrip() if head else indent + first]
        return [*lines, *(deeper + line if line.strip() else line for line in rest)]
    mark = ":" if style == "sphinx" else "@"
    named = f" {one.names}" if one.names else ""
    key = "keyword" if one.kind == "keyword" else KEYS[style][one.kind]
    lines = [f"{mark}{key}{named}: {first}".rstrip(), *(indent + line if line.strip() else line for line in rest)]
    if one.type:
        type_key = "rtype" if style == "sphinx" and one.kind == "yields" else TYPE_KEYS.get(one.kind, "type")
        lines.append(f"{mark}{type_key}{named}: {one.type}")
    return lines


def _dedented(lines: Sequence[str]) -> list[str]:
    return textwrap.dedent("\n".join(lines)).split("\n") if lines else []


def _stripped(lines: Sequence[str]) -> list[str]:
    """Without the blank lines at both ends."""
    kept = list(lines)
    while kept and not kept[0].strip():
        kept.pop(0)
    while kept and not kept[-1].strip():
        kept.pop()
    return kept
