"""What is found in a file, whoever found it: the one form that diagnostics, code actions and reports speak."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Self, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from python_slm.text import Edit

Severity = Literal["error", "warning", "information", "hint"]
Origin = Literal["syntax", "ruff", "rules", "style", "docstrings", "bugs"]
"""Who found it: the parser, ruff, rules of certainty, the style profile, docstrings held against code, the model."""
Tag = Literal["unnecessary", "deprecated"]


@dataclass(frozen=True)
class Fix:
    """One way to mend a finding: edits of the file that do not overlap, in order.

    A safe one leaves what the code does alone, as ruff has it; only safe ones are made without being asked for.
    """

    title: str
    edits: tuple[Edit, ...]
    safe: bool = True


@dataclass(frozen=True)
class Related:
    """Another place of the same file that has to do with a finding, offsets as in ``Finding``."""

    start: int
    end: int
    message: str


@dataclass(frozen=True)
class Finding:
    """Something at ``text[start:end]``, offsets in code points.

    ``code`` is ruff's, or one of ours in kebab case, which no two rules share. ``confidence`` is the calibrated
    probability that it is right, for findings of the model. ``reasoning`` is Markdown for a hover. ``suppress`` are
    the edits that silence it at its place.
    """

    origin: Origin
    code: str
    message: str
    start: int
    end: int
    severity: Severity = "warning"
    fixes: tuple[Fix, ...] = ()
    suppress: tuple[Edit, ...] = ()
    tags: tuple[Tag, ...] = ()
    related: tuple[Related, ...] = ()
    url: str = ""
    confidence: float | None = None
    reasoning: str = ""

    def moved(self, by: int) -> Self:
        """The same, ``by`` characters further on in the file: what a block's findings become in its file."""
        return replace(
            self,
            start=self.start + by,
            end=self.end + by,
            fixes=tuple(replace(fix, edits=_moved(fix.edits, by)) for fix in self.fixes),
            suppress=_moved(self.suppress, by),
            related=tuple(replace(one, start=one.start + by, end=one.end + by) for one in self.related),
        )


def graded(findings: Iterable[Finding], severities: Mapping[str, str]) -> list[Finding]:
    """Findings as loud as ``diagnostics.severity`` has them, those that are off left out.

    A key is a code, the beginning of one, or an origin; of those that fit, the longest counts, an origin last.
    """
    found = []
    for one in findings:
        keys = [key for key in severities if one.code.startswith(key)]
        key = max(keys, key=len, default=one.origin)
        wanted = severities.get(key, one.severity)
        if wanted != "off":
            found.append(one if wanted == one.severity else replace(one, severity=cast("Severity", wanted)))
    return found


def _moved(edits: tuple[Edit, ...], by: int) -> tuple[Edit, ...]:
    return tuple(replace(edit, start=edit.start + by, end=edit.end + by) for edit in edits)
