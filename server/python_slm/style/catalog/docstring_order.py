# ruff: noqa: E501 - docstrings within strings
"""Sections of a docstring in another order than the profile's.

## What it does
Compares the order of a docstring's sections (Google and NumPy style) with the profile's.

## Why is this bad
Readers look for a part where it always stands. (ruff's D420, in preview, knows the two published orders alone.)

## Example
A docstring that tells what a function returns above what it takes.

## Use instead
The parameters first, as the profile's `order = ["parameters", "returns", "raises"]` has it.

## Fix safety
Sections move as they are written, and only where a blank line parts them: nothing but the docstring changes.
"""

from __future__ import annotations

import ast
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

from python_slm.docstrings.facts import facts_of
from python_slm.docstrings.literal import DocstringLiteral
from python_slm.docstrings.style import layout_of
from python_slm.docstrings.targets import Target
from python_slm.findings import Fix
from python_slm.style.base import StyleRule
from python_slm.style.conventions import Sight
from python_slm.style.order import Order
from python_slm.style.reading import Reading
from python_slm.text import Document, Edit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_slm.docstrings.entries import Section
    from python_slm.style.conventions import Value
    from python_slm.syntax.located import Located

PROFILE = {"docstrings.order": ("parameters", "returns", "raises", "examples")}
VALID = (
    'def f(a):\n    """Sum.\n\n    Args:\n        a: one.\n\n    Note:\n        x\n\n    Returns:\n        b.\n    """\n',
)
INVALID = (
    'def f(a):\n    ⟦"""Sum.\n\n    Returns:\n        b.\n\n    Args:\n        a: one.\n    """⟧\n',
    'class A:\n    def f(a):\n        ⟦"""Sum.\n\n        Example:\n            b.\n\n        Raises:\n            E: one.\n        """⟧\n',
)
MENDED = (
    'def f(a):\n    """Sum.\n\n    Args:\n        a: one.\n\n    Returns:\n        b.\n    """\n',
    'class A:\n    def f(a):\n        """Sum.\n\n        Raises:\n            E: one.\n\n        Example:\n            b.\n        """\n',
)
_OTHERS = {
    "example": "examples", "examples": "examples", "note": "notes", "notes": "notes", "see also": "see-also",
    "references": "references", "warnings": "warnings", "warns": "warns",
}  # fmt: skip
_KINDS = {
    "param": "parameters", "keyword": "other-parameters", "attribute": "attributes", "returns": "returns",
    "yields": "yields", "raises": "raises",
}  # fmt: skip
_NUMPYDOC = (
    "parameters", "attributes", "returns", "yields", "other-parameters", "raises", "warns", "warnings", "see-also",
    "notes", "references", "examples",
)  # fmt: skip


class DocstringOrder(StyleRule):
    """Sections that the profile does not name stay where they are."""

    code = "docstring-order"
    conventions: ClassVar = (Order("docstrings.order", "sections of docstrings", _NUMPYDOC),)

    def sights(self, block: Reading) -> Iterator[Sight]:
        """See StyleRule."""
        for node, string, layout in block.documented():
            groups = [group for one in layout.sections if (group := _group(one))] if layout else []
            if len(groups) > 1 and layout and layout.clear:
                name = "the module" if isinstance(node, ast.Module) else node.name
                yield Sight("docstrings.order", " ".join(groups), *block.code.span(string), name=name)

    def mend(self, code: Located, sight: Sight, wanted: Value) -> Fix | None:
        """See StyleRule."""
        order = wanted if isinstance(wanted, tuple) else ()
        for node, string, _ in Reading(code, "").documented():
            if code.span(string) != (sight.start, sight.end) or isinstance(node, ast.Module):
                continue
            before = code.block.start_line - code.block.piece.lines_before
            facts = facts_of(node, name=node.name, in_class=False)
            target = Target(node, node.name, facts, before, public=True, nested=False)
            literal = DocstringLiteral.of(Document("", code.text), target)
            lines = _sorted(literal.lines, order) if literal else None
            if literal and lines:
                edit = Edit(literal.start, literal.end, literal.with_lines(lines))
                return Fix("Put the sections in the profile's order", (edit,))
        return None


def _sorted(lines: Sequence[str], order: tuple[str, ...]) -> list[str] | None:
    """The docstring with its named sections in order; None where text between them belongs to none."""
    layout = layout_of(lines)
    sections = [one for one in layout.sections if _group(one) in order] if layout else []
    for one, after in pairwise(layout.sections if layout else ()):
        if any(line.strip() for line in lines[one.end : after.start]) or one.end == after.start:
            return None
    ranked = sorted(sections, key=lambda one: order.index(_group(one)))
    result = list(lines)
    for place, section in reversed(list(zip(sections, ranked, strict=True))):
        result[place.start : place.end] = lines[section.start : section.end]
    return result


def _group(section: Section) -> str:
    return _KINDS.get(section.kind) or _OTHERS.get(section.title.lower(), "")


RULE = DocstringOrder()
