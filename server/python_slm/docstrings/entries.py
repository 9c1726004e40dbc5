"""Where the sections and entries of a docstring stand: docstring_parser says what they are, but not on which lines.

Both must name the same parameters and exceptions, or the docstring counts as unclear and is left alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import docstring_parser
from docstring_parser import DocstringStyle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

StyleName = Literal["google", "numpy", "sphinx", "epydoc"]
STYLES: tuple[StyleName, ...] = ("google", "numpy", "sphinx", "epydoc")
EntryKind = Literal["param", "keyword", "attribute", "returns", "yields", "raises", "other"]
PARSER_STYLES = {
    "google": DocstringStyle.GOOGLE,
    "numpy": DocstringStyle.NUMPYDOC,
    "sphinx": DocstringStyle.REST,
    "epydoc": DocstringStyle.EPYDOC,
}

_TITLES: dict[str, EntryKind] = {
    **dict.fromkeys(("Args", "Arguments", "Parameters", "Params"), "param"),
    **dict.fromkeys(
        ("Keyword Args", "Keyword Arguments", "Kwargs", "Other Parameters", "Other Params", "Other Arguments",
         "Other Args", "Receives", "Receive"), "keyword",
    ),
    **dict.fromkeys(("Attributes", "Attribute"), "attribute"),
    **dict.fromkeys(("Returns", "Return"), "returns"),
    **dict.fromkeys(("Yields", "Yield"), "yields"),
    **dict.fromkeys(("Raises", "Raise", "Exceptions", "Except"), "raises"),
}  # fmt: skip
_NOT_IN_GOOGLE = frozenset({"Return", "Yield", "Raise", "Attribute"})
_GOOGLE_TITLE = re.compile(r"(?P<title>[A-Z]\w*(?: \w+)?):\s*")
_UNDERLINE = re.compile(r"(?P<mark>[=~^*#-])(?P=mark){2,}\s*")
_DASHES = re.compile(r"-{3,}\s*")
_GOOGLE_ENTRY = re.compile(r"\s*(?P<names>[^\s:(][^:(]*?)\s*(?:\((?P<type>.*?)\)\s*)?:(?!\S*`)")
_NUMPY_ENTRY = re.compile(r"(?P<names>[^:]+?)(?:\s+:\s*(?P<type>.*)|:\s+(?P<late>.*)|\s*:?)\s*")
_FIELD = re.compile(r"(?P<mark>[:@])(?P<key>\w+)(?P<rest>[^:\n]*(?:\[[^\]\n]*\][^:\n]*)?):")
_FIELD_KINDS: dict[str, EntryKind] = {
    **dict.fromkeys(("param", "parameter", "arg", "argument", "type"), "param"),
    **dict.fromkeys(("key", "keyword"), "keyword"),
    **dict.fromkeys(("attribute", "ivar", "cvar", "var", "vartype"), "attribute"),
    **dict.fromkeys(("return", "returns", "rtype"), "returns"),
    **dict.fromkeys(("yield", "yields", "ytype"), "yields"),
    **dict.fromkeys(("raise", "raises", "except", "exception"), "raises"),
}
BUILTINS = frozenset({"int", "float", "complex", "bool", "str", "bytes", "list", "dict", "set", "frozenset", "tuple"})
"""Names of types that a docstring may mean by them."""
_BULLETS = "-+\N{BULLET}"
"""Lists of parameters in a form of their own."""
_TYPE_KEYS = frozenset({"type", "rtype", "ytype", "vartype"})


@dataclass(frozen=True)
class Span:
    """Columns ``start`` to ``end`` of a docstring's dedented ``line``."""

    line: int
    start: int
    end: int


@dataclass(frozen=True)
class Entry:
    """Lines ``start`` to ``end`` (exclusive) of one parameter, exception or result; ``type``: where it tells a type."""

    kind: EntryKind
    names: tuple[str, ...]
    type: Span | None
    start: int
    end: int

    @property
    def typed(self) -> bool:
        """Whether it tells a type."""
        return self.type is not None


