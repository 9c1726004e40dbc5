"""What every form of a report is made of: a finding at its lines and columns in its file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from python_slm.findings import Finding, Severity
    from python_slm.text import Document

RANK: dict[Severity, int] = {"error": 0, "warning": 1, "information": 2, "hint": 3}


@dataclass(frozen=True)
class Place:
    """Line and column, both from one; columns count code points, as ruff's do."""

    row: int
    column: int


@dataclass(frozen=True)
class Row:
    """One finding. ``path`` is as the user would type it, with forward slashes."""

    path: str
    document: Document
    finding: Finding

    @property
    def start(self) -> Place:
        """Where it begins."""
        return place_at(self.document, self.finding.start)

    @property
    def end(self) -> Place:
        """After its last character."""
        return place_at(self.document, self.finding.end)

    @property
    def mark(self) -> str:
        """The mark, ruff's, of what can be fixed: ``[*]`` safely, ``[-]`` perhaps changing what the code does."""
        fixes = self.finding.fixes
        return " [*]" if any(fix.safe for fix in fixes) else " [-]" if fixes else ""

    @property
    def headline(self) -> str:
        """``CODE message``, on one line."""
        return f"{self.finding.code} {' '.join(self.finding.message.split())}"


def place_at(document: Document, offset: int) -> Place:
    """The place of an offset."""
    position = document.position_at(offset, "utf-32")
    return Place(position.line + 1, position.character + 1)


def in_order(path: str, document: Document, findings: Iterable[Finding]) -> Iterator[Row]:
    """A file's rows from its top to its end."""
    for finding in sorted(findings, key=lambda one: (one.start, one.end, one.code)):
        yield Row(path, document, finding)
