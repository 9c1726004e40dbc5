"""Entries and sections of each style as lines, dedented, without line ends."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.docstrings import wording

if TYPE_CHECKING:
    from python_slm.docstrings.entries import EntryKind, StyleName
    from python_slm.docstrings.facts import Facts

_LEAST_TEXT = 20
"""Narrower than that text is not wrapped, however deep it stands."""
_TITLES = {"param": "Args", "attribute": "Attributes", "returns": "Returns", "yields": "Yields", "raises": "Raises"}
_NUMPY_TITLES = {**_TITLES, "param": "Parameters"}
_KEYS: dict[str, dict[str, str]] = {
    "sphinx": {
        "param": "param", "attribute": "ivar", "returns": "returns", "yields": "yields", "raises": "raises"
    },
    "epydoc": {"param": "param", "attribute": "ivar", "returns": "return", "yields": "yield", "raises": "raise"},
}  # fmt: skip
_TYPE_KEYS = {"param": "type", "returns": "rtype", "attribute": "vartype", "yields": "ytype"}


@dataclass(frozen=True)
class Item:
    """One thing to document. ``name`` may have stars, and is empty for results; ``type`` is empty where not wanted."""

    kind: EntryKind
    name: str
    type: str
    text: str


@dataclass(frozen=True)
class Form:
    """How entries are laid out: ``indent`` is one step, ``width`` the columns left for dedented text."""

    style: StyleName
    indent: str
    width: int


def items_of(facts: Facts, *, typed: bool) -> list[Item]:
    """Everything a whole docstring of a definition documents, in the order of its sections."""
    found: list[Item] = []
    if facts.kind not in ("property", "module"):
        found += [parameter_items(facts, typed=typed)[one.name] for one in facts.parameters]
    if facts.kind == "class":
        told = {one.name for one in facts.parameters}
        found += [
            Item("attribute", one.name, one.annotation if typed else "", wording.attribute_said(one.name))
            for one in facts.attributes
            if one.name not in told
        ]
    elif facts.kind != "property":
        found += result_items(facts, typed=typed)
        found += [Item("raises", one.name, "", wording.raised_said(one)) for one in facts.raises]
    return found


def parameter_items(facts: Facts, *, typed: bool) -> dict[str, Item]:
    """The parameters' entries by name."""
    return {
        one.name: Item("param", one.starred, one.annotation if typed else "", wording.parameter_said(one))
        for one in facts.parameters
    }


def result_items(facts: Facts, *, typed: bool) -> list[Item]:
    """What comes back, if anything does."""
    if facts.yields:
        return [Item("yields", "", facts.yielded if typed else "", wording.values_said(facts))]
    if facts.returns_value and facts.name != "__init__":
        return [Item("returns", "", facts.returns if typed else "", wording.result_said(facts))]
    return []


def section(kind: EntryKind, items: list[Item], form: Form) -> list[str]:
    """A whole section: title and entries, or fields alone where the style has no titles."""
    lines = [line for item in items for line in entry(item, form)]
    if form.style == "google":
        return [f"{_TITLES[kind]}:", *lines]
    if form.style == "numpy":
        title = _NUMPY_TITLES[kind]
        return [title, "-" * len(title), *lines]
    return lines


def entry(item: Item, form: Form) -> list[str]:
    """One entry, as it stands in its section."""
    if form.style == "google":
        kind = f" ({item.type})" if item.type and item.name else ""
        head = f"{item.name}{kind}: " if item.name else f"{item.type}: " if item.type else ""
        return _wrapped(head + item.text, form, form.indent, form.indent * (2 if head else 1))
    if form.style == "numpy":
        head = f"{item.name} : {item.type}" if item.name and item.type else item.name or item.type or "object"
        return [head, *_wrapped(item.text, form, form.indent, form.indent)]
    mark = ":" if form.style == "sphinx" else "@"
    named = f" {item.name.lstrip('*')}" if item.name else ""
    lines = _wrapped(f"{mark}{_KEYS[form.style][item.kind]}{named}: {item.text}", form, "", form.indent)
    if item.type:
        key = "rtype" if form.style == "sphinx" and item.kind == "yields" else _TYPE_KEYS[item.kind]
        lines.append(f"{mark}{key}{named}: {item.type}")
    return lines


def _wrapped(text: str, form: Form, first: str, further: str) -> list[str]:
    if form.width < _LEAST_TEXT:
        return [first + text]
    return textwrap.wrap(
        text,
        form.width,
        initial_indent=first,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    )
