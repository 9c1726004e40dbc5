"""Which style the docstrings of a file or project have, and what says so."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_slm.docstrings.entries import STYLES, Layout, StyleName, locate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_PLAIN_FROM = 5
"""So many docstrings of functions with parameters, none of which has a section, are a style too."""
_MOST_WIDTH = 120
_LEAST_WIDTH = 79


@dataclass(frozen=True)
class Style:
    """How to write new docstrings.

    ``typed``: entries repeat types. ``sections`` is False where a summary is all that a project writes. ``width``:
    columns. ``evidence``: docstrings of each style seen, and of ``plain`` ones whose function has parameters.
    """

    name: StyleName = "google"
    typed: bool = False
    sections: bool = True
    width: int = _LEAST_WIDTH
    evidence: Mapping[str, int] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Seen:
    """A docstring: dedented ``lines``, whether its function has ``parameters``, and the longest line's ``columns``."""

    lines: Sequence[str]
    parameters: bool
    columns: int


def layout_of(lines: Sequence[str], preferred: StyleName | None = None) -> Layout | None:
    """The docstring as the style that finds most in it; None where none finds anything. Ties go to ``preferred``."""
    order = sorted(STYLES, key=lambda name: name != preferred)
    layouts = [locate(lines, name) for name in order]
    best = max(layouts, key=_weight)
    return best if _weight(best) else None


def detect(docstrings: Iterable[Seen]) -> Style:
    """The style that most docstrings have. Without evidence it is Google's, without types."""
    counts: Counter[str] = Counter()
    typed: Counter[str] = Counter()
    untyped: Counter[str] = Counter()
    width = _LEAST_WIDTH
    for seen in docstrings:
        width = max(width, min(seen.columns, _MOST_WIDTH))
        layout = layout_of(seen.lines)
        if layout is None:
            counts["plain"] += seen.parameters
            continue
        counts[layout.style] += 1
        for entry in layout.of("param"):
            (typed if entry.typed else untyped)[layout.style] += 1
    evidence = {name: count for name, count in counts.most_common() if count}
    known = [name for name in STYLES if counts[name]]
    if not known:
        return Style(width=width, sections=counts["plain"] < _PLAIN_FROM, evidence=evidence)
    name = max(known, key=lambda each: counts[each])
    return Style(name, chosen(name, typed[name], untyped[name]), width=width, evidence=evidence)


def chosen(name: StyleName, typed: int = 0, untyped: int = 0) -> bool:
    """Whether to write types in a style after so many entries with and without; NumPy's form asks for them."""
    return typed > untyped if typed or untyped else name == "numpy"


def _weight(layout: Layout) -> int:
    return sum(one.kind != "other" for one in layout.entries)
