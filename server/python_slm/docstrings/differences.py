"""Where a docstring and the facts of its definition disagree.

Silence is kept where nobody can tell: names that ``*args`` or ``**kwargs`` may stand for, results of code without a
body, what the value of a property takes, exceptions that a callee may raise, results that the prose already tells of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.docstrings.describes import ToldDefault, another_default, contradicts, default_told, type_told
from python_slm.docstrings.facts import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.docstrings.classes import Attribute
    from python_slm.docstrings.entries import Entry, Layout, Span
    from python_slm.docstrings.facts import Facts
    from python_slm.docstrings.raising import Raised
    from python_slm.docstrings.signature import Argument

_TELLS_RESULT = re.compile(r"\b(?:returns?|returning|yields?|whether|generates?|iterat\w+)\b", re.IGNORECASE)
_SAYS_WHAT = re.compile(
    r"(?:get|fetch|find|list|count|make|create|construct|build|comput|calculat|determin)(?:e?s|e)?\b", re.IGNORECASE
)
"""Summaries that name the result, as in: Get the name of the input."""
_OWN_TITLE = re.compile(r"\s*(?:Returns?|Yields?)\b")
"""Of a section that no style knows, such as ``Return:``."""


@dataclass(frozen=True)
class StaleType:
    """An entry of ``name`` (empty: the result) tells at ``place`` the type ``told``, the code says ``actual``."""

    name: str
    place: Span
    told: str
    actual: str


@dataclass(frozen=True)
class StaleDefault:
    """The entry of ``name`` tells another default than ``actual``, source text; empty where there is none any more."""

    name: str
    told: ToldDefault
    actual: str


@dataclass(frozen=True)
class Differences:
    """What to change in a docstring; ``unwanted_*`` describe what the code does not do and are left to a person."""

    missing: tuple[Argument, ...] = ()
    extra: tuple[str, ...] = ()
    """Documented alone, so that the entry can go."""
    mixed: tuple[str, ...] = ()
    """Gone, but documented in one entry with parameters that exist."""
    renamed: tuple[tuple[str, str], ...] = ()
    """(old, new)."""
    disordered: bool = False
    lacks_returns: bool = False
    lacks_yields: bool = False
    yields_instead: bool = False
    """A result is documented where values are yielded."""
    unwanted_returns: bool = False
    unwanted_yields: bool = False
    raises: tuple[Raised, ...] = ()
    """Raised here, and missing among the documented ones."""
    missing_attributes: tuple[Attribute, ...] = ()
    extra_attributes: tuple[str, ...] = ()
    types: tuple[StaleType, ...] = ()
    defaults: tuple[StaleDefault, ...] = ()


def differences(layout: Layout, facts: Facts) -> Differences:
    """Compare what a docstring documents with what the code does; nothing where the docstring is unclear or plain."""
    if facts.kind == "module" or not layout.structured or not layout.clear:
        return Differences()
    results = _results(layout, facts)
    return Differences(
        *_parameters(layout, facts),
        disordered=_disordered(layout, facts),
        lacks_returns="lacks_returns" in results,
        lacks_yields="lacks_yields" in results,
        yields_instead="yields_instead" in results,
        unwanted_returns="unwanted_returns" in results,
        unwanted_yields="unwanted_yields" in results,
        raises=_raises(layout, facts),
        missing_attributes=_missing_attributes(layout, facts),
        extra_attributes=_extra_attributes(layout, facts),
        types=tuple(_types(layout, facts)),
        defaults=tuple(_defaults(layout, facts)),
    )


def _parameters(
    layout: Layout, facts: Facts
) -> tuple[tuple[Argument, ...], tuple[str, ...], tuple[str, ...], tuple[tuple[str, str], ...]]:
    if not layout.has("param") or not facts.knows_parameters or facts.kind == "property":  # it may give a callable
        return (), (), (), ()
    known = {one.name: one for one in (*facts.parameters, *facts.called_with)}
    entries = layout.of("param")
    told = layout.names("param", "keyword") | (layout.names("attribute") if facts.kind == "class" else set())
    missing = [one for one in facts.parameters if one.name not in told and _expected(one)]
    gone = [] if facts.open_ended else [name for one in entries for name in one.names if _gone(name, known)]
    alone = {name for one in entries if not set(one.names) & set(known) for name in one.names}
    extra, mixed = [name for name in gone if name in alone], tuple(name for name in gone if name not in alone)
    single = len(gone) == len(missing) == len(extra) == 1
    if single and _place_of(extra[0], layout, known) == _place_in(missing[0], facts, told):
        return (), (), mixed, ((extra[0], missing[0].name),)
    return tuple(missing), tuple(extra), mixed, ()


def _gone(name: str, known: dict[str, Argument]) -> bool:
    return name.isidentifier() and name not in known and name not in ("self", "cls")


def _expected(parameter: Argument) -> bool:
    return parameter.kind not in ("args", "kwargs") and not parameter.name.startswith("_")


def _place_of(name: str, layout: Layout, known: dict[str, Argument]) -> int:
    """How many parameters that exist are documented before it."""
    names = [each for one in layout.of("param") for each in one.names]
    return sum(each in known for each in names[: names.index(name)])


def _place_in(parameter: Argument, facts: Facts, told: set[str]) -> int:
    """How many documented parameters the signature has before it."""
    before = facts.parameters[: facts.parameters.index(parameter)]
    return sum(one.name in told for one in before)


def _disordered(layout: Layout, facts: Facts) -> bool:
    if not facts.knows_parameters:
        return False
    order = {one.name: place for place, one in enumerate(facts.parameters)}
    places = [min(order[name] for name in one.names if name in order) for one in layout.of("param") if any(
        name in order for name in one.names
    )]  # fmt: skip
    return places != sorted(places)


def _results(layout: Layout, facts: Facts) -> set[str]:
    if facts.kind in ("class", "property"):
        return set()
    found: set[str] = set()
    prose = " ".join(layout.lines[: min((one.start for one in layout.parts), default=0)])
    told = bool(
        _TELLS_RESULT.search(prose) or _SAYS_WHAT.match(prose.lstrip()) or any(map(_OWN_TITLE.match, layout.lines))
    )
    returns, yields = layout.has("returns"), layout.has("yields")
    if facts.yields:
        if returns and not yields and not facts.returns_value and not facts.decorators and not _spoken(facts):
            found.add("yields_instead")
        elif not returns and not yields and not told and not facts.decorators:
            found.add("lacks_yields")
        return found
    gives = facts.returns_value and facts.name != "__init__" and facts.returns not in NOTHING - {""}
    if gives and not returns and not yields and not told:
        found.add("lacks_returns")
    silent = not facts.returns_value and not facts.stub and facts.returns in ("", "None")
    if silent and returns and not _says_none(layout) and not facts.raises:
        found.add("unwanted_returns")
    if silent and yields:
        found.add("unwanted_yields")
    return found


def _spoken(facts: Facts) -> bool:
    """Whether the annotation itself calls the generator what it returns."""
    return facts.returns.partition("[")[0].rpartition(".")[2] in {"Generator", "Iterator", "AsyncIterator"}


def _says_none(layout: Layout) -> bool:
    entries = layout.of("returns")
    text = " ".join(line for one in entries for line in layout.lines[one.start : one.end])
    return not text.strip() or re.search(r"\b(?:None|nothing)\b", text, re.IGNORECASE) is not None


def _raises(layout: Layout, facts: Facts) -> tuple[Raised, ...]:
    """Only where exceptions are documented at all, and only those that no word of the docstring names."""
    if not layout.has("raises") or facts.kind == "class":
        return ()
    words = set(re.findall(r"\w+", " ".join(layout.lines)))
    return tuple(one for one in facts.raises if one.short not in words)


def _missing_attributes(layout: Layout, facts: Facts) -> tuple[Attribute, ...]:
    """Declared in the class, and no word of a docstring that tells of others, nor a text of their own, names them."""
    declared = [one for one in facts.attributes if one.declared]
    if facts.kind != "class" or not layout.names("attribute") & {one.name for one in declared}:
        return ()
    words = set(re.findall(r"\w+", " ".join(layout.lines)))
    return tuple(
        one for one in declared if not one.commented and one.name not in words and "ClassVar" not in one.annotation
    )


def _extra_attributes(layout: Layout, facts: Facts) -> tuple[str, ...]:
    """Documented, and nowhere in a class that inherits nothing and makes nothing at run time."""
    if facts.kind != "class" or facts.names is None:
        return ()
    known = facts.names | {one.name for one in facts.parameters}
    entries = [one for one in layout.of("attribute") if not set(one.names) & known]
    return tuple(name for one in entries for name in one.names if name.isidentifier())


def _types(layout: Layout, facts: Facts) -> Iterator[StaleType]:
    notes = {one.name: one.annotation for one in facts.parameters if one.kind not in ("args", "kwargs")}
    if facts.kind == "class":
        notes = {one.name: one.annotation for one in facts.attributes} | notes
    for entry in layout.entries:
        if entry.kind in ("param", "keyword", "attribute") and len(entry.names) == 1:
            yield from _stale_type(layout, entry, entry.names[0], notes.get(entry.names[0], ""))
    if facts.kind in ("function", "method") and not facts.decorators - {"staticmethod", "classmethod"}:
        for kind, actual in (("returns", facts.returned), ("yields", facts.yielded)):
            entries = [one for one in layout.entries if one.kind == kind]
            if len(entries) == 1:
                yield from _stale_type(layout, entries[0], "", actual)


def _stale_type(layout: Layout, entry: Entry, name: str, actual: str) -> Iterator[StaleType]:
    if entry.type is None or not actual:
        return
    told = type_told(layout.lines[entry.type.line][entry.type.start : entry.type.end])
    if contradicts(told, actual):
        yield StaleType(name, entry.type, told, actual)


def _defaults(layout: Layout, facts: Facts) -> Iterator[StaleDefault]:
    known = {one.name: one for one in facts.parameters}
    for entry in layout.entries:
        if entry.kind not in ("param", "keyword", "attribute") or len(entry.names) != 1:
            continue
        parameter = known.get(entry.names[0])
        told = default_told([(place, layout.lines[place]) for place in range(entry.start, entry.end)])
        if told is None or parameter is None or parameter.kind in ("args", "kwargs"):
            continue
        if another_default(told, parameter.default):
            yield StaleDefault(parameter.name, told, parameter.default)