@dataclass(frozen=True)
class Section:
    """A titled section of Google and NumPy style: ``start`` is its title's line, ``end`` comes after its last text."""

    kind: EntryKind
    title: str
    start: int
    end: int
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Layout:
    """A docstring's parts. ``lines`` are dedented; ``sections`` is empty in the styles of fields (Sphinx, Epydoc)."""

    style: StyleName
    lines: tuple[str, ...]
    sections: tuple[Section, ...]
    entries: tuple[Entry, ...]

    def of(self, kind: EntryKind) -> list[Entry]:
        """Entries of one kind, in order."""
        return [one for one in self.entries if one.kind == kind]

    def names(self, *kinds: EntryKind) -> set[str]:
        """Everything that entries of these kinds name."""
        return {name for one in self.entries if one.kind in kinds for name in one.names}

    def has(self, kind: EntryKind) -> bool:
        """Whether there is such an entry or section."""
        return any(one.kind == kind for one in self.parts)

    @property
    def parts(self) -> tuple[Section | Entry, ...]:
        """Entries and sections."""
        return (*self.entries, *self.sections)

    @property
    def structured(self) -> bool:
        """Whether it has any part that facts can be compared with."""
        return any(one.kind != "other" for one in self.parts)

    @property
    def clear(self) -> bool:
        """Whether docstring_parser reads the same names from it, and no entry holds the title of a foreign section."""
        if any(_UNDERLINE.fullmatch(line) for one in self.entries for line in self.lines[one.start : one.end]):
            return False
        if any(name[0] in _BULLETS for name in self.names("param", "keyword")):
            return False
        try:
            found = docstring_parser.parse("\n".join(self.lines), PARSER_STYLES[self.style])
        except docstring_parser.ParseError:
            return False
        params = {name for one in found.params if one.args[0] in _PARSED for name in names_in(one.arg_name)}
        raised = {name for one in found.raises if one.args[0] != "warns" for name in names_in(one.type_name or "")}
        return params == self.names("param") and (raised == self.names("raises") or not self.has("raises"))


_PARSED = frozenset({"param", "parameter", "arg", "argument"})


def locate(lines: Sequence[str], style: StyleName) -> Layout:
    """The parts of a docstring of one style; ``lines`` are dedented as ``inspect.cleandoc`` does."""
    if style in ("sphinx", "epydoc"):
        entries = tuple(_fields(lines, ":" if style == "sphinx" else "@"))
        return Layout(style, tuple(lines), (), entries)
    sections = tuple(_google(lines) if style == "google" else _numpy(lines))
    return Layout(style, tuple(lines), sections, tuple(one for section in sections for one in section.entries))


def names_in(text: str) -> tuple[str, ...]:
    r"""Names out of ``x, *args``, with or without stars, backslashes and back quotes."""
    return tuple(name for part in text.split(",") if (name := part.strip().strip("`").lstrip("\\*").strip()))


def _google(lines: Sequence[str]) -> Iterator[Section]:
    place = 0
    while place < len(lines):
        title = _GOOGLE_TITLE.fullmatch(lines[place])
        place += 1
        if not title or title["title"] in _NOT_IN_GOOGLE:
            continue
        start, end = place, place
        while place < len(lines) and (not lines[place].strip() or lines[place][0].isspace()):
            place += 1
            end = place if lines[place - 1].strip() else end
        kind = _TITLES.get(title["title"], "other")
        if end > start:
            yield Section(kind, title["title"], start - 1, end, tuple(_google_entries(lines, start, end, kind)))


def _google_entries(lines: Sequence[str], start: int, end: int, kind: EntryKind) -> Iterator[Entry]:
    while start < end and not lines[start].strip():
        start += 1
    indent = _indent(lines[start]) if start < end else ""
    if kind in ("returns", "yields"):
        yield Entry(kind, (), _span(re.match(r"\s*(?P<type>[\w.\[\], |]+):\s", lines[start]), start), start, end)
    if kind not in ("param", "keyword", "attribute", "raises"):
        return
    heads = [place for place in range(start, end) if lines[place].strip() and _indent(lines[place]) == indent]
    for head, after in pairwise([*heads, end]):
        found = _GOOGLE_ENTRY.match(lines[head])
        names = names_in(found["names"]) if found else ()
        yield Entry(kind, names, _span(found, head), head, after)


