"""Names and attributes exist: a name that is only not imported gets its import, else the suggestion ends before it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from python_slm.checks.base import Verdict
from python_slm.checks.missing_import import import_for
from python_slm.checks.written import Reader, Written, truncated
from python_slm.syntax.bindings import dotted, end_of
from python_slm.syntax.importing import import_edit
from python_slm.syntax.repair import open_brackets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_slm.checks.base import Candidate, Place
    from python_slm.syntax.bindings import Use
    from python_slm.syntax.scope import ClassView, Reading
    from python_slm.text import Edit

_MOST_IMPORTS = 2
_OWN = ("self", "cls")
_DYNAMIC = re.compile(r"__getattr__|__getattribute__|__dict__|\bsetattr\(|\bvars\(|__slots__")
_HARMLESS = {"dataclass", "dataclasses.dataclass", "total_ordering", "functools.total_ordering", "final"}
_COMPREHENDS = re.compile(
    r"(?:[\[{]|(?<![\w)\]])\(|\b(?:all|any|dict|frozenset|join|list|max|min|next|set|sorted|sum|tuple)\()\Z"
)
"""Brackets that a comprehension may stand in."""
_MOST_BASES = 8
_MOST_CUTS = 3  # what is left of a suggestion may read what only the rest of it bound


@dataclass(frozen=True)
class ExistingNames:
    """Looks at what the suggestion itself wrote; what cannot be known passes."""

    reader: Reader
    name = "names"

    def examine(self, candidate: Candidate, place: Place) -> Verdict:
        """See Check."""
        if not place.settings.validate or place.late():
            return Verdict.keep(candidate)
        shorter = candidate
        for _ in range(_MOST_CUTS):
            length, edits = self._sound(shorter, place)
            if length is None:
                return _verdict(candidate, shorter, edits)
            cut = truncated(shorter, place, length)
            if cut is None:
                break
            shorter = cut
        return Verdict.drop("uses what nothing defines")

    def _sound(self, candidate: Candidate, place: Place) -> tuple[int | None, list[Edit]]:
        """(characters before the first thing that is not there, the imports needed up to it)."""
        written = self.reader.read(candidate, place)
        edits: list[Edit] = []
        problems = [*_missing_names(written), *_missing_attributes(written)]
        for length, reading, use in sorted(problems, key=lambda one: one[0]):
            edit = _import(written, reading, use) if use and len(edits) < _MOST_IMPORTS else None
            if edit is None:
                return length, edits
            if edit not in edits:
                edits.append(edit)
        return None, edits


def _verdict(candidate: Candidate, shorter: Candidate, edits: list[Edit]) -> Verdict:
    if shorter is not candidate:
        return Verdict(_with(shorter, edits), "cut", "the rest uses what nothing defines")
    if edits:
        return Verdict(_with(candidate, edits), "mended", "with the import that it needs")
    return Verdict.keep(candidate)


def _with(candidate: Candidate, edits: list[Edit]) -> Candidate:
    return replace(candidate, additional=(*candidate.additional, *edits)) if edits else candidate


def _missing_names(written: Written) -> Iterator[tuple[int, Reading, Use | None]]:
    """(characters before it, where, use) of names that nothing binds; those that the buffer also lacks are its own."""
    for reading, use in written.missing():
        if not written.before.unresolved(use.name) and not _may_be_bound_later(
            reading.offset_of(use.start), reading, written
        ):
            yield written.length_to(reading, use.start), reading, use


def _may_be_bound_later(offset: int, reading: Reading, written: Written) -> bool:
    """Whether the name stands in a bracket that is still open, where a ``for`` may follow."""
    text, start = written.names.index.text, reading.block.start
    rest = text[written.end :].partition("\n")[0].strip()
    if rest:
        return False
    left = open_brackets(text[start : written.end])
    return any(start + place <= offset and _COMPREHENDS.search(text, start, start + place + 1) for place in left)


def _import(written: Written, reading: Reading, use: Use) -> Edit | None:
    """The import that gives the name its meaning, if it is clear which."""
    if not written.place.settings.auto_import or written.length_to(reading, use.end) == 0:
        return None
    attribute = next(
        (
            mention.node.attr
            for mention in reading.mentions
            if isinstance(mention.node, ast.Attribute)
            and isinstance(mention.node.value, ast.Name)
            and mention.node.value.id == use.name
        ),
        "",
    )
    statement = import_for(use.name, attribute, written.place.surroundings)
    return import_edit(statement, written.place.index, written.place.offset) if statement else None


def _missing_attributes(written: Written) -> Iterator[tuple[int, Reading, Use | None]]:
    """Attributes of ``self``, and of what is imported, that are known not to be there."""
    for reading, mention in written.mentions():
        node = mention.node
        if not isinstance(node, ast.Attribute) or node.attr.startswith("__") or not isinstance(node.ctx, ast.Load):
            continue
        line, column = end_of(node)
        start = (line, column - len(node.attr.encode()))
        if not written.wrote(reading, start, (line, column)) or "AttributeError" in mention.at.caught:
            continue
        members = members_of(node.value, mention.at, reading, written)
        if members is not None and node.attr not in members:
            yield written.length_to(reading, start), reading, None


def members_of(owner: ast.expr, use: Use, reading: Reading, written: Written) -> frozenset[str] | None:
    """What may stand after the dot; None where that is not known."""
    name = dotted(owner)
    root = name.partition(".")[0]
    bound = written.names.resolve(use, reading, root) if root else None
    if not bound:
        return None
    if name in _OWN and all(one.kind == "parameter" for one in bound):
        found = written.names.class_of(name, use.frame, reading)
        return members_of_class(found, written, set()) if found else None
    if any(one.kind != "import" for one in bound):
        return None
    definition = written.place.surroundings.definitions.get(name)
    if definition is None or definition.members is None or definition.kind != "module":
        return None
    text = written.names.index.text
    return definition.members | frozenset(re.findall(rf"\b{re.escape(name)}\.(\w+)", _without(text, written)))


def members_of_class(view: ClassView, written: Written, seen: set[str]) -> frozenset[str] | None:
    """Members of a class of the buffer: those of its bases, its own, and whatever it asks ``self`` for already."""
    bound = view.binding
    if (
        bound.bases is None
        or not _HARMLESS.issuperset(bound.decorators)
        or bound.name in seen
        or "Mixin" in bound.name
        or len(seen) > _MOST_BASES
    ):
        return None
    names = written.names
    start, end = written.start, written.end
    inside = names.index.text[view.start : view.end]
    if view.start <= start < view.end:
        inside = names.index.text[view.start : start] + " " + names.index.text[min(end, view.end) : view.end]
    if _DYNAMIC.search(inside):
        return None
    found = set(bound.inside) | set(re.findall(r"\b(?:self|cls)\s*\.\s*(\w+)", inside))
    found |= set(re.findall(r"\bself\.(\w+)\s*(?::[^=\n]+)?=(?!=)", written.candidate.text))
    for base in bound.bases:
        members = _members_of_base(base, written, {*seen, bound.name})
        if members is None:
            return None
        found |= members
    return frozenset(found)


def _members_of_base(base: str, written: Written, seen: set[str]) -> frozenset[str] | None:
    if base == "object":
        return frozenset()
    if view := written.names.top_class(base):
        return members_of_class(view, written, seen)
    definition = written.place.surroundings.definitions.get(base)
    return definition.members if definition and definition.kind == "class" else None


def _without(text: str, written: Written) -> str:
    """The text around the candidate."""
    return f"{text[: written.start]} {text[written.end :]}"
