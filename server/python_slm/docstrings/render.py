"""Entries and sections of each style as lines, dedented, without line ends."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_slm.docstrings import wording

if TYPE_CHECKING:
    from python_slm.docstrings.classes import Attribute
    from python_slm.docstrings.entries import EntryKind, StyleName
    from python_slm.docstrings.facts import Facts
    from python_slm.docstrings.style import Style

_LEAST_TEXT = 20
"""Narrower than that text is not wrapped, however deep it stands."""
TITLES = {"param": "Args", "attribute": "Attributes", "returns": "Returns", "yields": "Yields", "raises": "Raises"}
NUMPY_TITLES = {**TITLES, "param": "Parameters"}
KEYS: dict[str, dict[str, str]] = {
    "sphinx": {
        "param": "param", "attribute": "ivar", "returns": "returns", "yields": "yields", "raises": "raises"
    },
    "epydoc": {"param": "param", "attribute": "ivar", "returns": "return", "yields": "yield", "raises": "raise"},
}  # fmt: skip
TYPE_KEYS = {"param": "type", "returns": "rtype", "attribute": "vartype", "yields": "ytype"}


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


def items_of(facts: Facts, style: Style) -> list[Item]:
    """Everything a whole docstring of a definition documents, in the order of its sections."""
    typed, found = style.typed, list[Item]()
    init = facts.name == "__init__"
    if facts.kind not in ("property", "module") and not (style.init and facts.kind == "class" and facts.made_by_init):
        items = parameter_items(facts, typed=typed, stars=style.stars, defaults=style.defaults)
        found += [items[one.name] for one in facts.parameters]
    if facts.kind == "class":
        told = {one.name for one in facts.parameters}
        found += [attribute_item(one, typed=typed) for one in facts.attributes if one.name not in told]
    elif facts.kind != "property":
        found += [] if init else result_items(facts, typed=typed)
        found += [Item("raises", one.name, "", wording.raised_said(one)) for one in facts.raises]
    return found


def parameter_items(facts: Facts, *, typed: bool, stars: bool = True, defaults: bool = False) -> dict[str, Item]:
    """The parameters' entries by name, ``*args`` with ``stars`` or without, telling ``defaults`` or not."""
    return {
        one.name: Item(
            "param",
            one.starred if stars else one.name,
            one.annotation if typed else "",
            wording.parameter_said(one) + (wording.default_said(one) if defaults else ""),
        )
        for one in facts.parameters
    }


def attribute_item(attribute: Attribute, *, typed: bool) -> Item:
    """An attribute's entry."""
    return Item("attribute", attribute.name, attribute.annotation if typed else "", wording.attribute_said(attribute))


def result_items(facts: Facts, *, typed: bool) -> list[Item]:
    """What comes back, if anything does; a generator may give something at its end too."""
    found: list[Item] = []
    if facts.yields:
        found.append(Item("yields", "", facts.yielded if typed else "", wording.values_said(facts)))
    if facts.returns_value and facts.name != "__init__":
        found.append(Item("returns", "", facts.returned if typed else "", wording.result_said(facts)))
    return found


def section(kind: EntryKind, items: list[Item], form: Form) -> list[str]:
    """A whole section: title and entries, or fields alone where the style has no titles."""
    lines = [line for item in items for line in entry(item, form)]
    if form.style == "google":
        return [f"{TITLES[kind]}:", *lines]
    if form.style == "numpy":
        title = NUMPY_TITLES[kind]
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
    lines = _wrapped(f"{mark}{KEYS[form.style][item.kind]}{named}: {item.text}", form, "", form.indent)
    if item.type:
        key = "rtype" if form.style == "sphinx" and item.kind == "yields" else TYPE_KEYS[item.kind]
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