def _numpy(lines: Sequence[str]) -> Iterator[Section]:
    heads = [
        place
        for place in range(len(lines) - 1)
        if lines[place].strip() and not lines[place][0].isspace() and _DASHES.fullmatch(lines[place + 1])
    ]
    for head, after in pairwise([*heads, len(lines)]):
        title, end = lines[head].strip(), after
        while end > head + 2 and not lines[end - 1].strip():
            end -= 1
        kind = _TITLES.get(title, "other")
        yield Section(kind, title, head, end, tuple(_numpy_entries(lines, head + 2, end, kind)))


def _numpy_entries(lines: Sequence[str], start: int, end: int, kind: EntryKind) -> Iterator[Entry]:
    if kind == "other":
        return
    heads = [place for place in range(start, end) if lines[place].strip() and not lines[place][0].isspace()]
    for head, after in pairwise([*heads, end]):
        found = _NUMPY_ENTRY.fullmatch(lines[head])
        named = found is not None and kind not in ("returns", "yields")
        names = names_in(found["names"]) if found and named else ()
        told = _span(found, head) or _span(found, head, "late")
        if told is None and not named and kind != "raises":
            told = _span(found, head, "names")
        yield Entry(kind, names, told, head, after)


def _fields(lines: Sequence[str], mark: str) -> Iterator[Entry]:
    """Fields; a field that only tells a type joins the one that it stands beside."""
    found: list[Entry] = []
    place = 0
    while place < len(lines):
        match = _FIELD.match(lines[place])
        start = place
        place += 1
        if not match or match["mark"] != mark:
            continue
        place = end = _field_end(lines, place, mark)
        while not lines[end - 1].strip():
            end -= 1
        one = _field(match, start, end, lines[start])
        if found and _beside(found[-1], one, match["key"], lines):
            last = found.pop()
            one = Entry(one.kind, one.names, one.type or last.type, last.start, one.end)
        found.append(one)
    yield from found


def _field(match: re.Match[str], start: int, end: int, line: str) -> Entry:
    kind, key = _FIELD_KINDS.get(match["key"], "other"), match["key"]
    words = match["rest"].split()
    told: Span | None = None
    if key in _TYPE_KEYS:
        first = match.end() + len(line[match.end() :]) - len(line[match.end() :].lstrip())
        told = Span(start, first, len(line.rstrip())) if line[first:].strip() else None
    elif len(words) > 1 and kind not in ("raises", "other"):
        first = match.start("rest") + len(match["rest"]) - len(match["rest"].lstrip())
        told = Span(start, first, match.start("rest") + match["rest"].rstrip().rindex(words[-1]) - 1)
        told = Span(start, first, first + len(line[first : told.end].rstrip()))
    if kind in ("returns", "yields", "other"):
        return Entry(kind, (), told, start, end)
    named = match["rest"] if kind == "raises" else " ".join(words[-1:])
    if len(words) > 1 and named in BUILTINS and words[0].isidentifier() and words[0] not in BUILTINS:
        named = words[0]  # ``:param name str:``: the other way round, which readers take for a parameter ``str``
    return Entry(kind, names_in(named), told, start, end)


def _field_end(lines: Sequence[str], place: int, mark: str) -> int:
    """A field goes on until the next, or until text that is not indented follows a blank line."""
    blank = False
    while place < len(lines):
        line = lines[place]
        if line.startswith(mark) or (blank and line.strip() and not line[0].isspace()):
            break
        blank = not line.strip()
        place += 1
    return place


def _beside(last: Entry, one: Entry, key: str, lines: Sequence[str]) -> bool:
    """Whether two fields that touch are about the same thing, one of them its type."""
    was = _FIELD.match(lines[last.start])
    types = {key, was["key"] if was else ""} & _TYPE_KEYS
    return bool(types) and last.kind == one.kind and last.names == one.names and last.end == one.start


def _span(found: re.Match[str] | None, line: int, group: str = "type") -> Span | None:
    """Where a group of a match lies, blanks around it left out; None without one."""
    if found is None or not found[group] or not found[group].strip():
        return None
    start = found.start(group) + len(found[group]) - len(found[group].lstrip())
    return Span(line, start, found.start(group) + len(found[group].rstrip()))


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
