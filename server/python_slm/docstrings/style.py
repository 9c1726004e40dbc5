"""Which style the docstrings of a file or project have, and what says so."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_slm.docstrings.entries import STYLES, Layout, StyleName, locate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_PLAIN_FROM = 5
"""So many docstrings of functions with parameters, none of which has a section, are a style too."""
_ENOUGH = 3
"""So many structured docstrings of a file say what its style is, whatever others do."""
_MOST_WIDTH = 120
_LEAST_WIDTH = 79
_DEFAULT = re.compile(r"\bdefault", re.IGNORECASE)


@dataclass(frozen=True)
class Style:
    """How to write new docstrings.

    ``typed``: entries repeat types. ``sections`` is False where a summary is all that a project writes. ``width``:
    columns. ``stars``: ``*args`` is written with them. ``defaults``: entries tell defaults. ``init``: parameters of a
    class are documented in ``__init__``. ``evidence``: docstrings of each style seen, and of ``plain`` ones whose
    function has parameters.
    """

    name: StyleName = "google"
    typed: bool = False
    sections: bool = True
    width: int = _LEAST_WIDTH
    stars: bool = True
    defaults: bool = False
    init: bool = False
    evidence: Mapping[str, int] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Seen:
    """A docstring: dedented ``lines``, whether its function has ``parameters`` and which have defaults.

    ``columns`` is the longest line's; ``of`` what it belongs to: an ``init``, a ``class`` or something else.
    """

    lines: Sequence[str]
    parameters: bool
    columns: int
    defaults: frozenset[str] = frozenset()
    of: str = ""


@dataclass(frozen=True)
class Evidence:
    """What some docstrings say of their style, to be added up; keys are (style, what)."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    width: int = _LEAST_WIDTH

    @classmethod
    def of(cls, docstrings: Iterable[Seen]) -> Evidence:
        """That of docstrings."""
        counts: Counter[tuple[str, str]] = Counter()
        width = _LEAST_WIDTH
        for seen in docstrings:
            width = max(width, min(seen.columns, _MOST_WIDTH))
            layout = layout_of(seen.lines)
            if layout is None:
                counts["plain", ""] += seen.parameters
            else:
                _count(seen, layout, counts)
        return cls(counts, width)

    @classmethod
    def joined(cls, parts: Iterable[Evidence]) -> Evidence:
        """That of all parts."""
        parts = list(parts)
        counts: Counter[tuple[str, str]] = Counter()
        for part in parts:
            counts.update(part.counts)
        return cls(counts, max((part.width for part in parts), default=_LEAST_WIDTH))

    @property
    def enough(self) -> bool:
        """Whether it says a style by itself."""
        return self.counts["plain", ""] >= _PLAIN_FROM or sum(self.counts[name, ""] for name in STYLES) >= _ENOUGH

    @property
    def style(self) -> Style:
        """The style that most docstrings have. Without evidence it is Google's, without types."""
        of = self.counts
        evidence = {name: of[name, ""] for name in sorted((*STYLES, "plain"), key=lambda each: -of[each, ""])}
        evidence = {name: count for name, count in evidence.items() if count}
        known = [name for name in STYLES if of[name, ""]]
        if not known:
            return Style(width=self.width, sections=of["plain", ""] < _PLAIN_FROM, evidence=evidence)
        name = max(known, key=lambda each: of[each, ""])
        return Style(
            name,
            chosen(name, of[name, "typed"], of[name, "untyped"]),
            width=self.width,
            stars=of[name, "starred"] >= of[name, "starless"],
            defaults=of[name, "defaults"] > of[name, "no defaults"],
            init=of["", "init"] > of["", "class"],
            evidence=evidence,
        )


def layout_of(lines: Sequence[str], preferred: StyleName | None = None) -> Layout | None:
    """The docstring as the style that finds most in it; None where none finds anything. Ties go to ``preferred``."""
    order = sorted(STYLES, key=lambda name: name != preferred)
    layouts = [locate(lines, name) for name in order]
    best = max(layouts, key=_weight)
    return best if _weight(best) else None


def detect(docstrings: Iterable[Seen]) -> Style:
    """The style that most of these docstrings have."""
    return Evidence.of(docstrings).style


def chosen(name: StyleName, typed: int = 0, untyped: int = 0) -> bool:
    """Whether to write types in a style after so many entries with and without; NumPy's form asks for them."""
    return typed > untyped if typed or untyped else name == "numpy"


def _count(seen: Seen, layout: Layout, counts: Counter[tuple[str, str]]) -> None:
    style = layout.style
    counts[style, ""] += 1
    if seen.of and layout.has("param"):
        counts["", seen.of] += 1
    for entry in layout.of("param"):
        counts[style, "typed" if entry.typed else "untyped"] += 1
        text = " ".join(layout.lines[entry.start : entry.end])
        if seen.defaults & set(entry.names):
            counts[style, "defaults" if _DEFAULT.search(text) else "no defaults"] += 1
        if re.match(r"\W*(?:args|kwargs|kwds)\b", text.removeprefix(":param")):
            counts[style, "starred" if "*" in text.partition(":")[0] + text[:12] else "starless"] += 1


def _weight(layout: Layout) -> int:
    return sum(one.kind != "other" for one in layout.entries)
